"""An outside caller on a media stream: speaks recorded speech in real time and notes when it hears what.

Written from Twilio's protocol page alone; shares no code with the line that it calls.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

RATE, FRAME_S, FRAME = 8000, 0.02, 160
SILENT = 200
"""A frame whose largest sample stays below this (about -44 dBFS) is silence."""

_EXPONENT = np.array([0, 132, 396, 924, 1980, 4092, 8316, 16764])


def to_ulaw(pcm: NDArray[np.int16]) -> bytes:
    """int16 -> µ-law (ITU-T G.711)."""
    size = np.minimum(np.abs(pcm.astype(np.int32)), 32635) + 132
    segment = np.maximum(0, np.frexp(size.astype(np.float64))[1] - 8)
    mantissa = (size >> (segment + 3)) & 15
    coded: NDArray[np.uint8] = (~(np.where(pcm < 0, 0x80, 0) | (segment << 4) | mantissa) & 0xFF).astype(np.uint8)
    return coded.tobytes()


def from_ulaw(coded: bytes) -> NDArray[np.int16]:
    """µ-law -> int16."""
    code = ~np.frombuffer(coded, np.uint8).astype(np.int32) & 0xFF
    size = _EXPONENT[(code >> 4) & 7] + ((code & 15) << (((code >> 4) & 7) + 3))
    pcm: NDArray[np.int16] = np.where(code & 0x80, -size, size).astype(np.int16)
    return pcm


@dataclass
class MediaCaller:
    """One call. `heard` holds (loop time at which it is played, whether it is a voice) of each 20 ms received."""

    socket: ClientConnection
    sid: str = field(default_factory=lambda: "MZ" + uuid4().hex)
    heard: list[tuple[float, bool]] = field(default_factory=list)
    sound: list[NDArray[np.int16]] = field(default_factory=list)
    _out: list[NDArray[np.int16]] = field(default_factory=list)
    _play_until: float = 0.0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def call(cls, base: str, number: str = "+34600999888") -> MediaCaller:
        """Rings at `base` (http://host:port) like a carrier: the webhook first, then its stream."""
        call_sid = "CA" + uuid4().hex
        async with httpx.AsyncClient() as web:
            form = {"CallSid": call_sid, "From": number, "To": "+34910000000"}
            twiml = (await web.post(f"{base}/lines/twilio/voice", data=form)).raise_for_status().text
        url, token = re.search(r'url="([^"]+)"', twiml), re.search(r'value="([^"]+)"', twiml)
        assert url and token, twiml
        caller = cls(await connect(url[1], max_size=None))
        start = {"streamSid": caller.sid, "callSid": call_sid, "customParameters": {"token": token[1]}}
        await caller._send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await caller._send({"event": "start", "streamSid": caller.sid, "start": start})
        caller._tasks = [asyncio.create_task(caller._speak()), asyncio.create_task(caller._listen())]
        return caller

    async def say(self, pcm: NDArray[np.int16]) -> float:
        """Speaks 8 kHz `pcm`; returns at once with the loop time at which its first sample goes out."""
        queued = len(self._out) * FRAME_S
        padded = np.pad(pcm, (0, -len(pcm) % FRAME))
        self._out += list(padded.reshape(-1, FRAME))
        return asyncio.get_running_loop().time() + queued

    async def quiet(self, seconds: float = 0.7, most: float = 30.0) -> None:
        """Waits until nothing has been heard for `seconds`, or the call is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + most
        while loop.time() < until and not self.over.is_set():
            last = max((at for at, voice in self.heard if voice), default=0.0)
            if self.heard and loop.time() - last > seconds:
                return
            await asyncio.sleep(0.05)

    async def first_voice_after(self, when: float, most: float = 10.0) -> float | None:
        """Loop time of the first voice heard after `when`; None when there was none in `most` seconds."""
        loop = asyncio.get_running_loop()
        while loop.time() < when + most and not self.over.is_set():
            if found := next((at for at, voice in self.heard if voice and at >= when), None):
                return found
            await asyncio.sleep(0.005)
        return None

    async def hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(ConnectionClosed):
            await self._send({"event": "stop", "streamSid": self.sid})
        await self.socket.close()

    async def _speak(self) -> None:
        """Real time: a frame every 20 ms, silence where there is nothing to say."""
        loop, silence, n = asyncio.get_running_loop(), np.zeros(FRAME, np.int16), 0
        began = loop.time()
        with suppress(ConnectionClosed):
            while True:
                frame = self._out.pop(0) if self._out else silence
                payload = base64.b64encode(to_ulaw(frame)).decode()
                await self._send({"event": "media", "streamSid": self.sid, "media": {"payload": payload}})
                n += 1
                await asyncio.sleep(max(0.0, began + n * FRAME_S - loop.time()))

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionClosed):
            async for text in self.socket:
                message = json.loads(text)
                match message["event"]:
                    case "media":
                        self._play(from_ulaw(base64.b64decode(message["media"]["payload"])), loop.time())
                    case "clear":
                        self.heard = [each for each in self.heard if each[0] <= loop.time()]
                        self._play_until = loop.time()
                    case "mark":
                        loop.call_at(max(loop.time(), self._play_until), self._echo, message["mark"]["name"])
        self.over.set()

    def _play(self, pcm: NDArray[np.int16], now: float) -> None:
        self.sound.append(pcm)
        for at in range(0, len(pcm), FRAME):
            starts = max(now, self._play_until)
            self.heard.append((starts, int(np.abs(pcm[at : at + FRAME]).max()) > SILENT))
            self._play_until = starts + FRAME_S

    def _echo(self, name: str) -> None:
        self._tasks.append(asyncio.create_task(self._returned(name)))

    async def _returned(self, name: str) -> None:
        with suppress(ConnectionClosed):
            await self._send({"event": "mark", "streamSid": self.sid, "mark": {"name": name}})

    async def _send(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))
