"""The executive's week: what callers may take of it, and what they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from calls.words import Allowance, Booking, Circle, Event, HandOff, HandOffState, HangUp, Promise, Reason
from knowledge.budget import Budget
from knowledge.given import Given
from knowledge.plain import plain_policy
from knowledge.voice_file import read_voice
from records.store import open_records
from records.taken import taken
from tests.doubles import MONDAY, POLICY
from tests.records.test_store import LUIS, ROW

HOUR = timedelta(hours=1)
ALLOWED = {Circle.TRUSTED: Allowance(60, 2), Circle.ANYONE: Allowance(0, 0)}
WEEK_AFTER = datetime.fromisoformat("2026-11-30T00:00:00+01:00")


POLICY_WITH = replace(POLICY, budget=ALLOWED)


def budget(*rows: tuple[str, float, bool]) -> Budget:
    async def of_the_week(since: datetime, until: datetime) -> Sequence[Mapping[str, Any]]:
        assert until == WEEK_AFTER and until - since == timedelta(days=7)
        return [{"circle": circle, "minutes": minutes, "interruption": rung} for circle, minutes, rung in rows]

    return Budget(lambda: POLICY_WITH, of_the_week, lambda: MONDAY)


async def test_there_is_room_until_the_minutes_or_the_interruptions_are_used_up() -> None:
    some = budget(("trusted", 20, True), ("trusted", 10, False), ("inner", 600, True))
    assert await some.spent(Circle.TRUSTED, MONDAY, 30) is None
    assert await some.spent(Circle.TRUSTED, MONDAY, 31) == WEEK_AFTER
    assert await some.spent(Circle.TRUSTED, MONDAY, None) is None
    assert await budget(("trusted", 1, True), ("trusted", 1, True)).spent(Circle.TRUSTED, MONDAY, None) == WEEK_AFTER
    assert await some.spent(Circle.ANYONE, MONDAY, None) == WEEK_AFTER, "none at all"
    assert await some.spent(Circle.INNER, MONDAY, 600) is None, "no limit was set"


async def test_the_study_shows_what_was_taken() -> None:
    told = await budget(("trusted", 20.4, True)).this_week()
    trusted = next(each for each in told["circles"] if each["circle"] == "trusted")
    assert trusted == {
        "circle": "trusted", "minutes": 20, "interruptions": 1, "of_minutes": 60, "of_interruptions": 2,
    }  # fmt: skip
    assert [each["of_minutes"] for each in told["circles"]] == [0, None, 60, None]


async def test_what_was_taken_is_read_from_the_record(tmp_path: Path) -> None:
    talk = HandOff(Reason.RULE, "executive", HandOffState.RINGING, id="h1")
    events = [
        (0, Booking(MONDAY + HOUR, MONDAY + 2 * HOUR, "Luis", "b1", "c1")),
        (0, Booking(MONDAY + 200 * HOUR, MONDAY + 201 * HOUR, "Luis", "b2", "c1")),
        (0, Promise("executive", "llamar", MONDAY + HOUR, id="p1", call_id="c1")),
        (0, Promise("assistant", "llamar", MONDAY + HOUR, id="p2", call_id="c1")),
        (0, talk),
        (1, replace(talk, state=HandOffState.BRIDGED)),
        (9, HangUp("caller")),
    ]
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        await store.open(replace(ROW, caller=LUIS))
        numbered = [Event(seq, MONDAY + timedelta(minutes=at), body) for seq, (at, body) in enumerate(events, 1)]
        await store.append("c1", numbered)
        found = await store.look(lambda look: taken(MONDAY - HOUR, MONDAY + 24 * HOUR, look))
    assert sorted((each["circle"], each["minutes"], each["interruption"]) for each in found) == [
        ("trusted", 8.0, True),
        ("trusted", 10.0, False),
        ("trusted", 60.0, False),
    ]


def test_it_stands_in_the_voice_policy() -> None:
    plain = plain_policy(POLICY_WITH)
    assert plain["budget"] == {
        "trusted": {"minutes": 60, "interruptions": 2},
        "anyone": {"minutes": 0, "interruptions": 0},
    }
    read = read_voice(Given(plain))
    assert read and read[0].budget == ALLOWED
    wrong = Given(plain | {"budget": {"anyone": {"minutes": "a lot"}, "blocked": {"minutes": 1}}})
    assert read_voice(wrong) is None and {fault.where for fault in wrong.told} == {
        "budget.anyone.minutes",
        "budget",
    }
