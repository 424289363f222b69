"""A caller by SIP with the manners of `media_caller.MediaCaller`: speaks in real time, notes when it hears what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from calls.wire import FRAME_S, Pcm
from evals.lines_peer import SipPeer, ringing_sip
from evals.media_caller import FRAME, SILENT
from lines import g711

ANSWERED_WITHIN_S = 20.0


@dataclass
class SipCaller:
    """One call that is up. Times are the event loop's."""

    peer: SipPeer
    _out: list[Pcm] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def call(cls, port: int, number: str) -> AsyncGenerator[SipCaller]:
        """Rings the telephone at `port` of this machine; puts the receiver down in the end."""
        async with ringing_sip(port, caller=f"sip:{number}@127.0.0.1") as peer:
            if (status := await peer.final(ANSWERED_WITHIN_S)) != 200:
                raise ConnectionError(f"the call was answered with {status}")
            caller = cls(peer)
            speaking = asyncio.create_task(caller._speak())
            try:
                yield caller
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)

    @property
    def heard(self) -> list[tuple[float, bool]]:
        """When each packet came, and whether there was a voice in it."""
        late = asyncio.get_running_loop().time() - time.time()
        return [(at + late, int(np.abs(g711.decode(sound)).max()) > SILENT) for at, sound in self.peer.heard]

    async def say(self, pcm: Pcm) -> float:
        """Speaks; returns at once with the time at which its first sample goes out."""
        queued = len(self._out) * FRAME_S
        self._out += list(np.pad(pcm, (0, -len(pcm) % FRAME)).reshape(-1, FRAME))
        return asyncio.get_running_loop().time() + queued

    async def quiet(self, seconds: float = 0.7, most: float = 30.0) -> None:
        """Waits until nothing has been heard for `seconds`, or the call is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + most
        while loop.time() < until and not self.peer.over.is_set():
            voices = [at for at, voice in self.heard if voice]
            if voices and loop.time() - voices[-1] > seconds:
                return
            await asyncio.sleep(0.05)

    async def first_voice_after(self, when: float, most: float = 10.0) -> float | None:
        """When the first voice after `when` was heard; None when there was none in `most` seconds."""
        loop = asyncio.get_running_loop()
        while loop.time() < when + most and not self.peer.over.is_set():
            if found := next((at for at, voice in self.heard if voice and at >= when), None):
                return found
            await asyncio.sleep(0.02)
        return None

    async def _speak(self) -> None:
        """A packet every 20 ms, silence where there is nothing to say."""
        loop, silence, n = asyncio.get_running_loop(), np.zeros(FRAME, np.int16), 0
        began = loop.time()
        while True:
            await self.peer.say(self._out.pop(0) if self._out else silence, paced=False)
            n += 1
            await asyncio.sleep(max(0.0, began + n * FRAME_S - loop.time()))
