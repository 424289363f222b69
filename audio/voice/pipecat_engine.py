"""Any Pipecat text-to-speech service, by setting: ``pipecat:MODULE.CLASS``. One small pipeline a language."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.worker import PipelineParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from audio.pipecat_line import PipecatLine, load_service
from audio.voice import VOICE_RATE, Urgency
from audio.voice.sound import at_voice_rate, from_pcm, shaped
from calls.errors import EngineError
from calls.words import Language


class PipecatEngine:
    """See `Engine`. `params` are given to the service as they are; `voices` become its settings' `voice`."""

    def __init__(
        self, path: str, voices: Mapping[Language, str] | None = None, params: Mapping[str, Any] | None = None
    ):
        self._service = service_class(path)
        self._voices, self._params = voices or {}, params or {}
        self.name = self._service.__name__
        self.edition = "-".join([self.name, *(self._voices[language] for language in sorted(self._voices))])
        self._lines: dict[Language, _Line] = {}

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        if language not in self._lines:
            self._lines[language] = _Line(self.name, self._make(language))
        line = self._lines[language]
        try:
            return await line.say(clause)
        except EngineError:  # what it still sends belongs to the failed clause
            if self._lines.pop(language, None):
                await line.close()
            raise

    async def warm(self) -> None:
        await self.say("Buenos días.", "es", Urgency.NEXT)
        await self.say("Good morning.", "en", Urgency.NEXT)

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()

    def _make(self, language: Language) -> TTSService:
        chosen = dict(self._params)
        if voice := self._voices.get(language):
            settings: type[TTSSettings] = getattr(self._service, "Settings", TTSSettings)
            chosen["settings"] = settings(voice=voice)
        try:
            return self._service(**chosen)
        except (TypeError, ValueError) as error:
            raise EngineError(self.name, f"it cannot be made with these settings: {error}") from error


class _Line:
    """One service in a running pipeline; one clause at a time."""

    def __init__(self, name: str, service: TTSService):
        self._name = name
        self._out = _Tap()
        self._errors = _Tap()
        params = PipelineParams(audio_out_sample_rate=VOICE_RATE)
        self._line = PipecatLine(name, [self._errors, service, self._out], params)
        self.close = self._line.close
        self._turn = asyncio.Lock()

    async def say(self, clause: str) -> bytes:
        async with self._turn:
            await self._line.start()
            self._out.frames = self._errors.frames = asyncio.Queue()
            await self._line.push(TTSSpeakFrame(clause, append_to_context=False))
            try:
                return await self._sound_of(clause)
            except asyncio.CancelledError:
                await self._line.push(InterruptionFrame())
                raise

    async def _sound_of(self, clause: str) -> bytes:
        pcm, rate = bytearray(), VOICE_RATE
        while True:
            match await self._out.frames.get():
                case TTSAudioRawFrame(audio=audio, sample_rate=rate):
                    pcm += audio
                case ErrorFrame(error=error):
                    raise EngineError(self._name, error)
                case TTSStoppedFrame():
                    if not pcm:
                        raise EngineError(self._name, "it gave no sound")
                    return shaped(at_voice_rate(from_pcm(bytes(pcm)), rate), clause)


class _Tap(FrameProcessor):
    """Lets every frame pass, and keeps those that a clause is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame | TTSStoppedFrame | ErrorFrame):
            self.frames.put_nowait(frame)
        elif isinstance(frame, InterruptionFrame):
            while not self.frames.empty():
                self.frames.get_nowait()
        await self.push_frame(frame, direction)


def service_class(path: str) -> type[TTSService]:
    """The class at ``module.Class``. Raises SettingsError when there is none or it is no text-to-speech service."""
    found: type[TTSService] = load_service(path, TTSService, "ANTESALA_VOICE", "text-to-speech")
    return found
