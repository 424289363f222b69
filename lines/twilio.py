"""Twilio: the voice webhook and Media Streams.

https://www.twilio.com/docs/voice/media-streams/websocket-messages: JSON text messages; µ-law 8 kHz mono in base64; the
server may send media, mark and clear. A stream URL takes no query, so the ticket travels as a <Parameter>.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import AsyncGenerator, Callable
from ipaddress import ip_address
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from calls.wire import FRAME_S, Arrival, Converse, Pcm
from calls.words import Language
from lines import g711, sockets
from lines.numbers import number_of
from lines.tickets import Tickets

RATE = 8000
VOICE_PATH, MEDIA_PATH = "/lines/twilio/voice", "/lines/twilio/media"
MOST_SOUND = RATE * 10
"""Bytes of sound that one message may carry."""

_SPOKEN: dict[Language, str] = {"es": "es-ES", "en": "en-GB"}
_log = logging.getLogger(__name__)


class MediaStream:
    """One media stream as a Wire."""

    rate = RATE
    marks = True

    def __init__(self, socket: WebSocket, stream_sid: str):
        self._socket, self._sid = socket, stream_sid
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
                match message.get("event"):
                    case "media" if (sound := _sound_of(message)) is not None:
                        rest = np.concatenate([rest, sound])
                        while len(rest) >= size:
                            yield rest[:size]
                            rest = rest[size:]
                    case "mark" if isinstance(name := _field(message, "mark", "name"), str):
                        self.on_mark(name)
                    case "dtmf" if isinstance(digit := _field(message, "dtmf", "digit"), str):
                        if digit in sockets.KEYS:
                            self.on_keys(digit)
                    case "stop":
                        return
                    case "connected" | "start":
                        continue
                    case _:
                        nonsense += 1
            _log.warning("media stream %s: closed, its messages are not Media Streams messages", self._sid)
            await self._close(sockets.UNSUPPORTED)
        except WebSocketDisconnect:
            return
        finally:
            self._gone = True

    async def send(self, pcm: Pcm) -> None:
        await self._send("media", media={"payload": base64.b64encode(g711.encode(pcm)).decode()})

    async def mark(self, name: str) -> None:
        await self._send("mark", mark={"name": name})

    async def clear(self) -> None:
        await self._send("clear")

    async def hang_up(self) -> None:
        await self._close(sockets.DONE)

    async def _send(self, event: str, **fields: Any) -> None:
        if self._gone:
            return
        async with self._sending:
            try:
                await self._socket.send_text(json.dumps({"event": event, "streamSid": self._sid, **fields}))
            except (WebSocketDisconnect, RuntimeError):  # starlette raises RuntimeError on a closed socket
                self._gone = True

    async def _close(self, code: int) -> None:
        if not self._gone:
            self._gone = True
            await sockets.close(self._socket, code)


Busy = Callable[[Arrival], tuple[str, Language] | None]
"""What a caller is told in which language when every line is taken; None while one is free."""


def router(
    converse: Converse,
    tickets: Tickets,
    auth_token: str | None = None,
    public_url: str | None = None,
    busy: Busy = lambda arrival: None,
) -> APIRouter:
    """The two doors. Unsigned requests are taken from loopback only, and only while no `auth_token` is set."""
    doors = APIRouter(tags=["lines"])
    validator = RequestValidator(auth_token) if auth_token else None

    @doors.post(VOICE_PATH, summary="Twilio asks what to do with a call: connect it to the media stream")
    async def voice(request: Request) -> Response:
        form = await request.form()
        if not all(isinstance(value, str) for value in form.values()):
            return Response(status_code=400)
        if not (_signed(request, form) if validator else _is_loopback(request.client and request.client.host)):
            return Response(status_code=403)
        arrival = Arrival("twilio", number_of(str(form.get("From", ""))), str(form.get("CallSid", "")) or None)
        if regrets := busy(arrival):
            return Response(_spoken(*regrets), media_type="application/xml")
        ticket = tickets.issue(arrival)
        return Response(_twiml(_media_url(request, public_url), ticket), media_type="application/xml")

    def _signed(request: Request, form: FormData) -> bool:
        """https://www.twilio.com/docs/usage/security: over the URL that Twilio called and every field of the form."""
        assert validator
        url = f"{public_url or str(request.base_url).rstrip('/')}{VOICE_PATH}"
        if request.url.query:
            url += f"?{request.url.query}"
        return bool(validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")))

    @doors.websocket(MEDIA_PATH)
    async def media(socket: WebSocket) -> None:
        await socket.accept()
        start = await _started(socket)
        sid = _field(start, "start", "streamSid") or start.get("streamSid")
        arrival = _admitted(start, bool(validator is None and _is_loopback(socket.client and socket.client.host)))
        if arrival is None or not isinstance(sid, str):
            return await sockets.close(socket, sockets.POLICY_VIOLATION)
        code = await sockets.outcome(converse(MediaStream(socket, sid), arrival))
        await sockets.close(socket, code)

    def _admitted(start: dict[str, Any], trusted: bool) -> Arrival | None:
        """Whom the ticket was issued for, if it is for this very call; a `trusted` far end needs no ticket."""
        ticket, ref = _field(start, "start", "customParameters", "token"), _field(start, "start", "callSid")
        if ticket is None:
            return Arrival("twilio", None, ref if isinstance(ref, str) else None) if start and trusted else None
        arrival = tickets.redeem(ticket) if isinstance(ticket, str) else None
        return arrival if arrival and arrival.ref in (None, ref) else None

    return doors


async def _started(socket: WebSocket) -> dict[str, Any]:
    """The `start` message, which `connected` precedes; empty when something else comes, or nothing in time."""
    message = await sockets.opening(socket)
    if message.get("event") == "connected":
        message = await sockets.opening(socket)
    return message if message.get("event") == "start" else {}


def _field(message: dict[str, Any], *path: str) -> Any:
    value: Any = message
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _sound_of(message: dict[str, Any]) -> Pcm | None:
    """The samples of a media message (none for our own track); None when it has no sound that can be read."""
    if _field(message, "media", "track") not in (None, "inbound"):
        return np.zeros(0, np.int16)
    payload = _field(message, "media", "payload")
    if not isinstance(payload, str) or len(payload) > MOST_SOUND * 4 // 3 + 4:
        return None
    try:
        return g711.decode(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return None


def _media_url(request: Request, public_url: str | None) -> str:
    base = public_url or f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    return base.replace("http", "ws", 1) + MEDIA_PATH


def _spoken(text: str, language: Language) -> str:
    """https://www.twilio.com/docs/voice/twiml/say: Twilio's own voice, then the end of the call."""
    say = f'<Say language="{_SPOKEN[language]}">{escape(text)}</Say>'
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{say}<Hangup/></Response>'


def _twiml(url: str, ticket: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
        f'<Stream url={quoteattr(url)}><Parameter name="token" value={quoteattr(ticket)}/></Stream>'
        "</Connect></Response>"
    )


def _is_loopback(host: str | None) -> bool:
    try:
        return host is not None and ip_address(host).is_loopback
    except ValueError:
        return False
