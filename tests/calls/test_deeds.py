"""Steps that are done, and steps that are refused with a better time."""

from datetime import timedelta

import pytest

from calls.call import Call
from calls.errors import EngineError
from calls.words import Action, Booking, Done, Follow, HangUp, Message, Promise, Refused, Slot
from tests.doubles import MONDAY, MemoryRecords, SmallKnowledge, kinds, office

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
