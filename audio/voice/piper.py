"""Piper, by setting: voices are ``.onnx`` files. GPL-3, so an extra that is never required."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio.voice import Urgency
from audio.voice.booth import Booth, Stop
from audio.voice.sound import at_voice_rate, from_pcm, shaped
from calls.errors import EngineError, WeightsError
from calls.words import Language


class PiperEngine:
    """See `Engine`. A language without a voice file is an EngineError, so that the stand-in speaks it."""

    name = "piper"

    def __init__(self, voices: Mapping[Language, str]):
        self._files = {language: Path(file) for language, file in voices.items()}
        self.edition = "piper-" + "-".join(self._files[language].stem for language in sorted(self._files))
        self._loaded: dict[Language, Any] = {}
        self._booth = Booth(self._make, _Unstoppable, "piper")

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        return await self._booth.make(clause, language, urgency)

    async def warm(self) -> None:
        for language in self._files:
            await self.say("uno", language, Urgency.NEXT)

    async def close(self) -> None:
        await self._booth.close()

    def _make(self, clause: str, language: Language, stop: Stop) -> bytes:
        chunks = list(self._voice(language).synthesize(clause))
        if not chunks:
            return b""
        sound = np.concatenate([from_pcm(chunk.audio_int16_bytes) for chunk in chunks])
        return shaped(at_voice_rate(sound, chunks[0].sample_rate), clause)

    def _voice(self, language: Language) -> Any:
        from piper import PiperVoice

        mend = f"Set ANTESALA_VOICE_{language.upper()} to a .onnx file"
        if language not in self._files:
            raise EngineError(self.name, f"it has no voice for {language}. {mend}")
        if language not in self._loaded:
            file = self._files[language]
            if not file.is_file():
                raise WeightsError(self.name, f"{file} is missing. {mend}")
            self._loaded[language] = PiperVoice.load(file)
        return self._loaded[language]


class _Unstoppable:
    """Piper runs a clause to its end, whatever is set here."""

    terminate = False
