"""The house closes while people are on the line: they hear so, and whoever can be called back will be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from calls.call import Call, new_id
from calls.errors import AntesalaError
from calls.words import Heard, Promise

LOOK_S = 0.1


async def farewell(calls: Sequence[Call], within_s: float) -> None:
    """Returns once everybody has been told and has hung up, or after `within_s` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await asyncio.gather(*(_part_with(call) for call in calls if call.door and not call.with_staff))


async def _part_with(call: Call) -> None:
    with suppress(AntesalaError):
        await call.speak(
            call.phrase("closing_down" if await called_back(call, "brief_interrupted") else "closing_down_alone")
        )
        call.ending = True
        while call.open:  # noqa: ASYNC110  (a call has no event for it)
            await asyncio.sleep(LOOK_S)


async def called_back(call: Call, why: str) -> bool:
    """Whether somebody owes them a call: promised before it is said. `why`: the phrase that tells the assistant."""
    if any(isinstance(step, Promise) for step in call.deeds):
        return True
    if call.caller.number is None or not any(isinstance(body, Heard) for body in call.bodies):
        return False
    who = call.caller.name or call.caller.number
    due = call.office.knowledge.callback_by(call.office.now())
    text = call.phrase(why, who=who)
    await call.note(Promise("assistant", text, due, id=new_id(), call_id=call.id))
    return True
