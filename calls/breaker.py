"""A circuit breaker for each engine: one that keeps failing is left alone for a while, so that nobody waits for it.

Whoever asks meanwhile hears so at once and goes on with the stand-in. After the rest one question tries it out.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

from calls.errors import EngineError, EngineLate

T = TypeVar("T")

FAILURES = 3
REST_S = 10.0
"""After so many failures in a row an engine is left alone for so many seconds."""


@dataclass
class _Circuit:
    failures: int = 0
    asked_again_at: float = 0.0
    trying: bool = False

    def rests(self, now: float) -> bool:
        return self.failures >= FAILURES and (self.trying or now < self.asked_again_at)


Around = Callable[[str], AbstractContextManager[object]]
"""What each question to the engine of that name is put in, to be timed say."""


class Breakers:
    """Those of one house. Times are of the event loop."""

    def __init__(self, around: Around = nullcontext) -> None:
        self._circuits: defaultdict[str, _Circuit] = defaultdict(_Circuit)
        self._around = around

    async def ask(self, engine: str, answer: Awaitable[T], within_s: float) -> T:
        """`answer`. Raises EngineLate when it takes longer, EngineError at once while the engine is left alone."""
        circuit, loop = self._circuits[engine], asyncio.get_running_loop()
        if circuit.rests(loop.time()):
            _drop(answer)
            raise EngineError(engine, f"left alone after {circuit.failures} failures")
        circuit.trying = circuit.failures >= FAILURES
        try:
            with self._around(engine):
                async with asyncio.timeout(within_s):
                    given = await answer
        except (EngineError, TimeoutError) as error:
            circuit.failures += 1
            circuit.asked_again_at = loop.time() + REST_S
            if isinstance(error, EngineError):
                raise
            raise EngineLate(engine, f"no answer within {within_s:g} s") from None
        finally:
            circuit.trying = False
        circuit.failures = 0
        return given

    @property
    def resting(self) -> dict[str, str]:
        """The engines that are left alone now, and why."""
        now = asyncio.get_running_loop().time()
        return {
            engine: f"failed {circuit.failures} times in a row"
            for engine, circuit in self._circuits.items()
            if circuit.rests(now)
        }


def _drop(answer: Awaitable[object]) -> None:
    """It is never waited for."""
    close = getattr(answer, "close", None) or getattr(answer, "cancel", None)
    if close:
        close()
