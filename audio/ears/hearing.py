"""One utterance heard: encoded no longer than it is, its language chosen, written down, doubted."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.ears.doubt import QUIET, confidence, is_speech, loops, speech_seconds
from audio.ears.engine import Draft, Dropped, Engine
from audio.ears.mel import FULL, RATE, log_mel
from audio.ears.port import Transcript
from audio.ears.tongue import spoken
from calls.errors import AntesalaError, EngineError
from calls.words import LANGUAGES, Language

LEAST_S, ROOM_S = 8.0, 3.0
"""Whisper is given at least 8 s, and 3 s of silence after the sound: with less it mishears and repeats itself."""
TOKENS, TOKENS_S = 10, 7
"""At most so many tokens, and so many more for each second: the fastest Spanish has about 6."""
PERHAPS_SPEECH = 0.3
"""No-speech chance up to which a text that repeats itself is worth a second hearing."""


class LocalEars:
    """Ears on this machine: `workers` utterances at a time in threads of their own, first come first served."""

    def __init__(self, engine: Engine, workers: int = 1) -> None:
        self._engine, self._workers, self._asked = engine, workers, 0
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="ears")
        self._loading, self._counting = Lock(), Lock()
        self._loaded = False

    async def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str] = (),
        expected: str = "",
    ) -> Transcript:
        dropped = Dropped()
        with self._counting:
            self._asked += 1
        asked = self._threads.submit(self._listen, pcm, languages, current, hints, expected, dropped)
        asked.add_done_callback(self._answered)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            dropped.tell()
            raise
        except AntesalaError:
            raise
        except Exception as error:
            raise EngineError("ears", f"an utterance could not be heard ({type(error).__name__}: {error}).") from error

    @property
    def idle(self) -> bool:
        return self._workers > 1 and not self._asked

    def _answered(self, _: object) -> None:
        with self._counting:
            self._asked -= 1

    async def warm(self) -> None:
        noise = np.random.default_rng(0).normal(0, 10 * QUIET, RATE).astype(np.float32)
        await self.hear(noise, languages=LANGUAGES, current=LANGUAGES[0])

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    def _listen(
        self,
        pcm: NDArray[np.float32],
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str],
        expected: str,
        dropped: Dropped,
    ) -> Transcript:
        with self._loading:
            if not self._loaded:
                self._engine.load()
                _give_back()
                self._loaded = True
        return listen(self._engine, pcm, languages, current, hints, dropped, expected)


def listen(
    engine: Engine,
    pcm: NDArray[np.float32],
    languages: Sequence[Language],
    current: Language,
    hints: Sequence[str],
    dropped: Dropped,
    expected: str = "",
) -> Transcript:
    """Hears one utterance; blocks. Once it is `dropped` nothing more is computed and nothing is heard."""
    nothing = Transcript("", current)
    pcm = pcm[-FULL * RATE // 100 :]
    seconds, speech = len(pcm) / RATE, speech_seconds(pcm)
    hint = ", ".join(hints) + "." if hints else ""

    def heard_in(frames: int) -> tuple[Draft, Language, dict[Language, float]] | None:
        encoded = None if dropped else engine.encode(log_mel(pcm, frames, engine.n_mels), dropped)
        odds = {current: 1.0} if dropped else _odds(engine, encoded, languages)
        if dropped:
            return None
        language = spoken(odds, current, speech)
        return engine.write(encoded, language, hint, int(TOKENS + TOKENS_S * seconds), expected), language, odds

    frames = min(FULL, 2 * round(50 * max(LEAST_S, seconds + ROOM_S)))
    heard = heard_in(frames) if speech else None
    if heard and loops(heard[0]) and heard[0].no_speech < PERHAPS_SPEECH and frames < FULL:
        heard = heard_in(FULL)
    if heard is None:
        return nothing
    draft, language, odds = heard
    if not is_speech(draft, seconds):
        return Transcript("", current, no_speech=draft.no_speech)
    return Transcript(draft.text, language, confidence(draft), draft.no_speech, odds)


def _odds(engine: Engine, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
    return engine.odds(encoded, languages) if len(languages) > 1 else {languages[0]: 1.0}


def _give_back() -> None:
    """Returns to the system what loading needed for a moment; glibc would keep it, some 140 MB."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None:
        trim(0)
