"""A call that is not served: a kind clip, a number by the keypad, goodbye. Its only engine is the voice."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress

from audio.answer import synthesise
from audio.mouth import Clip, Mouth
from audio.voice import Voice
from calls.call import Call, new_id
from calls.errors import EngineError
from calls.wire import Wire
from calls.words import Circle, Failed, Keys, Promise, Say

WAIT_S = 8.0
"""So long after the clip a key is waited for."""
PAUSE_S = 3.0
"""A number is whole after this long without a key, or at the pound key."""
LOOK_S = 0.1
_NUMBER = re.compile(r"\d{9,15}")


class LeaveNumber:
    """Runs one such call on a wire; `call.door` must be this."""

    def __init__(self, wire: Wire, voice: Voice):
        self.wire, self._voice = wire, voice
        self._mouth = Mouth(wire, self._played)
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._call: Call
        wire.on_keys = self._keys.put_nowait

    async def run(self, call: Call, why: str) -> None:
        """Says `why` (full, often), promises a call back to the number there is or is keyed, and hangs up."""
        self._call = call
        pace, gone = asyncio.create_task(self._mouth.run()), asyncio.create_task(self._until_gone())
        try:
            if call.circle is Circle.BLOCKED:
                await call.speak(call.phrase("blocked"))
            else:
                await self._take(call, why, gone)
            await self._said(gone)
            call.ending = True
            await self.wire.hang_up()
        finally:
            for task in (pace, gone):
                task.cancel()
            await asyncio.gather(pace, gone, return_exceptions=True)
            await self._mouth.close()

    async def _take(self, call: Call, why: str, gone: asyncio.Task[None]) -> None:
        """The clip, and the number."""
        known = call.caller.number
        await self._owe(known, why)
        await call.speak(call.phrase(f"{why}_house" if known else f"{why}_house_no_number"))
        keyed = await self._number(gone)
        if keyed:
            await call.note(Keys(keyed))
            await self._owe(keyed, why)
        if not gone.done():
            await call.speak(call.phrase("number_noted" if keyed else "full_house_goodbye"))

    async def speak(self, say: Say) -> None:
        """Says it after what is being said."""
        clip = Clip(say, self.wire.rate)
        self._mouth.say(clip)
        try:
            await synthesise(self._voice, clip)
        except EngineError as error:
            await self._call.note(Failed("voice", error.what, "none"))

    async def give_way(self) -> None:
        """Falls silent."""
        await self._mouth.cut()

    async def hang_up(self) -> None:
        """Ends the call; what was said has been heard by then, or never will be."""
        await self.wire.hang_up()

    async def _owe(self, number: str | None, why: str) -> None:
        """A call back is on record before a word of it is said."""
        if number:
            call = self._call
            text, due = call.phrase(f"brief_{why}", who=number), call.office.knowledge.callback_by(call.office.now())
            await call.note(Promise("assistant", text, due, id=new_id(), call_id=call.id))

    async def _number(self, gone: asyncio.Task[None]) -> str | None:
        """The number that is keyed, over the clip too; None when there comes none."""
        digits, loop = "", asyncio.get_running_loop()
        since = loop.time()
        while not gone.done():
            key = await self._key()
            if key == "#":
                break
            if key:
                await self._mouth.cut()
                digits += key
            if key or self._mouth.busy:
                since = loop.time()
            if loop.time() - since >= (PAUSE_S if _NUMBER.fullmatch(digits) else WAIT_S):
                break
        return digits if _NUMBER.fullmatch(digits) else None

    async def _key(self) -> str:
        """The next key, or "" when none is pressed for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                return await self._keys.get()
        return ""

    async def _said(self, gone: asyncio.Task[None]) -> None:
        """Until the caller has heard it all."""
        while self._mouth.busy and not gone.done():  # noqa: ASYNC110  (a mouth has no event for it)
            await asyncio.sleep(LOOK_S)

    async def _until_gone(self) -> None:
        async with aclosing(self.wire.frames()) as frames:
            async for _ in frames:
                pass

    async def _played(self, say: Say, heard_text: str, cut_short: bool) -> None:
        await self._call.played(say, heard_text, cut_short)
