"""Whether what Whisper wrote was really said. On silence, noise and music it invents, and often the same few things.

The limits were set on recorded calls, read speech, noise, hold music, tones and babble; `evals/ears.py` measures them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from audio.ears.engine import Draft
from audio.ears.mel import RATE

QUIET = 0.0006
"""RMS of 20 ms, about -64 dBFS: below it nobody speaks."""

DOUBTED, DOUBTED_INVENTION, DOUBTED_LOOP = 1.05, 0.8, 0.5
"""No-speech chance plus minus-log-probability above which a text was not said. Speech seldom exceeds 0.8."""
WORD_S, WORD_NO_SPEECH, DOUBTED_WORD = 0.8, 0.32, 1.75
"""A single word this short is hard to make out: it is believed longer where Whisper takes it for speech."""
LOOPS = 5
"""So many times the same word, or the same letter, in a row."""
COMPRESSED = 2.0
"""A text that zlib makes this much shorter repeats itself."""

_FRAME = RATE // 50

_NEVER_SAID = re.compile(
    r"\b(subtitulos (por|realizados)|subtitles by|subtitled by|amara ?org|suscribete|suscribanse"
    r"|(thanks|thank you) for (watching|listening|viewing)|subscribe to (my|our|the) channel"
    r"|gracias por (ver|su atencion|escuchar)|see you (in the )?next (video|time)|nos vemos en el proximo video)\b"
)
"""Credits and farewells of the videos that Whisper learnt from: nobody says them to a receptionist."""

_OFTEN_INVENTED = re.compile(
    r"(thank you|thanks)( (very|so) much)?|you|okay|ok|bye( bye)?|so|oh+|a+h+|hm+|uh|yeah|the|and|i"
    r"|music|silence|applause|i'?m sorry|let'?s go"
    r"|(muchas )?gracias|adios|y|no|si|que|la|e+h+|es|vamos|ahora|hola|esto es todo|musica|aplausos"
)
"""Real words too, but also what Whisper writes for nothing: believed only when clearly heard."""


def speech_seconds(pcm: NDArray[np.float32]) -> float:
    """Seconds of `pcm` (mono, 16 kHz) that are clearly louder than its pauses and than silence."""
    whole = len(pcm) // _FRAME * _FRAME
    if not whole:
        return 0.0
    loud = np.sqrt(np.mean(pcm[:whole].reshape(-1, _FRAME) ** 2, axis=1))
    return float(np.sum(loud > max(QUIET, 0.1 * float(np.percentile(loud, 95))))) / 50.0


def is_speech(draft: Draft, seconds: float) -> bool:
    """Whether the draft of a sound of `seconds` stands for something that somebody said."""
    words = plain(draft.text)
    if not words or _NEVER_SAID.search(words):
        return False
    if loops(draft):
        return doubt(draft) < DOUBTED_LOOP
    if _OFTEN_INVENTED.fullmatch(words):
        return doubt(draft) < DOUBTED_INVENTION
    one_word = seconds < WORD_S and " " not in words and draft.no_speech < WORD_NO_SPEECH
    return doubt(draft) < (DOUBTED_WORD if one_word else DOUBTED)


def loops(draft: Draft) -> bool:
    """Whether the draft says the same over and over, as Whisper does when it has lost its way."""
    words = plain(draft.text).split()
    longest = max((len(list(run)) for _, run in groupby(words)), default=0)
    return draft.compression > COMPRESSED or longest >= LOOPS or bool(re.search(r"([a-z])\1{4}", plain(draft.text)))


def doubt(draft: Draft) -> float:
    """0 for clear speech, over 1 for most noise."""
    return draft.no_speech - draft.logprob


def confidence(draft: Draft) -> float:
    """The chance in 0..1 that four words in five are right (logistic fit; one word alone is never written surely)."""
    slope = 11.4 - 8.2 / max(1, draft.tokens)
    return 1 / (1 + math.exp(-(3.3 + slope * draft.logprob - 2.0 * draft.no_speech)))


def plain(text: str) -> str:
    """Lower case without accents: letters, digits, apostrophes and single spaces."""
    bare = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    return " ".join(re.findall(r"[a-z0-9']+", "".join(each for each in bare if not unicodedata.combining(each))))
