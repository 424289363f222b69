"""The voices of callers: not the receptionist's, over the telephone, with as much noise as is wanted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from audio.voice import Engine, Urgency
from audio.voice.cached import CachedEngine
from audio.voice.kokoro import KokoroEngine
from audio.voice.kokoro_weights import why_not_natural
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.sentences import pieces_of
from audio.voice.sound import Sound, from_pcm
from calls.wire import Pcm
from calls.words import Language
from evals.telephone import RATE, in_band, telephoned

VOICES: tuple[dict[Language, str], ...] = (
    {"es": "em_alex", "en": "am_michael"},
    {"es": "em_santa", "en": "bf_emma"},
    {"es": "em_alex", "en": "bm_george"},
)
"""By run: the same scenario is spoken by another voice each time."""
LOUD = 0.08
"""Root mean square of a caller's speech on the line, full scale 1."""


class CallerVoice:
    """Speaks for callers. `noise_db`: how far the noise on the line lies below the speech; None: as good as none.

    Kokoro where its weights are in `data`, else pyttsx3. What was spoken once is kept in `data`.
    """

    def __init__(self, data: Path, noise_db: float | None = None):
        self.why_not_natural = why_not_natural(data)
        self._noise = 0.0 if noise_db is None else LOUD * 10 ** (-noise_db / 20)
        self._data = data
        self._engines: dict[int, CachedEngine] = {}

    def noise(self, samples: int, seed: int) -> Sound:
        """The line's own noise."""
        if not self._noise:
            return np.zeros(samples, np.float32)
        raw = np.random.default_rng(seed).normal(0, 1, samples).astype(np.float32)
        shaped = in_band(raw)
        return np.asarray(shaped * (self._noise / max(float(np.sqrt(np.mean(shaped**2))), 1e-9)), np.float32)

    async def say(self, text: str, language: Language, run: int) -> Pcm:
        """`text` at RATE as the telephone carries it, spoken by the voice of that run."""
        engine = self._engine(run % len(VOICES))
        await engine.prepare([(text, language)])
        made = [await engine.say(piece, language, Urgency.NEXT) for piece in pieces_of(text, language)]
        if not made:
            return np.zeros(RATE // 2, np.int16)
        sound = telephoned(from_pcm(b"".join(made)))
        loud = float(np.sqrt(np.mean(sound[np.abs(sound) > 0.01] ** 2))) if np.any(np.abs(sound) > 0.01) else LOUD
        return np.asarray(np.clip(sound * LOUD / loud, -1, 1) * 32767, np.int16)

    async def close(self) -> None:
        """Ends the engines."""
        await asyncio.gather(*(engine.close() for engine in self._engines.values()))

    def _engine(self, run: int) -> CachedEngine:
        if run not in self._engines:
            natural = self.why_not_natural is None
            engine: Engine = KokoroEngine(self._data, VOICES[run]) if natural else PyttsxEngine()
            self._engines[run] = CachedEngine(engine, self._data / "callers")
        return self._engines[run]
