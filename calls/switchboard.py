"""The calls in progress, on every line: answered, found and ended in one place."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from calls.call import Call
from calls.desk import Desk
from calls.errors import CallError, EngineError
from calls.ports import Office
from calls.words import Party

IDLE = timedelta(minutes=15)
"""A text call on which nothing has happened for so long is over."""


class AllBusy(CallError):
    """As many calls are open as this house answers at once."""

    def __init__(self, most: int):
        super().__init__(f"All {most} lines are busy. Try again shortly, or raise ANTESALA_MAX_CALLS.")


class Switchboard:
    """Who is on the phone now; at most `most` calls at once."""

    def __init__(self, office: Office, desk: Desk, most: int):
        self.office, self._desk, self._most = office, desk, most
        self.answered: Counter[str] = Counter()
        """Calls answered since the house opened, by line."""
        self._calls: dict[str, Call] = {}
        self._answering = 0

    async def answer(self, line: str, **caller: Any) -> Call:
        """Picks up like `Call.answered` (number, name, language, ref, door). Raises AllBusy, EngineError."""
        if self.full:
            raise AllBusy(self._most)
        self._answering += 1
        try:
            call = await Call.answered(self.office, line, **caller)
        finally:
            self._answering -= 1
        self._calls[call.id] = call
        self.answered[line] += 1
        return call

    @property
    def full(self) -> bool:
        """Nobody else can be answered now."""
        return len(self._calls) + self._answering >= self._most

    def shut(self) -> None:
        """Nobody else is answered any more."""
        self._most = 0

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
            if not call.open:
                self._calls.pop(call.id, None)

    async def sweep(self) -> None:
        """Ends the text calls that nobody will end."""
        now = self.office.now()
        for call in self.calls:
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
