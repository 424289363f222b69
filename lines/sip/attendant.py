"""A hand-off on the assistant's own telephone: it rings, the brief is whispered, a key decides.

Whoever picks up hears who calls and why, and then presses 1 to take the call or 2 to leave it. A machine presses
nothing. What becomes of the hand-off is decided at the desk alone; here it is asked and then done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Protocol

import numpy as np
import soxr

from calls.bridge import Bridge
from calls.call import Call
from calls.desk import Desk
from calls.errors import AntesalaError, CallError
from calls.wire import FRAME_S, Pcm, Wire
from calls.words import CallRow, HandOff, Language
from lines.sip.line import SipCall

BRIEF_S = 10.0
"""The whisper is no longer than this."""
DECIDES_WITHIN_S = 8.0
"""After the brief: whoever has pressed nothing by then is a machine, or has put the receiver down beside the phone."""
TAKE, LEAVE = "1", "2"
GONE = ""
"""What stands for a key when the receiver is put down."""

_log = logging.getLogger(__name__)

Speak = Callable[[str, Language], AsyncGenerator[bytes]]
"""A sentence as chunks of int16 mono at the voice's rate."""


class Dials(Protocol):
    """Places calls."""

    def dial(self, uri: str) -> SipCall: ...


class Attendant:
    """A `calls.desk.Bell` that rings `uri`. `find` gives a call in progress, `bridge_of` the sound of one."""

    def __init__(
        self,
        phone: Dials,
        uri: str,
        desk: Desk,
        find: Callable[[str], Call | None],
        bridge_of: Callable[[Call], Bridge | None],
        speak: Speak,
        voice_rate: int,
    ):
        self._phone, self._uri, self._desk = phone, uri, desk
        self._find, self._bridge_of = find, bridge_of
        self._speak, self._voice_rate = speak, voice_rate
        self._tasks: set[asyncio.Task[None]] = set()

    async def ring(self, row: CallRow, hand_off: HandOff) -> None:
        """Rings until somebody decides, here or at the desk; cancelled, the telephone falls silent."""
        call = self._find(row.id)
        bridge = self._bridge_of(call) if call else None
        if call is None or bridge is None:
            return
        leg = self._phone.dial(self._uri)
        keys: asyncio.Queue[str] = asyncio.Queue()
        leg.on_keys = keys.put_nowait
        taken = False
        try:
            await leg.up.wait()
            taken = leg.answered and await self._decided(call, hand_off, leg, keys)
        finally:
            if not taken:
                await leg.hang_up()
        # What follows outlives the ringing, which the desk ends as soon as it is answered.
        self._later(self._connect(call, hand_off, bridge, leg) if taken else self._decline(hand_off))

    async def _decided(self, call: Call, hand_off: HandOff, leg: SipCall, keys: asyncio.Queue[str]) -> bool:
        """Whether they take it. Putting the receiver down, or nothing at all, is a no."""
        whisper = asyncio.create_task(self._whisper(call, hand_off, leg))
        gone = asyncio.create_task(_gone(leg, keys))
        try:
            async with asyncio.timeout(BRIEF_S + DECIDES_WITHIN_S):
                while (key := await keys.get()) not in (TAKE, LEAVE, GONE):
                    continue
                return key == TAKE
        except TimeoutError:
            return False
        finally:
            for task in (whisper, gone):
                task.cancel()
            await asyncio.gather(whisper, gone, return_exceptions=True)

    async def _whisper(self, call: Call, hand_off: HandOff, leg: SipCall) -> None:
        """What to press, then who calls and why, in the call's language."""
        left = BRIEF_S
        for text in (call.phrase("whisper_keys"), hand_off.brief):
            left -= await self._say(leg, text, call.language, left)

    async def _say(self, leg: SipCall, text: str, language: Language, most_s: float) -> float:
        """Speaks to the leg in real time, at most `most_s`; the seconds that it took."""
        narrow, size = soxr.ResampleStream(self._voice_rate, leg.rate, 1, dtype="int16"), int(leg.rate * FRAME_S)
        sound = [narrow.resample_chunk(np.frombuffer(each, np.int16)) async for each in self._speak(text, language)]
        whole = np.concatenate([np.zeros(0, np.int16), *sound])[: int(most_s * leg.rate)]
        for at in range(0, len(whole), size):
            await leg.send(whole[at : at + size])
        await asyncio.sleep(len(whole) / leg.rate)
        return len(whole) / leg.rate

    async def _decline(self, hand_off: HandOff) -> None:
        with suppress(CallError):
            await self._desk.decline(hand_off.id)

    async def _connect(self, call: Call, hand_off: HandOff, bridge: Bridge, leg: SipCall) -> None:
        """Both are put through to each other until one of them hangs up."""
        try:
            await leg.clear()
            await self._desk.accept(hand_off.id)
            await put_through(call, bridge, leg)
        except CallError:
            pass  # somebody at the desk was faster, or the caller has gone
        finally:
            await leg.hang_up()
            if call.open and call.with_staff:
                await self._desk.hand_back(call)
                await call.speak(call.phrase("receptionist_again"))

    def _later(self, work: object) -> None:
        async def kindly() -> None:
            try:
                await work  # type: ignore[misc]
            except AntesalaError as error:
                _log.error("a hand-off by telephone was not done to its end: %s", type(error).__name__)

        task = asyncio.create_task(kindly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def put_through(call: Call, bridge: Bridge, leg: Wire) -> None:
    """Sound both ways between a caller and a leg, whatever their rates; ends with either."""
    to_leg, to_caller = Rates(bridge.rate, leg.rate), Rates(leg.rate, bridge.rate)
    heard: asyncio.Queue[Pcm] = asyncio.Queue()
    bridge.join(heard.put_nowait)

    async def forward() -> None:
        while True:
            for frame in to_leg(await heard.get()):
                await leg.send(frame)

    forwarding = asyncio.create_task(forward())
    try:
        async with aclosing(leg.frames()) as frames:
            async for pcm in frames:
                if not call.open or not call.with_staff:
                    return
                for frame in to_caller(pcm):
                    await bridge.speak(frame)
    finally:
        bridge.leave(heard.put_nowait)
        forwarding.cancel()
        await asyncio.gather(forwarding, return_exceptions=True)


class Rates:
    """Frames of 20 ms from one rate to another."""

    def __init__(self, given: int, wanted: int):
        self._resample = soxr.ResampleStream(given, wanted, 1, dtype="int16") if given != wanted else None
        self._size = int(wanted * FRAME_S)
        self._rest = np.zeros(0, np.int16)

    def __call__(self, pcm: Pcm) -> list[Pcm]:
        """The frames that are full now."""
        more = self._resample.resample_chunk(pcm) if self._resample else pcm
        self._rest = np.concatenate([self._rest, more])
        whole = len(self._rest) // self._size
        frames = np.split(self._rest[: whole * self._size], whole) if whole else []
        self._rest = self._rest[whole * self._size :]
        return frames


async def _gone(leg: SipCall, keys: asyncio.Queue[str]) -> None:
    """Tells when the leg is over; what it says until then is nobody's."""
    async with aclosing(leg.frames()) as frames:
        async for _ in frames:
            pass
    keys.put_nowait(GONE)
