"""Shaping what an engine made: silence trimmed, edges faded, one level for all, a pause as the punctuation asks."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.voice import VOICE_RATE

Sound = NDArray[np.float32]
"""Mono samples in -1..1 at VOICE_RATE."""

LEVEL_DB = -19.0
"""Root mean square of the voiced part, in dB below full scale; within 1 dB of the same in LUFS for speech."""
MOST_GAIN_DB = 14.0
"""A sound fainter than this below LEVEL_DB is noise, and is not raised further."""
PEAK = 0.89
"""-1 dB: room for the overshoot of a telephone codec."""
QUIET_DB = -42.0
"""What lies this far below the loudest 10 ms is silence."""
EDGE_S = 0.02
"""Silence left at either end, so that a soft consonant keeps its beginning."""
FADE_S = 0.005
PAUSES = {",": 0.12, ";": 0.2, ":": 0.2, ".": 0.26, "!": 0.26, "?": 0.26, "…": 0.3}
"""Seconds of silence after a clause, by the mark that ends it."""
NO_PAUSE_S = 0.03

_FRAME = VOICE_RATE // 100


def shaped(sound: Sound, clause: str) -> bytes:
    """`sound` as int16 PCM, ready to follow and be followed by other clauses."""
    voiced = faded(levelled(trimmed(sound)))
    mark = clause.rstrip(" \"'»”)¿¡")[-1:]
    pause = np.zeros(int(PAUSES.get(mark, NO_PAUSE_S) * VOICE_RATE), np.float32)
    return to_pcm(np.concatenate([voiced, pause])) if len(voiced) else b""


def trimmed(sound: Sound) -> Sound:
    """Without the silence at its ends; empty when there is nothing but silence."""
    loudness = _frame_levels(sound)
    if not len(loudness) or loudness.max() < 1e-4:
        return np.zeros(0, np.float32)
    loud = np.flatnonzero(loudness > loudness.max() * 10 ** (QUIET_DB / 20))
    edge = int(EDGE_S * VOICE_RATE)
    return sound[max(0, loud[0] * _FRAME - edge) : (loud[-1] + 1) * _FRAME + edge]


def levelled(sound: Sound) -> Sound:
    """At LEVEL_DB, peaks bent below PEAK rather than cut."""
    loudness = _frame_levels(sound)
    if not len(loudness):
        return sound
    voiced = loudness[loudness > loudness.max() * 10 ** (-25 / 20)]
    level = float(np.sqrt(np.mean(voiced**2)))
    gain = min(10 ** (LEVEL_DB / 20) / max(level, 1e-6), 10 ** (MOST_GAIN_DB / 20))
    raised, knee = sound * np.float32(gain), 0.7 * PEAK
    over = np.abs(raised) > knee
    room = PEAK - knee
    raised[over] = np.sign(raised[over]) * (knee + room * np.tanh((np.abs(raised[over]) - knee) / room))
    return raised


def faded(sound: Sound) -> Sound:
    """With 5 ms in and out, so that joins don't click."""
    size = min(int(FADE_S * VOICE_RATE), len(sound) // 2)
    if size:
        ramp = np.linspace(0, 1, size, dtype=np.float32)
        sound[:size] *= ramp
        sound[-size:] *= ramp[::-1]
    return sound


def at_voice_rate(sound: Sound, rate: int) -> Sound:
    """Resampled from `rate` Hz to VOICE_RATE."""
    if rate == VOICE_RATE:
        return sound
    return np.asarray(soxr.resample(sound, rate, VOICE_RATE, quality="HQ"), np.float32)


def from_pcm(pcm: bytes) -> Sound:
    """int16 PCM as samples in -1..1; half a sample at the end is dropped."""
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)


def to_pcm(sound: Sound) -> bytes:
    """Samples in -1..1 as int16 PCM."""
    return np.asarray(np.clip(sound, -1, 1) * 32767, "<i2").tobytes()


def _frame_levels(sound: Sound) -> Sound:
    """Root mean square of each 10 ms; shape (len // 240,)."""
    whole = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return np.asarray(np.sqrt(np.mean(whole**2, axis=1)), np.float32)
