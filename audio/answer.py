"""A turn's answer being made: sentences from the turn, sound from the voice, held back until the turn is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from audio.mouth import Clip, Mouth
from audio.voice import Voice
from calls.errors import CallClosed, EngineError
from calls.turn import Turn
from calls.words import Failed, Say, Utterance

HOLD_S = 1.3
"""When nothing stands to be said so long after it was begun, the caller hears that we are still there."""


async def synthesise(voice: Voice, clip: Clip, sounded: Callable[[], None] = lambda: None) -> None:
    """Fills `clip` with the sound of its sentence; calls `sounded` at the first of it. Raises EngineError."""
    try:
        async with aclosing(voice.speak(clip.say.text, clip.say.language)) as chunks:
            async for chunk in chunks:
                clip.add(chunk)
                sounded()
    finally:
        clip.finish()


class Answer:
    """Prepares at once and in the background; `release` lets it be heard. Only the first sentence is made ahead."""

    def __init__(self, turn: Turn, voice: Voice, mouth: Mouth, rate: int):
        self._turn, self._voice, self._mouth, self._rate = turn, voice, mouth, rate
        self._held: list[Clip] | None = []
        self._released = asyncio.Event()
        self.sounded = asyncio.Event()
        self._mute = False
        self.began_at = self.released_at = asyncio.get_running_loop().time()
        self.first_sentence_at: float | None = None
        self.first_sound_at: float | None = None
        """Loop times, for the record of where a turn's time goes."""
        self.done = asyncio.create_task(self._prepare())

    @property
    def utterance(self) -> Utterance:
        """What is being answered."""
        return self._turn.heard

    @property
    def ready(self) -> bool:
        """It can be heard as soon as it is released, or needs the floor to go on."""
        return self.sounded.is_set() or self._mute or self._turn.waiting or self.done.done()

    async def release(self) -> None:
        """The caller has finished: goes on record, then out."""
        self.released_at = asyncio.get_running_loop().time()
        await self._turn.confirm()
        held, self._held = self._held or [], None
        for clip in held:
            self._mouth.say(clip)
        self._released.set()

    async def withdraw(self) -> None:
        """The caller goes on, or cuts in: what has not been said will not be."""
        self.done.cancel()
        await asyncio.gather(self.done, return_exceptions=True)

    async def _prepare(self) -> None:
        holding = asyncio.create_task(self._hold())
        try:
            async with aclosing(self._turn.reply()) as says:
                async for say in says:
                    await self._speak(say)
                    await self._released.wait()
            if self.first_sentence_at is None:
                await self._at_a_loss()
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold(self) -> None:
        """An engine takes its time: the caller is not left in silence."""
        await self._released.wait()
        await asyncio.sleep(max(0.0, self.began_at + HOLD_S - asyncio.get_running_loop().time()))
        if self.first_sentence_at is None:
            await self._say("hold_on")

    async def _at_a_loss(self) -> None:
        """Nothing came of it: the caller is asked once more."""
        await self._released.wait()
        call = self._turn.call
        if call.open and not call.with_staff and not call.ending:
            await self._say("unclear_again")

    async def _say(self, key: str) -> None:
        """A fixed line, whatever else has failed; most of them are on disk as sound."""
        with suppress(EngineError, CallClosed):
            clip = Clip(await self._turn.call.say(self._turn.call.phrase(key, self._turn.language)), self._rate)
            self._mouth.say(clip)
            await synthesise(self._voice, clip)

    async def _speak(self, say: Say) -> None:
        loop = asyncio.get_running_loop()
        self.first_sentence_at = self.first_sentence_at or loop.time()
        clip = Clip(say, self._rate)
        if self._held is None:
            self._mouth.say(clip)
        else:
            self._held.append(clip)
        try:
            await synthesise(self._voice, clip, self._first_sound)
        except EngineError as error:
            self._mute = True
            await self._released.wait()
            await self._turn.call.note(Failed("voice", error.what, "recorded"))
            await self._say("rescue_no_one")

    def _first_sound(self) -> None:
        if self.first_sound_at is None:
            self.first_sound_at = asyncio.get_running_loop().time()
            self.sounded.set()
