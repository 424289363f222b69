"""Voice activity: Silero VAD from pipecat's wheel, one ONNX session for all calls, a recurrent state for each."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import onnxruntime
from numpy.typing import NDArray

WINDOW_S = 0.032
"""One judgement covers 32 ms: 256 samples at 8 kHz, 512 at 16 kHz."""

_RESET_AFTER = 62
"""Windows (about 2 s) after which the state is cleared in quiet: music and long silence dull it."""
_QUIET, _QUIET_WINDOWS = 0.1, 5


def open_session() -> onnxruntime.InferenceSession:
    """Loads the model once (about 20 ms); pass it to every VoiceActivity."""
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    model = files("pipecat.audio.vad.data").joinpath("silero_vad.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class VoiceActivity:
    """How likely it is that somebody speaks, window by window."""

    def __init__(self, session: onnxruntime.InferenceSession, rate: int):
        if rate not in (8000, 16000):
            raise ValueError(f"rate must be 8000 or 16000 Hz, not {rate}")
        self._session = session
        self._rate = np.array(rate, dtype=np.int64)
        self.window = 256 if rate == 8000 else 512
        self._overlap = 32 if rate == 8000 else 64
        self._rest = np.zeros(0, dtype=np.float32)
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros(self._overlap, dtype=np.float32)
        self._windows = self._quiet = 0

    def feed(self, pcm: NDArray[np.int16]) -> list[float]:
        """Probability of speech in 0..1 for each window that `pcm` (mono, any length) completes."""
        samples = np.concatenate([self._rest, pcm.astype(np.float32) / 32768.0])
        whole = len(samples) // self.window * self.window
        self._rest = samples[whole:]
        return [self._judge(samples[at : at + self.window]) for at in range(0, whole, self.window)]

    def _judge(self, window: NDArray[np.float32]) -> float:
        padded = np.concatenate([self._context, window])[None, :]
        odds, self._state = self._session.run(None, {"input": padded, "state": self._state, "sr": self._rate})
        self._context = window[-self._overlap :]
        chance = float(odds[0][0])
        self._windows += 1
        self._quiet = self._quiet + 1 if chance < _QUIET else 0
        if self._windows >= _RESET_AFTER and self._quiet >= _QUIET_WINDOWS:
            self._state, self._context = np.zeros_like(self._state), np.zeros_like(self._context)
            self._windows = self._quiet = 0
        return chance
