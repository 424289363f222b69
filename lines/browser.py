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
from contextlib import suppress
from typing import Any, get_args

import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from calls.switchboard import AllBusy
from calls.wire import FRAME_S, Arrival, Converse, Pcm
from calls.words import Event, Language
from lines.tickets import Tickets

RATE = 16_000
SOCKET_PATH = "/lines/browser"
MOST_SOUND = RATE * 2 * 2
"""Bytes of sound in one message: two seconds."""
START_WITHIN_S = 10.0
NONSENSE_ALLOWED = 20
CAPTIONS = frozenset({"greeted", "partial", "heard", "said", "played", "hand_off", "message", "promise", "hung_up"})
"""What the caller may see of their own call: nothing that is private to the staff."""
_PRIVATE = ("brief",)

POLICY_VIOLATION, TRY_AGAIN_LATER, UNSUPPORTED = 1008, 1013, 1003


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
        rest, size, nonsense = np.zeros(0, np.int16), int(RATE * FRAME_S), 0
        try:
            while nonsense <= NONSENSE_ALLOWED:
                received = await self._socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                if (sound := received.get("bytes")) is not None:
                    if len(sound) % 2 or len(sound) > MOST_SOUND:
                        nonsense += 1
                        continue
                    rest = np.concatenate([rest, np.frombuffer(sound, np.int16)])
                    while len(rest) >= size:
                        yield rest[:size]
                        rest = rest[size:]
                    continue
                match read(received.get("text")):
                    case {"type": "key", "key": str(key)} if len(key) == 1 and key in "0123456789*#":
                        self.on_keys(key)
                    case {"type": "mark", "name": str(name)}:
                        self.on_mark(name)
                    case {"type": "hang_up"}:
                        return
                    case _:
                        nonsense += 1
        except WebSocketDisconnect:
            return

    async def send(self, pcm: Pcm) -> None:
        self._out.put_nowait(pcm.tobytes())

    async def mark(self, name: str) -> None:
        self._out.put_nowait({"type": "mark", "name": name})

    async def clear(self) -> None:
        self._out.put_nowait({"type": "clear"})

    async def hang_up(self) -> None:
        self._out.put_nowait({"type": "over", "why": "hung_up"})

    def show(self, event: Event) -> None:
        """A caption for the caller."""
        if event.kind in CAPTIONS:
            shown = {name: value for name, value in event.as_json().items() if name not in _PRIVATE}
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
        arrival = await _admitted(socket, tickets)
        if arrival is None:
            return await _close(socket, POLICY_VIOLATION)
        line = BrowserLine(socket)
        delivery = asyncio.create_task(line.deliver())
        try:
            await converse(line, arrival, line.show)
            code = 1000
        except AllBusy:
            code = TRY_AGAIN_LATER
        finally:
            line.end()
            await delivery
        await _close(socket, code)

    return doors


async def _admitted(socket: WebSocket, tickets: Tickets) -> Arrival | None:
    """Whom the `start` message's ticket lets in; None when there is no such message in time, or no such ticket."""
    try:
        async with asyncio.timeout(START_WITHIN_S):
            start = read((await socket.receive()).get("text"))
    except (TimeoutError, WebSocketDisconnect):
        return None
    ticket, language = start.get("ticket"), start.get("language")
    arrival = tickets.redeem(ticket) if start.get("type") == "start" and isinstance(ticket, str) else None
    if arrival and language in get_args(Language):
        return Arrival(arrival.line, arrival.number, arrival.ref, language)
    return arrival


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # it is closed already
        await socket.close(code)


def read(text: str | None) -> dict[str, Any]:
    """A text message as a dict; empty for anything that is not a JSON object."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
