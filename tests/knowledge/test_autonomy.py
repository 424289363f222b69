"""Autonomy is earned by reviews, given by the executive, and lost by one serious error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.words import Action, Audience, Autonomy, Circle, Preference
from knowledge.autonomy import CELLS, CIRCLES, REVIEWS, Cell, Earned, NotEarned, Standing, standings, started
from records.engine import open_engine
from records.store import open_records
from records.subject import erase
from tests.doubles import MONDAY
from tests.records.test_store import LUIS, ROW

BOOK: Cell = (Action.BOOK, Circle.KNOWN)


class Log:
    """Keeps lessons in memory."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    async def add(self, kind: str, data: dict[str, Any], by: str, at: Any) -> None:
        self.kept.append({**data, "no": len(self.kept) + 1, "kind": kind, "by": by, "at": at})

    async def all(self, *kinds: str) -> list[dict[str, Any]]:
        return [each for each in self.kept if each["kind"] in kinds]


def lesson(kind: str, verdict: str | None = None, cell: Cell = BOOK, seq: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "verdict": verdict, "action": cell[0], "circle": cell[1], "call_id": "c", "seq": seq}


def ask(action: Action, circle: Circle) -> Autonomy:
    return Autonomy.ASK


def after(*log: dict[str, Any]) -> Standing:
    return standings(log, ask)[BOOK]


GOOD, BAD, SERIOUS = lesson("review", "accepted"), lesson("review", "corrected"), lesson("review", "serious")
YES = lesson("consent")


def test_twenty_good_reviews_and_a_yes_raise_a_cell() -> None:
    assert after(*[GOOD] * 20) == Standing(Autonomy.ASK, 20, 20) and after(*[GOOD] * 20).ready
    assert after(*[GOOD] * 20, YES) == Standing(Autonomy.ACT_AND_REPORT)
    assert after(*[GOOD] * 40, YES, YES) == Standing(Autonomy.ACT_AND_REPORT), "the count begins anew"


def test_nineteen_reviews_or_too_many_corrections_are_not_enough() -> None:
    assert after(*[GOOD] * 19, YES).level is Autonomy.ASK
    assert after(*[GOOD] * 19, BAD, YES).level is Autonomy.ACT_AND_REPORT, "19 of 20 is 95 %"
    assert after(*[GOOD] * 18, BAD, BAD, YES).level is Autonomy.ASK


def test_one_serious_error_takes_the_cell_down() -> None:
    assert after(*[GOOD] * 30, SERIOUS) == Standing(Autonomy.SUGGEST)
    assert after(SERIOUS, SERIOUS).level is Autonomy.SUGGEST
    assert standings([SERIOUS], ask)[Action.BOOK, Circle.TRUSTED].level is Autonomy.ASK, "and no other"


def test_a_second_tap_on_the_same_deed_replaces_the_first() -> None:
    slip, meant = lesson("review", "serious", seq=4), lesson("review", "accepted", seq=4)
    assert after(slip, meant) == Standing(Autonomy.ASK, 1, 1)


def test_an_explicit_rule_authorises_its_action_for_those_who_may_hear_it() -> None:
    rule = Preference("lunch", {"en": "Lunch is at two."}, Audience.TRUSTED, when="lunch", do=Action.BOOK)
    start = started([rule])
    levels = {circle: start(Action.BOOK, circle) for circle in CIRCLES}
    assert levels[Circle.KNOWN] is Autonomy.ASK
    assert levels[Circle.TRUSTED] is levels[Circle.INNER] is Autonomy.ACT_AND_REPORT
    assert start(Action.TAKE_MESSAGE, Circle.ANYONE) is Autonomy.ACT_AND_REPORT


LESSONS = st.builds(
    lesson,
    st.sampled_from(["review", "review", "review", "consent", "lowered"]),
    st.sampled_from(["accepted"] * 30 + ["corrected", "serious"]),
    st.sampled_from([BOOK, (Action.ANSWER, Circle.ANYONE)]),
)


@given(st.lists(LESSONS, max_size=150))
async def test_a_log_replayed_gives_the_same_levels(log: list[dict[str, Any]]) -> None:
    kept = Log()
    rules: tuple[Preference, ...] = ()
    live = Earned(kept, lambda: rules, lambda: MONDAY)
    for number, each in enumerate(log, 1):
        cell = (each["action"], each["circle"])
        before = live.level(*cell)
        if each["kind"] == "review":
            await live.review(cell, each["verdict"], "c", number, "Marta")
        elif each["kind"] == "lowered":
            await live.lower(cell, "Elena")
        else:
            ready = live.row(*cell)["ready"]
            try:
                await live.raise_(cell, "Elena")
                assert ready and live.level(*cell) is not before
            except NotEarned:
                assert not ready and live.level(*cell) is before
        steps = list(Autonomy)
        assert abs(steps.index(live.level(*cell)) - steps.index(before)) <= 1, "one step at a time"
    again = Earned(kept, lambda: rules, lambda: MONDAY)
    await again.open()
    assert again.table() == live.table() and len(live.table()) == len(CELLS)


async def test_nothing_rises_without_the_executives_yes() -> None:
    earned = Earned(Log(), lambda: (), lambda: MONDAY)
    with pytest.raises(NotEarned, match="0 of 0 reviews"):
        await earned.raise_(BOOK, "Elena")


async def test_erasing_a_caller_moves_no_level_and_leaves_nothing_of_them(tmp_path: Path) -> None:
    url, id = f"sqlite:///{tmp_path}/records.sqlite", "call-of-luis"
    async with open_records(url) as store:
        await store.open(replace(ROW, id=id))
        earned = Earned(store.lessons, tuple, lambda: MONDAY)
        for seq in range(1, REVIEWS + 1):
            await earned.review(BOOK, "accepted", id, seq, "Marta", "Luis Prieto quería el martes")
        await earned.raise_(BOOK, "Elena")
        before = earned.table()
    engine = open_engine(url)
    with engine.begin() as connection:
        assert erase(LUIS.number or "", connection)["calls"] == 1
    engine.dispose()
    async with open_records(url) as store:
        again = Earned(store.lessons, tuple, lambda: MONDAY)
        await again.open()
        assert again.table() == before and again.level(*BOOK) is Autonomy.ACT_AND_REPORT
        kept = str(await again.reviews())
        assert "Luis" not in kept and id not in kept
