"""What the carriers share: a call that comes by a webhook and goes on as JSON messages on a WebSocket.

The carrier asks the webhook what to do with a call and is told to connect it to the media door. A stream's address
takes no query, so the ticket that says which call it is travels as a parameter. Sound is µ-law, 8 kHz mono in base64.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from starlette.datastructures import FormData

from calls.wire import FRAME_S, Arrival, Converse, Pcm
from calls.words import Language
from lines import g711, sockets
from lines.numbers import number_of, proof_of
from lines.tickets import Tickets

RATE = 8000
SPOKEN: dict[Language, str] = {"es": "es-ES", "en": "en-GB"}
"""The accents of the carriers' own voices."""
MOST_SOUND = RATE * 10
"""Bytes of sound that one message may carry."""
_log = logging.getLogger(__name__)

Message = dict[str, Any]
Busy = Callable[[Arrival], tuple[str, Language] | None]
"""What a caller is told in which language when every line is taken; None while one is free."""
Signed = Callable[[Request, str, FormData], Awaitable[bool]]
"""Whether the carrier signed this request, made to that URL, with that form."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of one carrier's stream. What is sent is made of them; what comes is read by them."""

    play: Callable[[str, str], Message]
    """(stream, base64 sound) -> the message that plays it."""
    mark: Callable[[str, str], Message]
    """(stream, name) -> the message that asks for that mark."""
    clear: Callable[[str], Message]
    """stream -> the message that forgets what was not yet played."""
    marked: tuple[str, tuple[str, ...]]
    """The event that brings a mark back, and where its name stands."""
    idle: frozenset[str] = frozenset({"connected", "start"})
    """Events that mean nothing to us."""


class MediaStream:
    """One media stream as a Wire."""

    rate = RATE
    marks = True

    def __init__(self, socket: WebSocket, stream: str, dialect: Dialect):
        self._socket, self._stream, self._dialect = socket, stream, dialect
        self._sending = asyncio.Lock()
        self._gone = False
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        """20 ms frames until the caller stops or vanishes, or sends too much nonsense."""
        nonsense, rest = 0, np.zeros(0, np.int16)
        size = int(RATE * FRAME_S)
        try:
            while nonsense <= sockets.NONSENSE_ALLOWED:
                received = await sockets.receive(self._socket)
                message = received if isinstance(received, dict) else {}
                if message.get("event") == "stop":
                    return
                if message.get("event") == "media" and (sound := _sound_of(message)) is not None:
                    rest = np.concatenate([rest, sound])
                    while len(rest) >= size:
                        yield rest[:size]
                        rest = rest[size:]
                elif not self._heeded(message):
                    nonsense += 1
            _log.warning("media stream %s: closed, its messages are not those of a media stream", self._stream)
            await self._close(sockets.UNSUPPORTED)
        except WebSocketDisconnect:
            return
        finally:
            self._gone = True

    def _heeded(self, message: Message) -> bool:
        """Whether a message without sound meant something."""
        event, (marked, path) = message.get("event"), self._dialect.marked
        if event == marked and isinstance(name := field(message, *path), str):
            self.on_mark(name)
            return True
        if event == "dtmf" and isinstance(digit := field(message, "dtmf", "digit"), str):
            if digit in sockets.KEYS:
                self.on_keys(digit)
            return True
        return isinstance(event, str) and event in self._dialect.idle

    async def send(self, pcm: Pcm) -> None:
        await self._send(self._dialect.play(self._stream, base64.b64encode(g711.encode(pcm)).decode()))

    async def mark(self, name: str) -> None:
        await self._send(self._dialect.mark(self._stream, name))

    async def clear(self) -> None:
        await self._send(self._dialect.clear(self._stream))

    async def hang_up(self) -> None:
        await self._close(sockets.DONE)

    async def _send(self, message: Message) -> None:
        if self._gone:
            return
        async with self._sending:
            try:
                await self._socket.send_text(json.dumps(message))
            except (WebSocketDisconnect, RuntimeError):  # starlette raises RuntimeError on a closed socket
                self._gone = True

    async def _close(self, code: int) -> None:
        if not self._gone:
            self._gone = True
            await sockets.close(self._socket, code)


def speaking(verb: str) -> Callable[[str, Language], str]:
    """(text, language) -> XML that says it in the carrier's own voice and hangs up; `verb`: their word for saying."""

    def answer(text: str, language: Language) -> str:
        say = f'<{verb} language="{SPOKEN[language]}">{escape(text)}</{verb}>'
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{say}<Hangup/></Response>'

    return answer


