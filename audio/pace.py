"""How quick this machine is: measured once at start, and all that is needed to know how many calls it carries."""

from __future__ import annotations

import asyncio
import os

import numpy as np
import soxr

from audio.engines import Sound
from audio.smart_turn import RATE
from audio.voice import VOICE_RATE
from calls.words import LANGUAGES, Language

TRIES = 2
SPOKEN_S = 3.0


async def hearing_s(sound: Sound, text: str, language: Language) -> float:
    """Seconds that the ears take for three seconds of our own voice saying `text`, on each core; the best of TRIES.

    As many are heard at once as there are cores, as when the house is full. Raises EngineError.
    """
    chunks = [chunk async for chunk in sound.voice.speak(text, language)]
    said = np.frombuffer(b"".join(chunks), np.int16)[: int(SPOKEN_S * VOICE_RATE)].astype(np.float32) / 32768.0
    wide = soxr.resample(said, VOICE_RATE, RATE).astype(np.float32)
    loop, best = asyncio.get_running_loop(), float("inf")
    for _ in range(TRIES):
        began = loop.time()
        heard = (sound.ears.hear(wide, languages=LANGUAGES, current=language) for _ in range(cores()))
        await asyncio.gather(*heard)
        best = min(best, loop.time() - began)
    return max(best, 0.01)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
