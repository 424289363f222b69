"""Hearing and speaking for the study: a text in the receptionist's voice, and what was said into the microphone."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from numpy.typing import NDArray
from pydantic import BaseModel, StringConstraints
from starlette.exceptions import HTTPException

from calls.words import Language, Utterance
from console.api.front import TheFront
from console.api.problems import PROBLEM

RATE = 16_000
LONGEST_S = 30
MOST_WORDS = 1000
"""Characters spoken at once: about a minute."""

Speak = Callable[[str, Language], AsyncGenerator[bytes]]
"""(text, language) -> chunks of int16 mono sound. Raises EngineError."""
Hear = Callable[[NDArray[np.float32], Sequence[Language], Language], Awaitable[Utterance]]
"""(16 kHz mono in [-1, 1], the languages it may be in, the likeliest) -> what was said. Raises EngineError."""


class Text(BaseModel):
    """What is to be spoken."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_WORDS, strip_whitespace=True)]
    language: Language = "es"


def router(speak: Speak, rate: int, hear: Hear) -> APIRouter:
    """The routes; `rate` is that of `speak`'s sound in Hz."""
    doors = APIRouter(prefix="/api/sandbox", tags=["sandbox"], responses=PROBLEM)

    @doors.post("/speak", response_class=Response, responses={200: {"content": {"audio/wav": {}}}})
    async def spoken(wanted: Text) -> Response:
        """The text as callers would hear it, as a WAV file."""
        async with aclosing(speak(wanted.text, wanted.language)) as chunks:
            pcm = b"".join([chunk async for chunk in chunks])
        return Response(_wav(pcm, rate), media_type="audio/wav", headers={"Cache-Control": "no-store"})

    @doors.post("/hear")
    async def heard(
        request: Request,
        front: TheFront,
        language: Annotated[Language | None, Query(description="the one to expect")] = None,
    ) -> dict[str, Any]:
        """What was said: the body is int16 little-endian mono sound at 16 kHz, at most half a minute of it."""
        pcm = await request.body()
        if len(pcm) % 2 or not RATE // 5 <= len(pcm) <= RATE * 2 * LONGEST_S:
            raise HTTPException(422, f"Send 0.1 to {LONGEST_S} seconds of int16 sound at {RATE} Hz.")
        spoken = front.office.knowledge.policy.receptionist.languages
        sound = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0
        said = await hear(sound, spoken, language or spoken[0])
        return {"text": said.text, "language": said.language, "confidence": round(said.confidence, 3)}

    return doors


def _wav(pcm: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(pcm)
    return file.getvalue()
