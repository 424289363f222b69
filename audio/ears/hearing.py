"""One utterance heard: encoded no longer than it is, its language chosen, written down, doubted."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.ears.doubt import QUIET, confidence, is_speech, loops, speech_seconds
from audio.ears.engine import Draft, Dropped, Engine
from audio.ears.mel import FULL, RATE, log_mel
from audio.ears.port import Transcript
from audio.ears.tongue import spoken
from audio.step_back import step_back
from calls.errors import AntesalaError, EngineError
from calls.words import LANGUAGES, Language

LEAST_S, ROOM_S = 8.0, 3.0
"""Whisper is given at least 8 s, and 3 s of silence after the sound: with less it mishears and repeats itself."""
TOKENS, TOKENS_S = 10, 7
"""At most so many tokens, and so many more for each second: the fastest Spanish has about 6."""
GAP_S = 0.08
"""So much later an utterance is begun while others are heard: two in five pauses are only gaps between words."""
_NICE = 10
PERHAPS_SPEECH = 0.3
"""No-speech chance up to which a text that repeats itself is worth a second hearing."""


class LocalEars:
    """Ears on this machine: `workers` utterances at a time in threads of their own, first come first served.

    What is not in a hurry has one more thread, of low priority, and keeps nobody waiting.
    """

    def __init__(self, engine: Engine, workers: int = 1) -> None:
        self._engine, self._workers, self._asked, self._waited_for = engine, workers, 0, 0
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="ears")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="ears-aside", initializer=step_back, initargs=(_NICE,))
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
        unhurried: bool = False,
    ) -> Transcript:
        dropped = Dropped()
        work = partial(listen, self._engine, pcm, languages, current, hints, dropped, expected, unhurried)
        if unhurried:
            return await self._heard(self._aside, work, dropped)
        self._waited_for += 1
        try:
            if self._waited_for > 1:
                await asyncio.sleep(GAP_S)
            return await self._heard(self._threads, work, dropped)
        finally:
            self._waited_for -= 1

    async def _heard(self, threads: ThreadPoolExecutor, work: Callable[[], Transcript], dropped: Dropped) -> Transcript:
        with self._counting:
            self._asked += 1
        asked = threads.submit(self._once_loaded, work)
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
        return self._workers > 1 and not (self._asked or self._waited_for)

    def _answered(self, _: object) -> None:
        with self._counting:
            self._asked -= 1

    async def warm(self) -> None:
        noise = np.random.default_rng(0).normal(0, 10 * QUIET, RATE).astype(np.float32)
        await self.hear(noise, languages=LANGUAGES, current=LANGUAGES[0])

    async def close(self) -> None:
        for threads in (self._aside, self._threads):
            await asyncio.to_thread(threads.shutdown, wait=True, cancel_futures=True)

    def _once_loaded(self, work: Callable[[], Transcript]) -> Transcript:
        with self._loading:
            if not self._loaded:
                self._engine.load()
                _give_back()
                self._loaded = True
        return work()


def listen(
    engine: Engine,
    pcm: NDArray[np.float32],
    languages: Sequence[Language],
    current: Language,
    hints: Sequence[str],
    dropped: Dropped,
    expected: str = "",
    unhurried: bool = False,
) -> Transcript:
    """Hears one utterance; blocks. Once it is `dropped` nothing more is computed and nothing is heard."""
    nothing = Transcript("", current)
    pcm = pcm[-FULL * RATE // 100 :]
    seconds, speech = len(pcm) / RATE, speech_seconds(pcm)
    hint = ", ".join(hints) + "." if hints else ""

    def heard_in(frames: int) -> tuple[Draft, Language, dict[Language, float]] | None:
        encoded = None if dropped else engine.encode(log_mel(pcm, frames, engine.n_mels), dropped, unhurried)
        odds = {current: 1.0} if dropped else _odds(engine, encoded, languages)
        if dropped:
            return None
        language = spoken(odds, current, speech)
        most = int(TOKENS + TOKENS_S * seconds)
        return engine.write(encoded, language, hint, most, dropped, expected), language, odds

    frames = min(FULL, 2 * round(50 * max(LEAST_S, seconds + ROOM_S)))
    heard = heard_in(frames) if speech else None
    if heard and loops(heard[0]) and heard[0].no_speech < PERHAPS_SPEECH and frames < FULL:
        heard = heard_in(FULL)
    if heard is None or dropped:
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
