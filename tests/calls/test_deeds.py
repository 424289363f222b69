"""Steps that are done, and steps that are refused with a better time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from calls.call import Call
from calls.desk import Desk
from calls.errors import EngineError
from calls.turn import take_turn
from calls.words import (
    Action,
    Autonomy,
    Booking,
    Circle,
    Done,
    Follow,
    HandOff,
    HangUp,
    Match,
    Message,
    Outcome,
    Preference,
    Promise,
    Reason,
    Recall,
    Refused,
    Slot,
    Utterance,
)
from tests.doubles import MONDAY, MemoryRecords, ScriptedMind, SmallKnowledge, kinds, office

pytestmark = pytest.mark.virtual_time
HALF_AN_HOUR = timedelta(minutes=30)


async def test_a_message_is_on_record_before_it_may_be_claimed() -> None:
    records = MemoryRecords()
    call = await Call.answered(office(records=records), "text")
    outcome = await call.do(Message("que me llame", "Luis", "Prieto", "+34600111222", "high"))
    assert isinstance(outcome, Done) and isinstance(outcome.step, Message)
    assert outcome.step == records.events[call.id][0].body
    assert outcome.step.id and outcome.step.call_id == call.id and outcome.step.taken_at == MONDAY


async def test_a_deed_that_could_not_be_written_is_not_done() -> None:
    call = await Call.answered(office(records=MemoryRecords(trouble=[EngineError("records", "disk full")])), "text")
    with pytest.raises(EngineError):
        await call.do(Message("que me llame"))
    assert call.deeds == ()


async def test_a_promise_in_office_hours_is_made() -> None:
    call = await Call.answered(office(), "text")
    assert isinstance(await call.do(Promise("assistant", "devolver la llamada", MONDAY + HALF_AN_HOUR)), Done)
    assert isinstance(await call.do(Promise("assistant", "devolver la llamada")), Done)
    assert kinds(call) == ["promise", "promise"]


@pytest.mark.parametrize("due", [MONDAY - HALF_AN_HOUR, MONDAY, MONDAY + timedelta(hours=12)])
async def test_a_promise_that_cannot_be_kept_is_refused_with_a_better_time(due: object) -> None:
    knowledge = SmallKnowledge(opening=lambda at: at < MONDAY + timedelta(hours=8))
    call = await Call.answered(office(knowledge=knowledge), "text")
    outcome = await call.do(Promise("assistant", "devolver la llamada", due))  # type: ignore[arg-type]
    assert isinstance(outcome, Refused)
    assert outcome.instead == MONDAY + timedelta(hours=2)
    assert call.events == []


async def test_a_booking_needs_free_time() -> None:
    free = Slot(MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=4))
    call = await Call.answered(office(knowledge=SmallKnowledge(free=(free,))), "text")
    refused = await call.do(Booking(MONDAY + HALF_AN_HOUR, MONDAY + 2 * HALF_AN_HOUR, "Luis"))
    assert refused == Refused("that time is not free", free.start)
    assert isinstance(await call.do(Booking(free.start, free.start + HALF_AN_HOUR, "Luis")), Done)
    assert kinds(call) == ["booking"]


async def test_a_full_calendar_offers_nothing() -> None:
    call = await Call.answered(office(), "text")
    assert await call.do(Booking(MONDAY, MONDAY + HALF_AN_HOUR, "Luis")) == Refused("that time is not free")


async def test_following_a_rule_is_on_record() -> None:
    call = await Call.answered(office(), "text")
    await call.do(Follow("press", Action.REDIRECT))
    assert call.bodies == (Follow("press", Action.REDIRECT),)


async def test_hanging_up_waits_for_the_line() -> None:
    call = await Call.answered(office(), "text")
    assert await call.do(HangUp()) == Done(HangUp())
    assert call.ending and call.open


ALL_DAY = (Slot(MONDAY - timedelta(hours=2), MONDAY + timedelta(hours=10)),)
NEXT_WEEK = MONDAY + timedelta(days=7)


async def spent(circle: Circle, at: datetime, minutes: int | None) -> datetime | None:
    return NEXT_WEEK


def rung(outcome: Outcome) -> str:
    assert isinstance(outcome, Done) and isinstance(outcome.step, HandOff), outcome
    return outcome.step.to


async def test_a_week_that_is_used_up_offers_the_next_one() -> None:
    free = (Slot(MONDAY, MONDAY + timedelta(hours=1)), Slot(NEXT_WEEK, NEXT_WEEK + timedelta(hours=1)))
    knowledge = SmallKnowledge(free=free)
    call = await Call.answered(office(knowledge=knowledge, spent=spent), "text")
    booked = await call.do(Booking(MONDAY, MONDAY + HALF_AN_HOUR, "Luis"))
    assert isinstance(booked, Refused) and booked.instead and "used up" in booked.why
    owed = await call.do(Promise("executive", "llamar a Luis", MONDAY + HALF_AN_HOUR))
    assert isinstance(owed, Refused) and owed.instead == NEXT_WEEK + timedelta(hours=2)
    assert isinstance(await call.do(Promise("assistant", "llamar a Luis", MONDAY + HALF_AN_HOUR)), Done)


@pytest.mark.parametrize(
    ("reason", "free", "parts", "to"),
    [
        (Reason.RULE, ALL_DAY, {}, "executive"),
        (Reason.RULE, ALL_DAY, {"spent": spent}, "assistant"),
        (Reason.RULE, (), {}, "assistant"),
        (Reason.EMERGENCY, (), {"spent": spent}, "executive"),
        (Reason.RULE, ALL_DAY, {"autonomy": lambda action, circle: Autonomy.ASK}, "assistant"),
    ],
)
async def test_the_executive_is_rung_when_free_and_with_time_left(
    reason: Reason, free: tuple[Slot, ...], parts: dict[str, Any], to: str
) -> None:
    desk = Desk()
    house = office(desk=desk, knowledge=SmallKnowledge(free=free), **parts)
    call = await Call.answered(house, "text")
    assert rung(await call.do(HandOff(reason, "executive"))) == to
    desk.forget(call)


@pytest.mark.parametrize("level", [Autonomy.SUGGEST, Autonomy.ASK])
@pytest.mark.parametrize("action", list(Action))
async def test_nothing_is_done_alone_below_its_level(action: Action, level: Autonomy) -> None:
    """Every action of the table: a message is how a person is asked, so it is always taken."""
    steps = {
        Action.TAKE_MESSAGE: Message("que me llame"),
        Action.PROMISE_CALLBACK: Promise("assistant", "llamar"),
        Action.PUT_THROUGH: HandOff(Reason.RULE, "executive"),
        Action.BOOK: Booking(MONDAY, MONDAY + HALF_AN_HOUR, "Luis"),
    }
    knowledge = SmallKnowledge(free=ALL_DAY)
    desk = Desk()
    call = await Call.answered(office(desk=desk, knowledge=knowledge, autonomy=lambda action, circle: level), "text")
    outcome = await call.do(steps.get(action, Follow("press", action)))
    if action is Action.TAKE_MESSAGE:
        assert isinstance(outcome, Done)
    elif action is Action.PUT_THROUGH and level is Autonomy.ASK:
        assert rung(outcome) == "assistant", "a person is asked first"
    else:
        assert isinstance(outcome, Refused) and "asked first" in outcome.why
    desk.forget(call)


@pytest.mark.parametrize("do", [None, Action.ANSWER, Action.REDIRECT, Action.DECLINE])
async def test_what_may_not_be_told_alone_never_reaches_the_mind(do: Action | None) -> None:
    held = do or Action.ANSWER
    told = Preference("press", {"es": "La prensa escribe a prensa@vidal.example."}, when="prensa", do=do)
    mind = ScriptedMind()
    recalls = {"¿la prensa?": Recall((Match(told, 0.9),), unsure=False)}
    for level, known in ((Autonomy.ASK, 0), (Autonomy.ACT_AND_REPORT, 1)):
        levels = {held: level}
        house = office(
            mind=mind,
            knowledge=SmallKnowledge(recalls=recalls),
            autonomy=lambda action, circle, levels=levels: levels.get(action, Autonomy.ACT),
        )
        call = await Call.answered(house, "text")
        async for _ in take_turn(call, Utterance("¿la prensa?", "es")):
            pass
        scene = mind.scenes[-1]
        assert (len(scene.recall.matches), scene.recall.unsure) == (known, not known)
