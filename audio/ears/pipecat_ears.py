"""Any Pipecat speech-to-text service, by setting: ``pipecat:MODULE.CLASS``. One small pipeline a language."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.worker import PipelineParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language as Tongue

from audio.ears.doubt import speech_seconds
from audio.ears.mel import RATE
from audio.ears.port import Transcript
from audio.pipecat_line import PipecatLine, load_service
from calls.errors import EngineError
from calls.words import LANGUAGES, Language

LATEST_S = 8.0
"""A service has so long to write down what it was given; after that it heard nothing."""
MORE_S = 0.25
"""A streaming service may add to what it wrote within this time."""
CONFIDENT = 0.8
"""These services do not tell how sure they are."""
PIECE = RATE // 10


class PipecatEars:
    """See `Ears`. Hears in the language of the call; hints and expectations stay here. `params` go to the service."""

    idle = False

    def __init__(self, path: str, params: Mapping[str, Any] | None = None):
        self._service = service_class(path)
        self._params = dict(params or {})
        self._lines: dict[Language, _Line] = {}

    async def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str] = (),
        expected: str = "",
        unhurried: bool = False,
    ) -> Transcript:
        if not speech_seconds(pcm):
            return Transcript("", current)
        text = await self._line(current).hear(np.clip(pcm * 32767, -32768, 32767).astype(np.int16))
        return Transcript(text, current, CONFIDENT, 0.0, {current: 1.0}) if text else Transcript("", current)

    async def warm(self) -> None:
        for language in LANGUAGES:
            await self._line(language).start()

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()

    def _line(self, language: Language) -> _Line:
        if language not in self._lines:
            self._lines[language] = _Line(self._service.__name__, self._make(language))
        return self._lines[language]

    def _make(self, language: Language) -> STTService:
        chosen = dict(self._params)
        settings = {"language": Tongue(language), **dict(chosen.pop("settings", {}))}
        known: type[Any] | None = getattr(self._service, "Settings", None)
        if known and "settings" in signature(self._service.__init__).parameters:
            chosen["settings"] = known(**settings)
        try:
            return self._service(**chosen)
        except (TypeError, ValueError) as error:
            raise EngineError(
                "ears", f"{self._service.__name__} cannot be made with these settings: {error}"
            ) from error


class _Line:
    """One service in a running pipeline; one utterance at a time."""

    def __init__(self, name: str, service: STTService):
        self._name = name
        self._written: asyncio.Queue[Frame] = asyncio.Queue()
        before, after = _Tap(self._written), _Tap(self._written)  # errors travel upstream, words down
        self._line = PipecatLine(name, [before, service, after], PipelineParams(audio_in_sample_rate=RATE))
        self.start, self.close = self._line.start, self._line.close
        self._turn = asyncio.Lock()

    async def hear(self, pcm: NDArray[np.int16]) -> str:
        async with self._turn:
            await self.start()
            while not self._written.empty():
                self._written.get_nowait()
            await self._line.push(VADUserStartedSpeakingFrame())
            for at in range(0, len(pcm), PIECE):
                await self._line.push(InputAudioRawFrame(pcm[at : at + PIECE].tobytes(), RATE, 1))
            await self._line.push(VADUserStoppedSpeakingFrame())
            return await self._words()

    async def _words(self) -> str:
        words: list[str] = []
        try:
            while True:
                async with asyncio.timeout(MORE_S if words else LATEST_S):
                    frame = await self._written.get()
                if isinstance(frame, ErrorFrame):
                    raise EngineError("ears", f"{self._name}: {frame.error}")
                if isinstance(frame, TranscriptionFrame):
                    words.append(frame.text.strip())
                    if frame.finalized:
                        break
        except TimeoutError:
            pass
        return " ".join(words)


class _Tap(FrameProcessor):
    """Lets every frame pass, and keeps words and errors."""

    def __init__(self, kept: asyncio.Queue[Frame]) -> None:
        super().__init__()
        self._kept = kept

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame | ErrorFrame):
            self._kept.put_nowait(frame)
        await self.push_frame(frame, direction)


def service_class(path: str) -> type[STTService]:
    """The class at ``module.Class``. Raises SettingsError when there is none or it is no speech-to-text service."""
    found: type[STTService] = load_service(path, STTService, "ANTESALA_EARS", "speech-to-text")
    return found
