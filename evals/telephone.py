"""What a telephone line leaves of a sound: 8 kHz, 300 to 3400 Hz, µ-law (ITU-T G.711)."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.voice import VOICE_RATE
from audio.voice.sound import Sound

RATE = 8000
BAND_HZ = (250.0, 3400.0)
SLOPE_HZ = 60.0
MU = 255


def telephoned(sound: Sound) -> Sound:
    """`sound` (at VOICE_RATE) at 8 kHz, in the telephone's band, coded in µ-law and back."""
    narrow = np.asarray(soxr.resample(sound, VOICE_RATE, RATE, quality="HQ"), np.float32)
    return from_mu_law(to_mu_law(in_band(narrow)))


def in_band(sound: Sound) -> Sound:
    """Without what lies outside the telephone's band."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    low, high = BAND_HZ
    rise = 1 / (1 + np.exp(np.clip((low - hertz) / SLOPE_HZ * 4, -60, 60)))
    fall = 1 / (1 + np.exp(np.clip((hertz - high) / SLOPE_HZ * 4, -60, 60)))
    return np.asarray(np.fft.irfft(spectrum * rise * fall, len(sound)), np.float32)


def to_mu_law(sound: Sound) -> NDArray[np.uint8]:
    """Eight bits a sample, continuous µ-law as G.711 approximates it."""
    bent = np.sign(sound) * np.log1p(MU * np.abs(np.clip(sound, -1, 1))) / np.log1p(MU)
    return np.asarray(np.round((bent + 1) / 2 * MU), np.uint8)


def from_mu_law(coded: NDArray[np.uint8]) -> Sound:
    bent = coded.astype(np.float32) / MU * 2 - 1
    return np.asarray(np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(MU)) / MU, np.float32)
