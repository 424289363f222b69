"""The browser as a telephone: 16 kHz sound both ways on a WebSocket, captions beside it.

Binary messages carry int16 little-endian mono samples at 16 kHz, any length up to MOST_SOUND. Text messages are JSON.
From the page: ``{"type": "start", "ticket": ..., "language"?: "es" | "en"}`` first, then ``{"type": "key", "key":
"1"}``, ``{"type": "mark", "name": ...}``, ``{"type": "hang_up"}``. To the page: ``{"type": "mark", "name": ...}``,
``{"type": "clear"}``, ``{"type": "event", "event": {...}}``, ``{"type": "over", "why": ...}``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from calls.wire import FRAME_S, Arrival, Converse, Pcm
from calls.words import Event, Language
from lines import sockets
from lines.tickets import Tickets

RATE = 16_000
SOCKET_PATH = "/lines/browser"
MOST_SOUND = RATE * 2 * 2
"""Bytes of sound in one message: two seconds."""
CAPTIONS: dict[str, tuple[str, ...]] = {
    "greeted": ("text", "language"),
    "partial": ("text", "language"),
    "heard": ("text", "language"),
    "said": ("id", "text", "language"),
    "played": ("said", "heard_text", "cut_short"),
    "message": (),
    "promise": ("due",),
    "hand_off": ("state",),
    "hung_up": ("by",),
}
"""What the caller may see of their own call, by kind: nothing that is private to the staff."""


class BrowserLine:
    """One call from a page as a Wire."""

    rate = RATE
    marks = True

    def __init__(self, socket: WebSocket):
        self._socket = socket
        self._out: asyncio.Queue[bytes | dict[str, Any] | None] = asyncio.Queue()
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        """20 ms frames until the page hangs up or vanishes, or sends too much nonsense."""
        rest, size, nonsense = np.zeros(0, np.int16), int(RATE * FRAME_S), 0
        try:
            while nonsense <= sockets.NONSENSE_ALLOWED:
                match await sockets.receive(self._socket):
                    case bytes(sound) if len(sound) % 2 == 0 and len(sound) <= MOST_SOUND:
                        rest = np.concatenate([rest, np.frombuffer(sound, "<i2").astype(np.int16)])
                        while len(rest) >= size:
                            yield rest[:size]
                            rest = rest[size:]
                    case {"type": "key", "key": str(key)} if key in sockets.KEYS:
                        self.on_keys(key)
                    case {"type": "mark", "name": str(name)}:
                        self.on_mark(name)
                    case {"type": "hang_up"}:
                        return
                    case _:
                        nonsense += 1
            await sockets.close(self._socket, sockets.UNSUPPORTED)
        except WebSocketDisconnect:
            return

    async def send(self, pcm: Pcm) -> None:
        self._out.put_nowait(pcm.astype("<i2").tobytes())

    async def mark(self, name: str) -> None:
        self._out.put_nowait({"type": "mark", "name": name})

    async def clear(self) -> None:
        self._out.put_nowait({"type": "clear"})

    async def hang_up(self) -> None:
        self._out.put_nowait({"type": "over", "why": "hung_up"})

    def show(self, event: Event) -> None:
        """A caption for the caller."""
        if event.kind in CAPTIONS:
            told = event.as_json()
            shown = {name: told[name] for name in ("seq", "at", "kind", *CAPTIONS[event.kind])}
            self._out.put_nowait({"type": "event", "event": shown})

    async def deliver(self) -> None:
        """Sends what is to be sent, in order, until `end` or the page has gone."""
        while (message := await self._out.get()) is not None:
            try:
                if isinstance(message, bytes):
                    await self._socket.send_bytes(message)
                else:
                    await self._socket.send_text(json.dumps(message, ensure_ascii=False))
            except (WebSocketDisconnect, RuntimeError):  # starlette raises RuntimeError on a closed socket
                return

    def end(self) -> None:
        """Nothing more will be sent."""
        self._out.put_nowait(None)


def router(converse: Converse, tickets: Tickets) -> APIRouter:
    """The door for browsers; every call needs a ticket of its own."""
    doors = APIRouter(tags=["lines"])

    @doors.websocket(SOCKET_PATH)
    async def browser(socket: WebSocket) -> None:
        await socket.accept()
        arrival = _admitted(await sockets.opening(socket), tickets)
        if arrival is None:
            return await sockets.close(socket, sockets.POLICY_VIOLATION)
        line = BrowserLine(socket)
        delivery = asyncio.create_task(line.deliver())
        try:
            code = await sockets.outcome(converse(line, arrival, line.show))
        finally:
            line.end()
            await delivery
        await sockets.close(socket, code)

    return doors


def _admitted(start: dict[str, Any], tickets: Tickets) -> Arrival | None:
    """Whom the `start` message's ticket lets in, in the language of the page; None without such a message or ticket."""
    ticket, language = start.get("ticket"), start.get("language")
    arrival = tickets.redeem(ticket) if start.get("type") == "start" and isinstance(ticket, str) else None
    if arrival and language in get_args(Language):
        return replace(arrival, language=language)
    return arrival
