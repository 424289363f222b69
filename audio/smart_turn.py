"""Smart Turn v3.2 from pipecat's wheel: how likely a stretch of speech sounds finished. One session for all calls."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from audio.step_back import step_back

RATE = 16_000
_SECONDS = 8
_NICE = 5
"""Leaves the cores to whoever is being heard: there is time enough while the words are written down."""


class SmartTurn:
    """Asks the model in a thread of its own (about 35 ms a question on one core)."""

    def __init__(self) -> None:
        from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

        class Shared(LocalSmartTurnAnalyzerV3):
            def chance(self, speech: NDArray[np.float32]) -> float:
                return float(self._predict_endpoint(speech)["probability"])

        self._model = Shared(sample_rate=RATE)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smart-turn", initializer=step_back, initargs=(_NICE,))

    async def chance(self, speech: NDArray[np.float32]) -> float:
        """Probability 0..1 that the speaker of `speech` (mono, 16 kHz, -1..1, the last 8 s count) has finished."""
        tail = speech[-_SECONDS * RATE :]
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._model.chance, tail)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
