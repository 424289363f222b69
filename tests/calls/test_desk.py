"""The hand-off: it rings, one person answers, or the receptionist resumes. Two answers never both count."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from calls.call import Call
from calls.desk import AlreadyAnswered, Bell, Desk, NoSuchHandOff
from calls.errors import CallClosed, EngineError
from calls.words import (
    CallRow,
    Done,
    HandOff,
    HandOffState,
    Heard,
    Message,
    Outcome,
    Promise,
    Reason,
    Refused,
    Said,
    Say,
)
from tests.doubles import POLICY, MemoryRecords, OpenDoor, kinds, office

pytestmark = pytest.mark.virtual_time
RING_S = POLICY.hand_off.ring_seconds


@dataclass
class Phone:
    """A bell that takes its time, or fails."""

    trouble: float | BaseException = 0.0
    rung: list[HandOff] = field(default_factory=list)
    silenced: bool = False

    async def ring(self, call: CallRow, hand_off: HandOff) -> None:
        self.rung.append(hand_off)
        if isinstance(self.trouble, BaseException):
            raise self.trouble
        try:
            await asyncio.sleep(self.trouble)
        except asyncio.CancelledError:
            self.silenced = True
            raise


async def calling(*bells: Bell, **parts: object) -> tuple[Desk, Call]:
    desk = Desk(bells)
    return desk, await Call.answered(office(desk=desk, **parts), "twilio", door=OpenDoor())


async def ring(call: Call, reason: Reason = Reason.ASKED_FOR_PERSON) -> HandOff:
    outcome = await call.do(HandOff(reason))
    assert isinstance(outcome, Done) and isinstance(outcome.step, HandOff)
    return outcome.step


def states(call: Call) -> list[str]:
    return [body.state.value for body in call.bodies if isinstance(body, HandOff)]


def spoken(call: Call) -> list[str]:
    return [body.text for body in call.bodies if isinstance(body, Said)]


async def end(desk: Desk, call: Call) -> None:
    desk.forget(call)
    await call.close("caller")


async def test_it_rings_with_no_page_open() -> None:
    desk, call = await calling()
    hand_off = await ring(call)
    assert hand_off.state is HandOffState.RINGING and hand_off.brief
    assert states(call) == ["offered", "ringing"]
    assert [each.hand_off for each in desk.list(HandOffState.RINGING)] == [hand_off]
    await end(desk, call)


async def test_accepted_the_caller_is_told_and_put_through() -> None:
    phone = Phone(60.0)
    desk, call = await calling(phone)
    hand_off = await ring(call)
    await asyncio.sleep(5)
    taken = await desk.accept(hand_off.id)
    assert taken.state is HandOffState.BRIDGED
    assert states(call) == ["offered", "ringing", "accepted", "bridged"]
    assert spoken(call) == ["[hand_off_accepted]"]
    assert call.with_staff
    await asyncio.sleep(RING_S * 2)
    assert phone.silenced and states(call)[-1] == "bridged"
    await desk.hand_back(call)
    assert states(call)[-1] == "resumed" and not call.with_staff
    await call.close("caller")
    assert call.row.outcome == "handed_off"


async def test_declined_the_receptionist_speaks_unasked() -> None:
    desk, call = await calling()
    hand_off = await ring(call)
    await desk.decline(hand_off.id)
    assert states(call) == ["offered", "ringing", "declined", "resumed"]
    assert spoken(call) == ["[hand_off_declined]"]
    assert isinstance(call.door, OpenDoor) and len(call.door.spoken) == 1
    await end(desk, call)


@pytest.mark.parametrize("phone", [Phone(), Phone(3600.0), Phone(RuntimeError("no such number"))])
async def test_nobody_answers_whatever_the_phone_does(phone: Phone) -> None:
    desk, call = await calling(phone)
    await ring(call)
    await asyncio.sleep(RING_S - 1)
    assert states(call)[-1] == "ringing"
    await asyncio.sleep(2)
    assert states(call) == ["offered", "ringing", "timed_out", "resumed"]
    assert spoken(call) == ["[hand_off_timed_out]"]
    assert len(phone.rung) == 1
    await end(desk, call)


async def test_only_the_first_of_many_answers_counts() -> None:
    desk, call = await calling()
    hand_off = await ring(call)
    answers = await asyncio.gather(
        desk.accept(hand_off.id),
        desk.accept(hand_off.id),
        desk.decline(hand_off.id),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [HandOff, AlreadyAnswered, AlreadyAnswered]
    with pytest.raises(AlreadyAnswered):
        await desk.accept(hand_off.id)
    assert states(call) == ["offered", "ringing", "accepted", "bridged"]
    await end(desk, call)


async def test_an_answer_at_the_very_moment_of_giving_up_counts_once() -> None:
    desk, call = await calling()
    hand_off = await ring(call)
    await asyncio.sleep(RING_S)
    with suppress(AlreadyAnswered):
        await desk.accept(hand_off.id)
    await asyncio.sleep(1)
    assert states(call) in (
        ["offered", "ringing", "accepted", "bridged"],
        ["offered", "ringing", "timed_out", "resumed"],
    )
    await end(desk, call)


async def test_an_unknown_hand_off() -> None:
    desk, _ = await calling()
    with pytest.raises(NoSuchHandOff, match="'nope'"):
        await desk.accept("nope")


async def test_one_ring_at_a_time_however_often_it_is_asked() -> None:
    desk, call = await calling(records=MemoryRecords(trouble=[1.0]))
    outcomes: list[Outcome] = await asyncio.gather(*(call.do(HandOff(Reason.UNCLEAR)) for _ in range(3)))
    assert [type(outcome) for outcome in outcomes] == [Done, Refused, Refused]
    assert states(call) == ["offered", "ringing"]
    await end(desk, call)


async def test_it_can_ring_again_once_the_receptionist_has_resumed() -> None:
    desk, call = await calling()
    await desk.decline((await ring(call)).id)
    await ring(call, Reason.DISTRESS)
    assert states(call) == ["offered", "ringing", "declined", "resumed", "offered", "ringing"]
    await end(desk, call)


async def test_the_call_ends_while_it_rings() -> None:
    phone = Phone(60.0)
    desk, call = await calling(phone)
    hand_off = await ring(call)
    await asyncio.sleep(1)
    await end(desk, call)
    await asyncio.sleep(RING_S * 2)
    assert states(call) == ["offered", "ringing", "timed_out"]
    assert kinds(call)[-1] == "hung_up" and spoken(call) == []
    assert phone.silenced and desk.list(HandOffState.RINGING) == []
    with pytest.raises(AlreadyAnswered):
        await desk.accept(hand_off.id)


async def test_a_ring_that_cannot_be_written_never_rang() -> None:
    desk, call = await calling(records=MemoryRecords(trouble=[EngineError("records", "busy")]))
    with pytest.raises(EngineError):
        await call.do(HandOff(Reason.UNCLEAR))
    assert desk.list() == []
    await ring(call)
    await end(desk, call)


async def test_a_closed_call_does_not_ring() -> None:
    desk, call = await calling()
    await call.close("caller")
    with pytest.raises(CallClosed):
        await call.do(HandOff(Reason.UNCLEAR))
    assert desk.list() == []


async def test_a_record_that_fails_at_the_time_out_does_not_block_the_next_ring() -> None:
    records = MemoryRecords()
    desk, call = await calling(records=records)
    await ring(call)
    records.trouble = [EngineError("records", "busy")]
    await asyncio.sleep(RING_S + 1)
    await ring(call)
    await end(desk, call)


async def test_a_broken_door_does_not_block_the_next_ring() -> None:
    class Broken(OpenDoor):
        async def speak(self, say: Say) -> None:
            raise EngineError("voice", "no more audio")

    desk = Desk()
    call = await Call.answered(office(desk=desk), "twilio", door=Broken())
    await ring(call)
    await asyncio.sleep(RING_S + 1)
    assert states(call) == ["offered", "ringing", "timed_out", "resumed"]
    await end(desk, call)


async def test_the_brief_says_who_why_and_what_was_promised() -> None:
    desk, call = await calling()
    await call.note(Heard("Soy Luis, es urgente.", "es"))
    await call.do(Message("que me llame", "Luis", "Prieto"))
    await call.do(Promise("assistant", "devolver la llamada"))
    hand_off = await ring(call, Reason.DISTRESS)
    assert hand_off.brief == ("[brief_who] [brief_distress] [brief_message] [brief_promise] [brief_last]")
    await end(desk, call)
