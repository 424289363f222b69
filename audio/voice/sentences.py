"""A voice made of an engine: sentences spoken clause by clause, the next one made while the last is heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from audio.voice import VOICE_RATE, Engine, Urgency
from audio.voice.clauses import clauses
from audio.voice.spoken import spoken
from calls.words import Language

CHUNK_BYTES = VOICE_RATE // 10 * 2
"""100 ms."""
IN_HAND = 2
"""Clauses being made or waiting at once for one sentence."""


def pieces_of(text: str, language: Language) -> list[str]:
    """`text` as an engine is given it: the spoken form, clause by clause."""
    return [piece for piece in clauses(spoken(text, language)) if any(sign.isalnum() for sign in piece)]


class ClauseVoice:
    """A Voice over one Engine."""

    def __init__(self, engine: Engine):
        self.engine = engine

    @property
    def name(self) -> str:
        return self.engine.name

    async def speak(self, text: str, language: Language) -> AsyncGenerator[bytes]:
        """See `Voice.speak`."""
        coming = iter(pieces_of(text, language))
        making: deque[asyncio.Task[bytes]] = deque()

        def begin(urgency: Urgency) -> None:
            if piece := next(coming, None):
                making.append(asyncio.create_task(self.engine.say(piece, language, urgency)))

        try:
            begin(Urgency.FIRST)
            for _ in range(IN_HAND - 1):
                begin(Urgency.NEXT)
            while making:
                sound = await making[0]
                making.popleft()
                begin(Urgency.NEXT)
                for start in range(0, len(sound), CHUNK_BYTES):
                    yield sound[start : start + CHUNK_BYTES]
        finally:
            for task in making:
                task.cancel()
            await asyncio.gather(*making, return_exceptions=True)

    async def warm(self) -> None:
        await self.engine.warm()

    async def close(self) -> None:
        await self.engine.close()
