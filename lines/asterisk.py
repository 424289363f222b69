"""Asterisk's WebSocket channel (chan_websocket; Asterisk 20.16, 21.11, 22.6, 23 and later).

https://docs.asterisk.org/Configuration/Channel-Drivers/WebSocket/: binary messages are sound in the channel's format,
text messages are commands and events in plain text. Asterisk paces what it is sent and forgets it on FLUSH_MEDIA. The
dialplan adds ``number``, ``ref`` and ``token`` to the address (``Dial(WebSocket/antesala/c(slin16)v(number=...))``).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import AsyncGenerator, Callable

import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from calls.wire import FRAME_S, Arrival, Converse, Pcm
from lines import g711, sockets
from lines.media import from_here
from lines.numbers import dialled_number

MEDIA_PATH = "/lines/asterisk/media"
FORMATS = {"ulaw": 8000, "slin": 8000, "slin16": 16_000}
"""The formats that can be spoken, and their rates."""


class AsteriskChannel:
    """One channel as a Wire. Its sound begins with the MEDIA_START event."""

    marks = False

    def __init__(self, socket: WebSocket, coding: str):
        self._socket, self._coding = socket, coding
        self.rate = FORMATS[coding]
        self._gone = False
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        """20 ms frames until the caller has gone."""
        rest, size = np.zeros(0, np.int16), int(self.rate * FRAME_S)
        try:
            while True:
                match await _received(self._socket):
                    case bytes(sound) if self._coding == "ulaw" or len(sound) % 2 == 0:
                        rest = np.concatenate([rest, self._decoded(sound)])
                        while len(rest) >= size:
                            yield rest[:size]
                            rest = rest[size:]
                    case str(event):
                        said = re.match(r"DTMF_END digit:(.)", event)
                        if said and said[1] in sockets.KEYS:
                            self.on_keys(said[1])
        except WebSocketDisconnect:
            return
        finally:
            self._gone = True

    def _decoded(self, sound: bytes) -> Pcm:
        return g711.decode(sound) if self._coding == "ulaw" else np.frombuffer(sound, "<i2").astype(np.int16)

    async def send(self, pcm: Pcm) -> None:
        await self._send(g711.encode(pcm) if self._coding == "ulaw" else pcm.astype("<i2").tobytes())

    async def mark(self, name: str) -> None:
        """Not every release returns marks; the clock is believed."""

    async def clear(self) -> None:
        await self._send("FLUSH_MEDIA")

    async def hang_up(self) -> None:
        await self._send("HANGUP")
        if not self._gone:
            self._gone = True
            await sockets.close(self._socket, sockets.DONE)

    async def _send(self, what: str | bytes) -> None:
        if self._gone:
            return
        try:
            if isinstance(what, bytes):
                await self._socket.send_bytes(what)
            else:
                await self._socket.send_text(what)
        except (WebSocketDisconnect, RuntimeError):  # starlette raises RuntimeError on a closed socket
            self._gone = True


def router(converse: Converse, token: str | None = None) -> APIRouter:
    """The door for Asterisk: from this machine, or with `token` in the address."""
    doors = APIRouter(tags=["lines"])

    @doors.websocket(MEDIA_PATH)
    async def media(socket: WebSocket) -> None:
        query = socket.query_params
        known = token is not None and hmac.compare_digest(query.get("token", "").encode(), token.encode())
        await socket.accept("media" if "media" in socket.scope.get("subprotocols", ()) else None)
        if not (known if token else from_here(socket.client)):
            return await sockets.close(socket, sockets.POLICY_VIOLATION)
        coding = await _coding(socket)
        if coding is None:
            return await sockets.close(socket, sockets.UNSUPPORTED)
        arrival = Arrival("asterisk", dialled_number(query.get("number", "")), query.get("ref"))
        code = await sockets.outcome(converse(AsteriskChannel(socket, coding), arrival))
        await sockets.close(socket, code)

    return doors


async def _received(socket: WebSocket) -> str | bytes:
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1006))
    binary: bytes | None = received.get("bytes")
    return binary if binary is not None else str(received.get("text") or "")


async def _coding(socket: WebSocket) -> str | None:
    """The format that MEDIA_START names; None when something else comes, or one that is not spoken here."""
    try:
        event = await _received(socket)
    except WebSocketDisconnect:
        return None
    named = re.search(r"^MEDIA_START .*\bformat:(\w+)", event) if isinstance(event, str) else None
    return named[1] if named and named[1] in FORMATS else None
