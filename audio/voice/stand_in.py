"""When a voice fails, another one speaks: the same clause, within the same sentence, to the end of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from audio.voice import Engine, Urgency
from calls.errors import EngineError
from calls.words import Language

PATIENCE = {Urgency.FIRST: 2.5, Urgency.NEXT: 8.0, Urgency.AHEAD: 60.0}
"""Seconds that the first engine has for a clause."""
REST_S = 30.0
"""A failed engine is left alone this long: calls that begin meanwhile start with the stand-in."""

Report = Callable[[str, str, str], Awaitable[None]]
"""Awaited with (engine that failed, what happened, engine that stands in) before the stand-in speaks."""


async def unreported(engine: str, error: str, stand_in: str) -> None:
    """Reports nothing."""


class StandIn:
    """An Engine made of two. `for_call` gives one call its own, which changes voice at most once."""

    def __init__(self, first: Engine, second: Engine, patience: dict[Urgency, float] | None = None):
        self.first, self.second = first, second
        self.name, self.edition = first.name, first.edition
        self._patience = {**PATIENCE, **(patience or {})}
        self._rests_until = 0.0

    def for_call(self, report: Report = unreported) -> OneCall:
        """The engine of one call."""
        return OneCall(self, report)

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        """For speech outside any call: each clause is tried afresh."""
        return await self.for_call().say(clause, language, urgency)

    async def warm(self) -> None:
        await self.second.warm()
        await self.first.warm()

    async def close(self) -> None:
        await self.first.close()
        await self.second.close()

    @property
    def resting(self) -> bool:
        """The first engine failed a moment ago."""
        return asyncio.get_running_loop().time() < self._rests_until

    async def try_first(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        """What the first engine makes in time. Raises EngineError."""
        try:
            async with asyncio.timeout(self._patience[urgency]):
                return await self.first.say(clause, language, urgency)
        except (TimeoutError, EngineError) as error:
            self._rests_until = asyncio.get_running_loop().time() + REST_S
            if isinstance(error, EngineError):
                raise
            raise EngineError(self.first.name, f"no sound within {self._patience[urgency]:g} s") from None


class OneCall:
    """The engine of one call: the first, until it fails."""

    def __init__(self, pair: StandIn, report: Report):
        self._pair, self._report = pair, report
        self._fallen: bool | None = None
        """None: nothing was said yet."""
        self.edition = pair.edition

    @property
    def name(self) -> str:
        return (self._pair.second if self._fallen else self._pair.first).name

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        if self._fallen is None:
            self._fallen = self._pair.resting
        if not self._fallen:
            try:
                return await self._pair.try_first(clause, language, urgency)
            except EngineError as error:
                if not self._fallen:
                    self._fallen = True
                    await self._report(self._pair.first.name, error.what, self._pair.second.name)
        return await self._pair.second.say(clause, language, urgency)

    async def warm(self) -> None:
        await self._pair.warm()

    async def close(self) -> None:
        """The pair outlives the call."""
