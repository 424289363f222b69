"""Whether what Whisper wrote was really said. On silence, noise and music it invents, and often the same few things."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audio.ears.engine import Draft
from audio.ears.mel import RATE
from calls.words import Language

LOUDEST_SILENCE = 0.0006
"""RMS of 20 ms, about -64 dBFS: below it nobody speaks."""

_FRAME = RATE // 50


def speech_seconds(pcm: NDArray[np.float32]) -> float:
    """Seconds of `pcm` (mono, 16 kHz) that are clearly louder than its own background and than silence."""
    whole = len(pcm) // _FRAME * _FRAME
    if not whole:
        return 0.0
    loud = np.sqrt(np.mean(pcm[:whole].reshape(-1, _FRAME) ** 2, axis=1))
    threshold = max(LOUDEST_SILENCE, 0.1 * float(np.percentile(loud, 95)))
    return float(np.sum(loud > threshold)) / 50.0


def is_speech(draft: Draft, language: Language, speech: float, hints: Sequence[str] = ()) -> bool:
    """Whether the draft stands for something somebody said."""
    return bool(plain(draft.text))


def confidence(draft: Draft) -> float:
    """The chance in 0..1 that most of the words are right."""
    return math.exp(draft.logprob)


def plain(text: str) -> str:
    """Lower case, no accents, letters, digits and single spaces only."""
    bare = unicodedata.normalize("NFD", text.lower())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(each for each in bare if not unicodedata.combining(each))))
