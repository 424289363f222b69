"""The text line: a call that is typed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from fastapi import APIRouter

from calls import keypad
from calls.call import Call
from calls.errors import CallClosed, CallError
from calls.turn import take_turn
from calls.words import Booking, Event, Follow, HandOff, HangUp, Message, Promise, Say, Utterance
from console.api.front import Front, TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Answer, CallSeen, HandOffSeen, NewCall, Opened, Pressed, Typed

STEPS = (Message, Promise, Booking, HandOff, Follow, HangUp)
"""What counts as done, among the events of a turn."""

router = APIRouter(prefix="/api/calls", tags=["calls"], responses=PROBLEM)


class NotTyped(CallError):
    """Words were typed into a call that is spoken."""

    def __init__(self, line: str):
        super().__init__(f"This call is on the {line} line, where the caller speaks. Use /say or /guidance.")


@router.post("", status_code=201)
async def open_call(new: NewCall, front: TheFront) -> Opened:
    """Calls the office in writing; the answer is the greeting. A blocked caller hears one sentence and is off."""
    spoken = front.office.knowledge.policy.receptionist.languages
    language = new.language if new.language in spoken else None
    call = await front.switchboard.answer(new.line, number=new.number, name=new.name, language=language)
    said = [say.text for say in await call.greet()]
    if call.ending:
        await front.switchboard.end(call, "receptionist")
    return Opened(id=call.id, said=said, circle=call.circle, language=call.language, open=call.open)


@router.post("/{call_id}/utterances")
async def utter(call_id: str, typed: Typed, front: TheFront) -> Answer:
    """The caller says something; the receptionist answers and does what is to be done."""

    def turn(call: Call) -> AsyncGenerator[Say]:
        spoken = front.office.knowledge.policy.receptionist.languages
        language = typed.language or front.office.language_of(typed.text, spoken, call.language)
        now = call.elapsed()
        return take_turn(call, Utterance(typed.text, language, typed.confidence, began=now, ended=now))

    return await _answered(call_id, front, turn)


@router.post("/{call_id}/keys")
async def press(call_id: str, pressed: Pressed, front: TheFront) -> Answer:
    """Keys: 1 calls a person, 4 to 8 digits are a PIN, 9 and more a number that the caller leaves."""
    return await _answered(call_id, front, lambda call: keypad.press(call, pressed.digits))


@router.post("/{call_id}/hang-up")
async def hang_up(call_id: str, front: TheFront) -> CallSeen:
    """Ends the call: on the text line the caller hangs up, on any other one staff do. Twice does no harm."""
    if call := front.switchboard.find(call_id):
        await front.switchboard.end(call, "staff" if call.door else "caller")
        if call.door:
            await call.door.hang_up()
    return CallSeen(**await front.whole_call(call_id))


async def _answered(call_id: str, front: Front, turn: Callable[[Call], AsyncGenerator[Say]]) -> Answer:
    """One turn at a time on one call; a goodbye ends it."""
    call = await front.in_progress(call_id)
    if call.door:
        raise NotTyped(call.row.line)
    async with call.one_turn:
        if call.ending:
            raise CallClosed(call.id)
        first = len(call.events)
        try:
            with front.meters.turn(call.row.line):
                async with aclosing(turn(call)) as says:
                    said = [say.text async for say in says]
        finally:
            if call.ending:
                await front.switchboard.end(call, "receptionist")
        return _answer(call, said, call.events[first:])


def _answer(call: Call, said: list[str], events: list[Event]) -> Answer:
    return Answer(
        said=said,
        steps=[event.as_json() for event in events if isinstance(event.body, STEPS)],
        open=call.open,
        language=call.language,
        hand_off=_seen(call.hand_off),
    )


def _seen(hand_off: HandOff | None) -> HandOffSeen | None:
    if hand_off is None:
        return None
    return HandOffSeen(id=hand_off.id, state=hand_off.state, reason=hand_off.reason, to=hand_off.to)
