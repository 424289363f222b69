"""One utterance heard: trimmed, encoded once, its language chosen, written down, doubted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audio.ears.doubt import LOUDEST_SILENCE, confidence, is_speech, speech_seconds
from audio.ears.engine import Draft, Engine
from audio.ears.fast_engine import FastEngine
from audio.ears.mel import FULL, RATE, log_mel
from audio.ears.models import checkpoint, ct2_folder, fast_installed
from audio.ears.port import Ears, Transcript
from audio.ears.tongue import spoken
from audio.ears.whisper_engine import WhisperEngine
from calls.errors import AntesalaError, EngineError
from calls.words import LANGUAGES, Language

LEAST_S, ROOM_S = 8.0, 2.0
"""Whisper hears at least 8 s, and 2 s of silence after the speech; with less it repeats itself."""
REPEATS = 2.0
"""A text that zlib makes this much shorter is heard again in the full 30 s."""
TOKENS_S, TOKENS = 8.0, 12
"""At most so many tokens for a second of sound, and so many more: the fastest Spanish has about 6."""


class _Dropped(Exception):
    """Nobody waits for this utterance any more."""


class LocalEars:
    """Ears on this machine. `workers` utterances at a time, first come first served."""

    def __init__(self, engine: Engine, workers: int = 1) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="ears")
        self._loaded: asyncio.Task[None] | None = None

    async def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str] = (),
    ) -> Transcript:
        await self._load()
        dropped = Event()
        work = partial(listen, self._engine, pcm, languages, current, hints, dropped)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            dropped.set()
            raise
        except AntesalaError:
            raise
        except Exception as error:
            raise EngineError("ears", f"an utterance could not be heard ({type(error).__name__}: {error}).") from error

    async def warm(self) -> None:
        """A second of faint noise is heard in every language."""
        noise = np.random.default_rng(0).normal(0, 10 * LOUDEST_SILENCE, RATE).astype(np.float32)
        await self.hear(noise, languages=LANGUAGES, current=LANGUAGES[0])

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def _load(self) -> None:
        if self._loaded is None or (self._loaded.done() and self._loaded.exception()):
            self._loaded = asyncio.ensure_future(asyncio.to_thread(self._engine.load))
        await asyncio.shield(self._loaded)


def listen(
    engine: Engine,
    pcm: NDArray[np.float32],
    languages: Sequence[Language],
    current: Language,
    hints: Sequence[str],
    dropped: Event,
) -> Transcript:
    """Hears one utterance; blocks. `dropped` is looked at between the stages: set, the rest is left undone."""
    pcm = pcm[-FULL * RATE // 100 :]
    speech = speech_seconds(pcm)
    if not speech:
        return Transcript("", current)
    hint = ", ".join(hints) + "." if hints else ""
    seconds = len(pcm) / RATE
    frames = min(FULL, 2 * round(50 * max(LEAST_S, seconds + ROOM_S)))

    def heard_in(frames: int) -> tuple[dict[Language, float], Language, Draft]:
        _go_on(dropped)
        encoded = engine.encode(log_mel(pcm, frames, engine.n_mels))
        _go_on(dropped)
        odds = engine.odds(encoded, languages)
        language = spoken(odds, current, speech)
        return odds, language, engine.write(encoded, language, hint, int(TOKENS + TOKENS_S * seconds))

    odds, language, draft = heard_in(frames)
    if draft.compression > REPEATS and frames < FULL:
        odds, language, draft = heard_in(FULL)
    if not is_speech(draft, language, speech, hints):
        return Transcript("", current, 0.0, draft.no_speech)
    return Transcript(draft.text, language, confidence(draft), draft.no_speech, odds)


def open_ears(
    kind: Literal["auto", "whisper", "fast"] = "auto",
    model: str = "base",
    data_dir: Path = Path("data"),
    workers: int = 1,
) -> Ears:
    """Ears that load on first use. `auto` takes the fast ones where faster-whisper is installed."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    if kind == "fast" or (kind == "auto" and fast_installed()):
        return LocalEars(FastEngine(partial(ct2_folder, data_dir, model), workers, threads), workers)
    return LocalEars(WhisperEngine(partial(checkpoint, data_dir, model), threads), workers)


def _go_on(dropped: Event) -> None:
    if dropped.is_set():
        raise _Dropped
