"""Tones of the telephone network: the beep after which an answering machine listens."""

from __future__ import annotations

import numpy as np

from calls.wire import Pcm

BEEP_S = 0.24
"""A tone that lasts so long is no syllable."""
LOWEST_HZ, HIGHEST_HZ = 350.0, 2200.0
PURE = 0.85
"""The part of the power that a single tone has in its own three bins; of a vowel they have less."""
QUIET = 200.0
"""Loudness (root mean square, int16) below which there is nothing to judge."""
WINDOW_S = 0.04


class Beep:
    """Tells when a single steady tone is heard."""

    def __init__(self, rate: int):
        self._rate, self._size = rate, int(rate * WINDOW_S)
        self._rest = np.zeros(0, np.int16)
        self._hertz, self._lasted = 0.0, 0.0

    def feed(self, pcm: Pcm) -> bool:
        """Takes what was heard next, any length; whether a tone has lasted long enough by now."""
        self._rest = np.concatenate([self._rest, pcm])
        while len(self._rest) >= self._size:
            window, self._rest = self._rest[: self._size], self._rest[self._size :]
            hertz = self._pitch(window.astype(np.float64))
            same = hertz is not None and abs(hertz - self._hertz) <= 1.5 / WINDOW_S
            self._lasted = self._lasted + WINDOW_S if same else WINDOW_S if hertz else 0.0
            self._hertz = hertz or 0.0
        return self._lasted >= BEEP_S

    def _pitch(self, window: np.ndarray) -> float | None:
        """The tone of a window; None where it is silence, or more than one tone."""
        if np.sqrt(np.mean(window**2)) < QUIET:
            return None
        power = np.abs(np.fft.rfft(window * np.hanning(len(window)))) ** 2
        peak = int(np.argmax(power))
        hertz = peak * self._rate / len(window)
        pure = power[max(0, peak - 1) : peak + 2].sum() / power.sum()
        return hertz if pure >= PURE and LOWEST_HZ <= hertz <= HIGHEST_HZ else None
