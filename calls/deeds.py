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
    Circle,
    Done,
    Follow,
    HandOff,
    HangUp,
    Message,
    Outcome,
    Promise,
    Reason,
    Refused,
    Step,
)

if TYPE_CHECKING:
    from calls.call import Call


JUST_BEFORE = timedelta(minutes=1)
"""A promise may be due at closing time itself."""
AT_ONCE = timedelta(minutes=1)
"""Who is to be rung has to be free for this long at least."""
CALL_BACK = 10
"""Minutes that a call back by the executive is counted as."""
ALWAYS = (Reason.DISTRESS, Reason.EMERGENCY)
SPENT = "the executive's time for such calls is used up for that week"
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

        case Follow(action=action) if not _alone(action, call):
            return Refused(ASK_FIRST)

        case HandOff(reason=Reason.RULE) if _level(Action.PUT_THROUGH, call) is Autonomy.SUGGEST:
            return Refused(ASK_FIRST)

        case Promise(due=due):
            if due is not None and due <= now:
                return Refused("that time has already passed", office.knowledge.callback_by(now))
            if due is not None and not office.knowledge.is_open(due - JUST_BEFORE):
                return Refused("the office is closed then", office.knowledge.callback_by(now))
            if step.owner == "executive" and (until := await office.spent(call.circle, due or now, CALL_BACK)):
                return Refused(SPENT, office.knowledge.callback_by(until))
            return await _noted(call, replace(step, id=row_id, call_id=call.id))

        case Booking(start=start, end=end):
            minutes = int((end - start).total_seconds() // 60)
            if not office.knowledge.allows(start, end):
                free = office.knowledge.free_slots(start, minutes, 1)
                return Refused("that time is not free", free[0].start if free else None)
            if until := await office.spent(call.circle, start, minutes):
                free = office.knowledge.free_slots(until, minutes, 1)
                return Refused(SPENT, free[0].start if free else None)
            return await _noted(call, replace(step, id=row_id, call_id=call.id))

        case HandOff(to="executive") if why := await _not_now(step, call, office):
            if not office.knowledge.policy.assistant.name:
                return Refused(why)
            return await office.desk.offer(call, replace(step, id=row_id, to="assistant"))

        case HandOff():
            return await office.desk.offer(call, replace(step, id=row_id))

        case Follow():
            return await _noted(call, step)

        case HangUp():
            call.ending = True
            return Done(step)


async def _not_now(step: HandOff, call: Call, office: Office) -> str:
    """Why the executive is not rung for this call now; empty when they are.

    In danger and distress they always are, and for whom they themselves ordered it, whatever the hour.
    """
    now = office.now()
    rule = office.orders.rule_for(call.caller, now) if office.orders else None
    if step.reason in ALWAYS or (rule and rule.do is Action.PUT_THROUGH):
        return ""
    if step.reason is Reason.RULE and not _alone(Action.PUT_THROUGH, call):
        return ASK_FIRST
    if await office.spent(call.circle, now, None):
        return SPENT
    free = office.knowledge.is_open(now) and office.knowledge.allows(now, now + AT_ONCE)
    return "" if free or call.circle is Circle.INNER else "the executive is not to be rung now"


def _alone(action: Action, call: Call) -> bool:
    """Whether the receptionist has earned doing this for callers of this circle without asking a person."""
    return _level(action, call) in (Autonomy.ACT_AND_REPORT, Autonomy.ACT)


def _level(action: Action, call: Call) -> Autonomy:
    return call.office.autonomy(action, call.circle)


async def _noted(call: Call, step: Step) -> Done:
    await call.note(step)
    return Done(step)
