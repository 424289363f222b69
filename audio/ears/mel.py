"""Whisper's log-mel features in NumPy, over just the audio there is (openai-whisper, `whisper/audio.py`)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples per second."""
HOP = 160
"""Samples per frame: 100 frames a second."""
FULL = 3_000
"""Frames of Whisper's own 30 s window."""
_WINDOW = 400

Features = NDArray[np.float32]


def log_mel(pcm: NDArray[np.float32], frames: int, n_mels: int = 80) -> Features:
    """The features (n_mels, frames) of `pcm`, mono 16 kHz in [-1, 1], followed by silence up to `frames`.

    Equal to Whisper's own for the same window: the silence counts as padding, so only the audio is transformed.
    """
    pcm = pcm[: frames * HOP]
    padded = np.pad(pcm, (_WINDOW // 2, _WINDOW))
    mirrored = pcm[_WINDOW // 2 : 0 : -1]
    padded[_WINDOW // 2 - len(mirrored) : _WINDOW // 2] = mirrored
    columns = min(frames, 1 + (len(pcm) + _WINDOW // 2) // HOP)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP][:columns]
    spectrum = np.fft.rfft(pieces * _hann(), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    logs = np.full((n_mels, frames), -10.0, np.float32)
    logs[:, : len(pieces)] = np.log10(np.maximum(_filters(n_mels) @ power.T, 1e-10))
    return cast(Features, (np.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters(n_mels: int) -> NDArray[np.float32]:
    """The mel filter bank (n_mels, 201) that comes with openai-whisper, read without importing it (it loads torch)."""
    spec = find_spec("whisper")
    assert spec is not None and spec.origin is not None
    with np.load(Path(spec.origin).parent / "assets" / "mel_filters.npz") as banks:
        return cast(NDArray[np.float32], banks[f"mel_{n_mels}"])
