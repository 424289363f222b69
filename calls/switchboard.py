"""The calls in progress, on every line: answered, found and ended in one place."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from calls.admission import Admission, Place
from calls.call import Call
from calls.desk import Desk
from calls.endless import tire
from calls.errors import CallError, EngineError
from calls.ports import Office
from calls.words import Party

IDLE = timedelta(minutes=15)
"""A text call on which nothing has happened for so long is over."""
LONGEST = timedelta(minutes=30)
"""A call by voice that has lasted so long is ended kindly."""


class AllBusy(CallError):
    """As many calls are open as this house answers at once."""

    def __init__(self, most: int):
        super().__init__(f"All {most} lines are busy. Try again shortly, or raise ANTESALA_MAX_CALLS.")


class Switchboard:
    """Who is on the phone now. `most`: how many calls are served at once, or the whole rule of who is let in."""

    def __init__(self, office: Office, desk: Desk, most: int | Admission, longest: timedelta = LONGEST):
        self.office, self._desk, self._longest = office, desk, longest
        self.admission = Admission(most) if isinstance(most, int) else most
        self.answered: Counter[str] = Counter()
        """Calls answered since the house opened, by line."""
        self.refused: Counter[Place] = Counter()
        """Calls that were not served, by what they got instead."""
        self.seconds: Counter[str] = Counter()
        """How long the calls lasted that are over, by line."""
        self.crowded: Callable[[], bool] = lambda: False
        """Whether other offices on this machine leave no room for one more call by voice."""
        self._calls: dict[str, Call] = {}
        self._noted: set[str] = set()
        self._answering: Counter[bool] = Counter()

    async def answer(self, line: str, noted: bool = False, **caller: Any) -> Call:
        """Picks up like `Call.answered` (number, name, language, ref, door). Raises AllBusy, EngineError.

        `noted`: the caller only leaves a number, and takes no place of those who are served.
        """
        if self._no_place(noted, typed=caller.get("door") is None):
            raise AllBusy(self.admission.most)
        self._answering[noted] += 1
        try:
            call = await Call.answered(self.office, line, **caller)
        finally:
            self._answering[noted] -= 1
        self._calls[call.id] = call
        if noted:
            self._noted.add(call.id)
        self.answered[line] += 1
        self.admission.rang(call.caller.number, self.office.now())
        return call

    def place(self, number: str | None) -> Place:
        """What a call from this number gets now."""
        caller, noted = self.office.knowledge.caller(number), len(self._noted) + self._answering[True]
        served = self.admission.most if self.crowded() else self.served
        return self.admission.place(caller, served, noted, self.office.now())

    @property
    def full(self) -> bool:
        """Nobody else can be served by voice now."""
        return self.served >= self.admission.most or self.crowded()

    def _no_place(self, noted: bool, typed: bool) -> bool:
        most = self.admission.typed
        if typed and most is not None:
            return sum(call.door is None for call in self.calls) >= most
        return not noted and self.full

    @property
    def served(self) -> int:
        """Calls that take the place of another."""
        apart = self.admission.typed is not None
        counted = sum(not (apart and call.door is None) for call in self.calls)
        return counted - len(self._noted) + self._answering[False]

    def shut(self) -> None:
        """Nobody else is answered any more."""
        self.admission.shut()

    def find(self, call_id: str) -> Call | None:
        """The call in progress with this id."""
        return self._calls.get(call_id)

    @property
    def calls(self) -> tuple[Call, ...]:
        """All that are in progress, oldest first."""
        return tuple(self._calls.values())

    async def end(self, call: Call, by: Party) -> None:
        """Ends the call once, however often it is asked; nothing rings for it any more. Raises EngineError."""
        try:
            await call.close(by)
        finally:
            self._desk.forget(call)
            if not call.open and call.id in self._calls:
                del self._calls[call.id]
                self.seconds[call.row.line] += round(call.elapsed())
                self._noted.discard(call.id)

    async def sweep(self) -> None:
        """Ends the text calls that nobody will end, and calls by voice that never would."""
        now = self.office.now()
        self.admission.forget(now)
        for call in self.calls:
            await tire(call, self._longest)
            last = call.events[-1].at if call.events else call.row.started
            if call.door is None and now - last > IDLE:
                await self.end(call, "line")

    async def keep_swept(self, every_s: float = 30.0) -> None:
        """Sweeps for as long as the house is open."""
        while True:
            await asyncio.sleep(every_s)
            with suppress(EngineError):  # the call is over all the same
                await self.sweep()

    async def close(self) -> None:
        """The house closes: every call is ended, whatever becomes of the others."""
        await asyncio.gather(*(self.end(call, "line") for call in self.calls), return_exceptions=True)
