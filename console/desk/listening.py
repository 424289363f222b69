"""Staff listen in on a call: both sides in one sound, heard by the caller as nothing, but not without their knowing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import numpy as np
import soxr
from fastapi import WebSocket, WebSocketDisconnect

from calls.bridge import Bridge
from calls.call import Call
from calls.errors import CallError
from calls.wire import Pcm
from calls.words import Staff

MOST_AHEAD_S = 5.0
"""Of what was sent to the caller and not yet played."""
MOST_MESSAGES = 500


class NobodyListens(CallError):
    """The office does not let staff listen in, or there is nothing to hear."""


async def may_listen(call: Call, bridge: Bridge | None, by: str) -> None:
    """Notes that `by` listens; the caller is told if they have not heard yet that somebody may.

    Raises NobodyListens, CallClosed, EngineError.
    """
    if call.office.knowledge.policy.listening == "off":
        raise NobodyListens("This office lets nobody listen in. The voice policy says so, under listening.")
    if bridge is None:
        raise NobodyListens("This call is in writing: there is nothing to hear.")
    notice = call.phrase("staff_listening")
    heard = " ".join(line.text for line in call.transcript() if line.who == "receptionist")
    if notice not in heard:
        await call.speak(notice)
    await call.note(Staff("listen", by))


class Listener:
    """One person who listens; a `calls.bridge.Tap`. The caller's frames set the pace, ours are laid over them."""

    def __init__(self, socket: WebSocket, rate: int):
        self._socket, self._rate = socket, rate
        self._out: asyncio.Queue[bytes] = asyncio.Queue(MOST_MESSAGES)
        self._ahead = np.zeros(0, np.int16)
        self._wide: soxr.ResampleStream
        self._most = 0

    async def hear(self, bridge: Bridge | None) -> None:
        """Until the page goes. `bridge` is None when the call has just ended."""
        if bridge is None:
            return await self._socket.close()
        self._wide = soxr.ResampleStream(bridge.rate, self._rate, 1, dtype="int16", quality="QQ")
        self._most = int(bridge.rate * MOST_AHEAD_S)
        delivering = asyncio.create_task(self._deliver())
        bridge.taps.append(self)
        try:
            with suppress(RuntimeError):  # starlette's, on a closed socket
                while (await self._socket.receive())["type"] != "websocket.disconnect":
                    pass
        finally:
            bridge.taps.remove(self)
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    def caller(self, pcm: Pcm) -> None:
        ours, self._ahead = self._ahead[: len(pcm)], self._ahead[len(pcm) :]
        both = pcm.astype(np.int32)
        both[: len(ours)] += ours
        sound = self._wide.resample_chunk(np.clip(both, -32768, 32767).astype(np.int16))
        if not len(sound):
            return
        if self._out.full():
            self._out.get_nowait()
        self._out.put_nowait(sound.astype("<i2").tobytes())

    def house(self, pcm: Pcm) -> None:
        self._ahead = np.concatenate([self._ahead, pcm])[-self._most :]

    def clear(self) -> None:
        self._ahead = self._ahead[:0]

    async def _deliver(self) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            while True:
                await self._socket.send_bytes(await self._out.get())
