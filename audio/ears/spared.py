"""Ears behind a circuit breaker: while they keep failing callers are not kept waiting for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.ears.port import Ears, Transcript
from calls.breaker import Breakers

HEAR_S = 8.0
"""Nobody waits longer for words."""


class SparedEars:
    """Ears like those that it is given, failing at once while they are left alone."""

    def __init__(self, ears: Ears, breakers: Breakers):
        self._ears, self._breakers = ears, breakers

    async def hear(self, pcm: NDArray[np.float32], **how: Any) -> Transcript:
        return await self._breakers.ask("ears", self._ears.hear(pcm, **how), HEAR_S)

    @property
    def idle(self) -> bool:
        return self._ears.idle

    async def warm(self) -> None:
        await self._ears.warm()

    async def close(self) -> None:
        await self._ears.close()
