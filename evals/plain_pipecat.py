"""What Antesala is measured against: a plain Pipecat pipeline on the same media stream, with the same mind and voice.

Stock faster-whisper base int8, Silero VAD, Pipecat's default turn strategies (Smart Turn).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.tts_service import TTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from audio.ears.models import ct2_folder
from audio.voice import VOICE_RATE, Voice
from calls.call import Call
from calls.turn import take_turn
from calls.words import Utterance
from house import OpenOffice, open_office
from settings import Settings


class SameMind(FrameProcessor):
    """Answers the last thing that the caller said with the office's own turn."""

    def __init__(self, call: Call):
        super().__init__()
        self._call = call

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        last: Any = frame.context.get_messages()[-1]
        text = str(last["content"])
        language = self._call.office.language_of(text, ("es", "en"), self._call.language)
        await self.push_frame(LLMFullResponseStartFrame())
        async with aclosing(take_turn(self._call, Utterance(text, language))) as says:
            async for say in says:
                await self.push_frame(LLMTextFrame(say.text + " "))
        await self.push_frame(LLMFullResponseEndFrame())


class SameVoice(TTSService):
    """Speaks with the office's own voice."""

    def __init__(self, voice: Voice, call: Call):
        super().__init__(sample_rate=VOICE_RATE, push_start_frame=True, push_stop_frames=True)
        self._voice, self._call = voice, call

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None]:
        async with aclosing(self._voice.speak(text, self._call.language)) as chunks:
            async for chunk in chunks:
                yield TTSAudioRawFrame(chunk, VOICE_RATE, 1, context_id=context_id)


async def converse(house: OpenOffice, model: str, socket: WebSocket, sid: str) -> None:
    """One call through the pipeline."""
    call = await house.front.switchboard.answer("plain")
    serializer = TwilioFrameSerializer(sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    transport = FastAPIWebsocketTransport(
        socket, FastAPIWebsocketParams(serializer=serializer, audio_in_enabled=True, audio_out_enabled=True)
    )
    ears = WhisperSTTService(
        device="cpu", compute_type="int8", settings=WhisperSTTService.Settings(model=model, language=None)
    )
    sides = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline([
        transport.input(), ears, sides.user(), SameMind(call), SameVoice(house.sound.voice, call),
        transport.output(), sides.assistant(),
    ])  # fmt: skip
    params = PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=8000)
    worker = PipelineWorker(pipeline, params=params)

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def gone(*_: Any) -> None:
        await worker.cancel()

    greeting = " ".join(say.text for say in await call.greet())
    await worker.queue_frame(TTSSpeakFrame(greeting))
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    try:
        await runner.run()
    finally:
        await house.front.switchboard.end(call, "caller")


def app(settings: Settings) -> FastAPI:
    """The same two doors as the real one."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_office(settings) as house:
            app.state.house, app.state.model = house, str(await asyncio.to_thread(ct2_folder, settings.data))
            await house.front.readiness.warm_up()
            yield

    doors = FastAPI(lifespan=lifespan)

    @doors.get("/readyz")
    async def ready() -> str:
        return "ok"

    @doors.get("/metrics")
    async def metrics() -> Response:
        return Response("")

    @doors.post("/lines/twilio/voice")
    async def voice(request: Request) -> Response:
        stream = f'<Stream url="ws://{request.headers["host"]}/media"><Parameter name="token" value="-"/></Stream>'
        return Response(f"<Response><Connect>{stream}</Connect></Response>", media_type="application/xml")

    @doors.websocket("/media")
    async def media(socket: WebSocket) -> None:
        await socket.accept()
        sid = ""
        while not sid:
            found = re.match(r"MZ\w+", str(json.loads(await socket.receive_text()).get("streamSid")))
            sid = found[0] if found else ""
        await converse(doors.state.house, doors.state.model, socket, sid)

    return doors


def main() -> None:
    """Serves on ANTESALA_PORT."""
    logger.disable("pipecat")
    settings = Settings.read()
    uvicorn.run(app(settings), host="127.0.0.1", port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