@dataclass(frozen=True, slots=True)
class Carrier:
    """How one carrier differs from the others."""

    name: str
    call: str
    """The form's field with the carrier's own id of the call."""
    dialect: Dialect
    connect: Callable[[str, str], str]
    """(address of the stream, ticket) -> the answer that connects the call to it."""
    speak: Callable[[str, Language], str]
    """(text, language) -> the answer that says it in the carrier's own voice and hangs up."""
    opening: Callable[[Message], tuple[Any, Any, Any]]
    """`start` message -> (stream, the carrier's id of the call, ticket), each whatever stands there."""
    numbered: Callable[[str], str | None] = number_of
    """The caller's number, of how the carrier writes it."""


def doors(
    carrier: Carrier,
    converse: Converse,
    tickets: Tickets,
    signed: Signed | None,
    public_url: str | None = None,
    busy: Busy = lambda arrival: None,
) -> APIRouter:
    """The webhook and the media door. Without `signed` requests are taken from loopback only."""
    router = APIRouter(tags=["lines"])
    voice_path, media_path = f"/lines/{carrier.name}/voice", f"/lines/{carrier.name}/media"

    @router.post(voice_path, summary=f"{carrier.name.title()} asks what to do with a call: connect it to the stream")
    async def voice(request: Request) -> Response:
        await request.body()  # kept by it, for who signs the body as it came
        form = await request.form()
        if not all(isinstance(value, str) for value in form.values()):
            return Response(status_code=400)
        if not (await signed(request, called_url(request, public_url), form) if signed else from_here(request.client)):
            return Response(status_code=403)
        number, ref = carrier.numbered(str(form.get("From", ""))), str(form.get(carrier.call, "")) or None
        proof = proof_of(number, str(form.get("StirVerstat", "")))
        diverted = carrier.numbered(str(form.get("ForwardedFrom", "")))
        arrival = Arrival(carrier.name, number if proof != "false" else None, ref, proof=proof, diverted=diverted)
        if regrets := busy(arrival):
            return Response(carrier.speak(*regrets), media_type="application/xml")
        answer = carrier.connect(_media_url(request, public_url) + media_path, tickets.issue(arrival))
        return Response(answer, media_type="application/xml")

    @router.websocket(media_path)
    async def media(socket: WebSocket) -> None:
        await socket.accept()
        start = await _started(socket)
        stream, ref, ticket = carrier.opening(start)
        trusted = bool(start) and signed is None and from_here(socket.client)
        arrival = _admitted(ref, ticket, trusted)
        if arrival is None or not isinstance(stream, str):
            return await sockets.close(socket, sockets.POLICY_VIOLATION)
        code = await sockets.outcome(converse(MediaStream(socket, stream, carrier.dialect), arrival))
        await sockets.close(socket, code)

    def _admitted(ref: Any, ticket: Any, trusted: bool) -> Arrival | None:
        """Whom the ticket was issued for, if it is for this very call; a `trusted` far end needs no ticket."""
        if ticket is None:
            return Arrival(carrier.name, None, ref if isinstance(ref, str) else None) if trusted else None
        arrival = tickets.redeem(ticket) if isinstance(ticket, str) else None
        return arrival if arrival and arrival.ref in (None, ref) else None

    return router


def called_url(request: Request, public_url: str | None) -> str:
    """The URL that the carrier called, which behind a proxy is not the one that reached us."""
    url = f"{public_url or str(request.base_url).rstrip('/')}{request.url.path}"
    return f"{url}?{request.url.query}" if request.url.query else url


def field(message: Message, *path: str) -> Any:
    """What stands at `path`; None where there is nothing."""
    value: Any = message
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def from_here(client: Any) -> bool:
    """Whether the far end is on this machine."""
    try:
        return client is not None and ip_address(client.host).is_loopback
    except ValueError:
        return False


async def _started(socket: WebSocket) -> Message:
    """The `start` message, which `connected` may precede; empty when something else comes, or nothing in time."""
    message = await sockets.opening(socket)
    if message.get("event") == "connected":
        message = await sockets.opening(socket)
    return message if message.get("event") == "start" else {}


def _sound_of(message: Message) -> Pcm | None:
    """The samples of a media message (none for our own track); None when it has no sound that can be read."""
    if field(message, "media", "track") not in (None, "inbound"):
        return np.zeros(0, np.int16)
    payload = field(message, "media", "payload")
    if not isinstance(payload, str) or len(payload) > MOST_SOUND * 4 // 3 + 4:
        return None
    try:
        return g711.decode(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return None


def _media_url(request: Request, public_url: str | None) -> str:
    base = public_url or f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    return base.replace("http", "ws", 1)
