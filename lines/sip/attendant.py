"""A hand-off on the assistant's own telephone: it rings, the brief is whispered, a key decides.

Whoever picks up hears who calls and why, and then takes the call or leaves it: with the keys 1 and 2, or by saying so.
An answering machine gives itself away by its beep, or says and presses nothing. What becomes of the hand-off is decided
at the desk alone; here it is asked and then done.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Protocol

import numpy as np
import soxr

from calls.bridge import Bridge
from calls.call import Call
from calls.desk import Desk
from calls.errors import AntesalaError, CallError
from calls.wire import FRAME_S, Pcm, Wire
from calls.words import CallRow, HandOff, Language, Sentence
from lines.sip.line import SipCall
from lines.tones import Beep

BRIEF_S = 10.0
"""The whisper is no longer than this."""
DECIDES_WITHIN_S = 8.0
"""After the brief: whoever has pressed nothing by then is a machine, or has put the receiver down beside the phone."""
TAKE, LEAVE = "1", "2"
GONE = "gone"
"""What stands for a key when the receiver is put down."""

_log = logging.getLogger(__name__)

_TAKES = re.compile(
    r"\bp[aá]s[ea]me(?:l[ao])?\b|\bl[ao] (?:cojo|tomo|atiendo)\b|\bme pongo\b"
    r"|\bput (?:them|him|her|it) through\b|\bI'?ll take (?:it|the call|this)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"\W*(?:s[ií]|vale|claro|de acuerdo|adelante|ok(?:ay)?|yes|yeah|sure|go ahead)\b", re.IGNORECASE)
_NO = re.compile(r"^\W*no\b|\b(?:ahora no|no puedo|not now|I can'?t)\b", re.IGNORECASE)
MOST_WORDS = 8
"""Longer speech is not meant for us."""

Hear = Callable[[Call, int, AsyncIterator[Pcm]], AsyncGenerator[Sentence]]
"""(call, rate, what somebody says) -> their sentences in words."""
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
        hear: Hear | None = None,
    ):
        self._hear = hear
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
        gone = asyncio.create_task(self._listen(call, leg, keys, whisper))
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

    async def _listen(self, call: Call, leg: SipCall, keys: asyncio.Queue[str], whisper: asyncio.Task[None]) -> None:
        """Puts what they say, a machine's beep, and that they are gone, as the keys that it amounts to."""
        beep = Beep(leg.rate)

        async def frames() -> AsyncGenerator[Pcm]:
            async with aclosing(leg.frames()) as sound:
                async for pcm in sound:
                    if beep.feed(pcm):
                        keys.put_nowait(LEAVE)
                    yield pcm

        async with aclosing(frames()) as sound:
            if self._hear is None:
                async for _ in sound:
                    pass
            else:
                async with aclosing(self._hear(call, leg.rate, sound)) as sentences:
                    async for sentence in sentences:
                        keys.put_nowait(spoken_key(sentence.text, whisper.done()))
        keys.put_nowait(GONE)

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


def spoken_key(text: str, asked: bool) -> str:
    """The key that somebody means who says `text`; `asked`: they have heard the whole question. "" for neither.

    A yes before that is how people answer the telephone.
    """
    if len(text.split()) > MOST_WORDS:
        return ""
    if _NO.search(text):
        return LEAVE
    return TAKE if _TAKES.search(text) or (asked and _YES.match(text)) else ""
