"""The receptionist's voice on the wire: paced, paused, cut, and with an honest account of what was heard.

Sound goes out in real time with a small lead, so that silence is never more than the lead away. What counts as heard is
what the far end confirmed (`mark`), or where it confirms nothing, what its clock must have played.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import numpy as np
import soxr

from audio.voice import VOICE_RATE
from calls.wire import FRAME_S, Pcm, Wire
from calls.words import Say

LEAD_S = 0.06
"""Sound sent ahead of time, against jitter."""
BACK_UP_S = 0.25
"""After a false interruption speech goes on this much before where it stopped."""
MARK_PATIENCE_S = 2.0
"""A far end that never returns a mark is believed after this long."""


class Clip:
    """The sound of one sentence, perhaps still being made. Samples at the wire's rate."""

    def __init__(self, say: Say, rate: int):
        self.say = say
        self.complete = False
        self.failed = False
        self._rate = rate
        self._resample = soxr.ResampleStream(VOICE_RATE, rate, 1, dtype="int16", quality="HQ")
        self._sound = np.zeros(0, np.int16)
        self.grew = asyncio.Event()

    def add(self, chunk: bytes) -> None:
        """More of it: int16 mono at VOICE_RATE."""
        self._append(self._resample.resample_chunk(np.frombuffer(chunk, np.int16)))

    def finish(self) -> None:
        """That was all."""
        self._append(self._resample.resample_chunk(np.zeros(0, np.int16), last=True))
        self.complete = True

    def _append(self, sound: Pcm) -> None:
        self._sound = np.concatenate([self._sound, sound])
        self.grew.set()

    def frame(self, at: int, size: int) -> Pcm | None:
        """Samples `at` to `at + size`; None while they are not made yet or when there are no more."""
        piece = self._sound[at : at + size]
        if len(piece) == size:
            return piece
        return np.pad(piece, (0, size - len(piece))) if self.complete and len(piece) else None

    def heard_of(self, samples: int) -> str:
        """The words that stand in the first `samples`, cut at a word."""
        total = (
            max(len(self._sound), int(len(self.say.text) * 0.06 * self._rate))
            if not self.complete
            else len(self._sound)
        )
        if samples >= total > 0:
            return self.say.text
        reached = int(len(self.say.text) * samples / max(total, 1))
        return self.say.text[:reached].rsplit(" ", 1)[0].strip() if reached else ""

    @property
    def samples(self) -> int:
        return len(self._sound)


class Mouth:
    """Plays clips one after another while `run` runs; tells `played` of each when it has been heard or was cut."""

    def __init__(self, wire: Wire, played: Callable[[Say, str, bool], Awaitable[None]]):
        self._wire = wire
        self._played = played
        self._queue: deque[Clip] = deque()
        self._at = 0
        self._sent: deque[Clip] = deque()
        """Fully sent, not yet known to be heard."""
        self._marks: dict[str, asyncio.Event] = {}
        self._wake = asyncio.Event()
        self._paused = False
        self._accounts: set[asyncio.Task[None]] = set()
        self.last_sound = -10.0
        """Loop time when the caller last heard something of us."""
        wire.on_mark = self._marked

    def say(self, clip: Clip) -> None:
        """Speaks `clip` after what is already queued."""
        self._queue.append(clip)
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Something is being said, or waits to be said."""
        return bool(self._queue or self._sent)

    @property
    def speaking(self) -> bool:
        """Sound is reaching the caller now."""
        return (bool(self._queue) and self._at > 0) or bool(self._sent)

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def nearly_done(self) -> bool:
        """The last sentence in hand is all but heard."""
        if not self._queue:
            return True
        return len(self._queue) == 1 and self._queue[0].complete and self._at >= 0.8 * self._queue[0].samples

    async def pause(self) -> None:
        """Falls silent at once; `resume` goes on, `cut` forgets the rest."""
        if self._paused:
            return
        self._paused = True
        if not self._sent:
            self._at = max(0, self._at - int(LEAD_S * self._wire.rate)) if self._queue else 0
        await self._wire.clear()

    async def resume(self) -> None:
        """It was nothing: speech goes on a little before where it stopped."""
        if self._paused:
            self._paused = False
            self._at = max(0, self._at - int(BACK_UP_S * self._wire.rate))
            self._wake.set()

    async def cut(self) -> None:
        """The caller has the floor: the rest is dropped, and what was heard of it is accounted for."""
        self._paused = False
        dropped, self._queue = list(self._queue), deque()
        at, self._at = self._at, 0
        for n, clip in enumerate(dropped):
            await self._played(clip.say, clip.heard_of(at) if n == 0 else "", True)
        if dropped:
            await self._wire.clear()

    async def run(self) -> None:
        """Paces the sound until cancelled."""
        loop, size = asyncio.get_running_loop(), int(FRAME_S * self._wire.rate)
        due = loop.time()
        while True:
            frame = await self._next_frame(size)
            due = max(due, loop.time() - LEAD_S)
            if (ahead := due - loop.time()) > 0:
                await asyncio.sleep(ahead)
                if self._paused or not self._queue:
                    continue
            due += FRAME_S
            self._at += size
            await self._wire.send(frame)
            self.last_sound = loop.time() + LEAD_S
            if self._queue and self._queue[0].complete and self._at >= self._queue[0].samples:
                await self._sent_all()

    async def _next_frame(self, size: int) -> Pcm:
        """The next 20 ms to send, once there is one."""
        while True:
            if self._queue and not self._paused:
                clip = self._queue[0]
                frame = clip.frame(self._at, size)
                if frame is not None:
                    return frame
                if clip.complete:
                    await self._sent_all()
                    continue
                clip.grew.clear()
                await clip.grew.wait()
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _sent_all(self) -> None:
        clip = self._queue.popleft()
        self._at = 0
        self._sent.append(clip)
        self._marks[clip.say.id] = asyncio.Event()
        await self._wire.mark(clip.say.id)
        account = asyncio.create_task(self._account(clip))
        self._accounts.add(account)
        account.add_done_callback(self._accounts.discard)

    async def _account(self, clip: Clip) -> None:
        """Waits until `clip` has been heard, then says so."""
        mark = self._marks[clip.say.id]
        if self._wire.marks:
            try:
                async with asyncio.timeout(LEAD_S + MARK_PATIENCE_S):
                    await mark.wait()
            except TimeoutError:
                mark.set()
        else:
            await asyncio.sleep(LEAD_S)
        self._marks.pop(clip.say.id, None)
        if clip in self._sent:
            self._sent.remove(clip)
        self.last_sound = asyncio.get_running_loop().time()
        await self._played(clip.say, clip.say.text, False)

    def _marked(self, name: str) -> None:
        if mark := self._marks.get(name):
            mark.set()

    async def close(self) -> None:
        """The caller has gone: what was still to be heard was not."""
        await self.cut()
        while self._accounts:
            for mark in self._marks.values():
                mark.set()
            await asyncio.gather(*self._accounts)
