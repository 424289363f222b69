"""The hand-off: offered, ringing, then accepted, declined or timed out, and in the end bridged or resumed.

One place decides, so that two answers never both count. It rings with no page open too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from calls.brief import brief_of
from calls.errors import CallClosed, CallError, EngineError
from calls.words import CallRow, Done, HandOff, HandOffState, Message, Outcome, Refused

if TYPE_CHECKING:
    from calls.call import Call

NEXT: dict[HandOffState, frozenset[HandOffState]] = {
    HandOffState.OFFERED: frozenset({HandOffState.RINGING}),
    HandOffState.RINGING: frozenset({HandOffState.ACCEPTED, HandOffState.DECLINED, HandOffState.TIMED_OUT}),
    HandOffState.ACCEPTED: frozenset({HandOffState.BRIDGED, HandOffState.RESUMED}),
    HandOffState.DECLINED: frozenset({HandOffState.RESUMED}),
    HandOffState.TIMED_OUT: frozenset({HandOffState.RESUMED}),
    HandOffState.BRIDGED: frozenset({HandOffState.RESUMED}),
    HandOffState.RESUMED: frozenset(),
}


class NoSuchHandOff(CallError):
    def __init__(self, hand_off_id: str):
        super().__init__(f"There is no hand-off {hand_off_id!r}.")


class AlreadyAnswered(CallError):
    """Somebody was faster, or it no longer rings."""

    def __init__(self, state: HandOffState):
        super().__init__(f"This hand-off no longer rings: it is {state.value.replace('_', ' ')}.")


class Bell(Protocol):
    """Tells people that a call rings for them (phone, notice). One that fails or hangs never stops a call."""

    async def ring(self, call: CallRow, hand_off: HandOff) -> None: ...


@dataclass
class Ringing:
    """A hand-off in hand: its present state and the call it belongs to."""

    call: Call
    hand_off: HandOff
    at: datetime
    timer: asyncio.Task[None] | None = None


class Desk:
    """All hand-offs of this office since it opened."""

    def __init__(self, bells: Sequence[Bell] = ()):
        self._bells = list(bells)
        self._all: dict[str, Ringing] = {}

    def hang(self, bell: Bell) -> None:
        """One more that rings from here on."""
        self._bells.append(bell)

    def list(self, state: HandOffState | None = None) -> list[Ringing]:
        """Oldest first."""
        return [each for each in self._all.values() if state is None or each.hand_off.state is state]

    async def offer(self, call: Call, hand_off: HandOff) -> Outcome:
        """Rings for `call`. Refused while it already rings, or a human has the call."""
        if call.with_staff or any(each.call is call and NEXT[each.hand_off.state] for each in self._all.values()):
            return Refused("a person is already being called")
        hand_off = replace(hand_off, brief=hand_off.brief or brief_of(call, hand_off.reason))
        ringing = Ringing(call, replace(hand_off, state=HandOffState.RINGING), call.office.now())
        self._all[hand_off.id] = ringing
        try:
            await call.note(replace(hand_off, state=HandOffState.OFFERED), ringing.hand_off)
        except Exception:
            del self._all[hand_off.id]
            raise
        if ringing.hand_off.state is HandOffState.RINGING:
            ringing.timer = asyncio.create_task(self._ring(ringing))
        return Done(ringing.hand_off)

    async def accept(self, hand_off_id: str) -> HandOff:
        """A human takes the call. Raises NoSuchHandOff, AlreadyAnswered, CallClosed if the caller has just gone."""
        ringing = self._answer(hand_off_id, HandOffState.ACCEPTED)
        call = ringing.call
        try:
            await call.note(ringing.hand_off)
            await call.speak(call.phrase("hand_off_accepted"))
            bridged = replace(ringing.hand_off, state=HandOffState.BRIDGED)
            await call.note(bridged)
        except BaseException:
            await self._move(ringing, HandOffState.RESUMED)
            raise
        ringing.hand_off = bridged
        return bridged

    async def decline(self, hand_off_id: str) -> HandOff:
        """The human cannot take it: the receptionist resumes. Raises NoSuchHandOff, AlreadyAnswered."""
        ringing = self._answer(hand_off_id, HandOffState.DECLINED)
        await self._resume(ringing)
        return ringing.hand_off

    async def hand_back(self, call: Call) -> None:
        """The human gives a bridged call back to the receptionist."""
        for ringing in self.list(HandOffState.BRIDGED):
            if ringing.call is call:
                await self._move(ringing, HandOffState.RESUMED)

    def forget(self, call: Call) -> None:
        """The call is over: nothing rings for it any more."""
        for ringing in self.list(HandOffState.RINGING):
            if ringing.call is call:
                ringing.hand_off = replace(ringing.hand_off, state=HandOffState.TIMED_OUT)
                if ringing.timer:
                    ringing.timer.cancel()

    # ------------------------------------------------------------------------------------------------

    def _answer(self, hand_off_id: str, state: HandOffState) -> Ringing:
        """The moment that decides: no await between the look and the change."""
        ringing = self._all.get(hand_off_id)
        if ringing is None:
            raise NoSuchHandOff(hand_off_id)
        if state not in NEXT[ringing.hand_off.state]:
            raise AlreadyAnswered(ringing.hand_off.state)
        ringing.hand_off = replace(ringing.hand_off, state=state)
        if ringing.timer and ringing.timer is not asyncio.current_task():
            ringing.timer.cancel()
        return ringing

    async def _ring(self, ringing: Ringing) -> None:
        bells = [bell.ring(ringing.call.row, ringing.hand_off) for bell in self._bells]
        with suppress(TimeoutError):
            async with asyncio.timeout(ringing.call.office.knowledge.policy.hand_off.ring_seconds):
                await asyncio.gather(asyncio.Event().wait(), *bells, return_exceptions=True)
        self._answer(ringing.hand_off.id, HandOffState.TIMED_OUT)
        with suppress(CallClosed, EngineError):
            await self._resume(ringing)

    async def _resume(self, ringing: Ringing) -> None:
        """Nobody came: the caller is told at once, unasked, and offered to leave word if they have not."""
        call, why = ringing.call, ringing.hand_off.state
        try:
            if call.open:
                await call.note(ringing.hand_off)
                await call.speak(call.phrase("hand_off_noted" if _left_word(call) else f"hand_off_{why.value}"))
        finally:
            await self._move(ringing, HandOffState.RESUMED)

    async def _move(self, ringing: Ringing, state: HandOffState) -> None:
        ringing.hand_off = replace(ringing.hand_off, state=state)
        if ringing.call.open:
            await ringing.call.note(ringing.hand_off)


def _left_word(call: Call) -> bool:
    """Whether a message was taken while it rang."""
    return any(isinstance(body, Message) for body in call.bodies[_rang(call) :])


def _rang(call: Call) -> int:
    """Where in the call it began to ring for the last time."""
    bodies = list(enumerate(call.bodies))
    return next((n for n, body in reversed(bodies) if getattr(body, "state", None) is HandOffState.RINGING), 0)
