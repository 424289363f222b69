"""The one place where things are done. Every side effect of a call is one arm of one `match`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from calls.ports import Office
from calls.words import (
    Action,
    Autonomy,
    Booking,
    Done,
    Follow,
    HandOff,
    HangUp,
    Message,
    Outcome,
    Promise,
    Refused,
    Step,
)

if TYPE_CHECKING:
    from calls.call import Call


JUST_BEFORE = timedelta(minutes=1)
"""A promise may be due at closing time itself."""
ASK_FIRST = "a person has to be asked first: take it as a message, and say that they will be told"


async def do(step: Step, call: Call, office: Office) -> Outcome:
    """Does one proposed step and puts it on record, or says why not. What it returns is what may be claimed."""
    row_id, now = uuid4().hex[:16], office.now()
    match step:
        case Message():
            return await _noted(call, replace(step, id=row_id, call_id=call.id, taken_at=now))

        case Promise() if not _alone(Action.PROMISE_CALLBACK, call):
            return Refused(ASK_FIRST)

        case Booking() if not _alone(Action.BOOK, call):
            return Refused(ASK_FIRST)

        case Promise(due=due):
            if due is not None and due <= now:
                return Refused("that time has already passed", office.knowledge.callback_by(now))
            if due is not None and not office.knowledge.is_open(due - JUST_BEFORE):
                return Refused("the office is closed then", office.knowledge.callback_by(now))
            return await _noted(call, replace(step, id=row_id, call_id=call.id))

        case Booking(start=start, end=end):
            if not office.knowledge.allows(start, end):
                free = office.knowledge.free_slots(start, int((end - start).total_seconds() // 60), 1)
                return Refused("that time is not free", free[0].start if free else None)
            return await _noted(call, replace(step, id=row_id, call_id=call.id))

        case HandOff():
            return await office.desk.offer(call, replace(step, id=row_id))

        case Follow():
            return await _noted(call, step)

        case HangUp():
            call.ending = True
            return Done(step)


def _alone(action: Action, call: Call) -> bool:
    """Whether the receptionist has earned doing this for callers of this circle without asking a person."""
    return call.office.autonomy(action, call.circle) in (Autonomy.ACT_AND_REPORT, Autonomy.ACT)


async def _noted(call: Call, step: Step) -> Done:
    await call.note(step)
    return Done(step)
