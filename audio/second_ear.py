"""What a human on the line says, put into words: for the record, and so that the receptionist knows of it later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from audio.draft import Hearing
from audio.engines import Sound
from audio.listener import PRE_ROLL_S, Listener
from calls.call import Call
from calls.wire import Pcm
from calls.words import Sentence

PAUSE_S = 0.7
"""A sentence is over after this much silence: nobody waits for an answer to it."""
LONGEST_S = 20.0


class SecondEar:
    """Hears one human for as long as they have a call."""

    def __init__(self, sound: Sound, call: Call, rate: int):
        knowledge = call.office.knowledge
        hints = knowledge.vocabulary(call.caller)
        self._hearing = Hearing(sound, rate, knowledge.policy.receptionist.languages, call.language, hints)
        self._listener = Listener(sound.vad(rate), rate)

    async def hear(self, frames: AsyncIterator[Pcm]) -> AsyncGenerator[Sentence]:
        """Each sentence once it has been said; the last one too when the frames end. Raises EngineError."""
        start: float | None = None
        async for pcm in frames:
            listener = self._listener
            listener.feed(pcm)
            if start is None and listener.onset:
                start = max(0.0, listener.now - PRE_ROLL_S)
            elif start is not None and (listener.quiet_s >= PAUSE_S or listener.now - start > LONGEST_S):
                if sentence := await self._words(start):
                    yield sentence
                start = None
                listener.forget()
        if start is not None and (sentence := await self._words(start)):
            yield sentence

    async def _words(self, start: float) -> Sentence | None:
        wide = await asyncio.to_thread(self._hearing.widened, self._listener.since(start))
        heard = await self._hearing.words(wide)
        return Sentence(heard.text, heard.language) if heard.text else None
