"""Plivo: XML and audio streaming.

https://www.plivo.com/docs/voice/xml/audio-stream/: `playAudio`, `checkpoint` and `clearAudio`; without
`keepCallAlive` the call would end with the stream. Requests are signed (V3) over URL, sorted fields and a nonce.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request
from starlette.datastructures import FormData

from calls.wire import Converse
from lines.media import RATE, Busy, Carrier, Dialect, Message, Signed, doors, field, speaking
from lines.numbers import dialled_number
from lines.tickets import Tickets

_SOUND = {"contentType": "audio/x-mulaw", "sampleRate": RATE}
DIALECT = Dialect(
    play=lambda stream, sound: {"event": "playAudio", "media": _SOUND | {"payload": sound}},
    mark=lambda stream, name: {"event": "checkpoint", "streamId": stream, "name": name},
    clear=lambda stream: {"event": "clearAudio", "streamId": stream},
    marked=("playedStream", ("name",)),
    idle=frozenset({"start", "clearedAudio"}),
)


def plivo_xml(url: str, ticket: str) -> str:
    """https://www.plivo.com/docs/voice/xml/audio-stream/."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Stream bidirectional="true" keepCallAlive="true" '
        f'contentType="audio/x-mulaw;rate={RATE}" extraHeaders="token={escape(ticket)}">{escape(url)}</Stream>'
        "<Hangup/></Response>"
    )


def _opening(start: Message) -> tuple[Any, Any, Any]:
    return field(start, "start", "streamId"), field(start, "start", "callId"), _token(start.get("extra_headers"))


def _token(headers: Any) -> Any:
    """`extra_headers` comes as an object, as its JSON, or as ``{token: value}`` without quotes."""
    if isinstance(headers, str):
        try:
            headers = json.loads(headers)
        except ValueError:
            pairs = (each.partition(":" if ":" in each else "=") for each in headers.strip("{} ").split(","))
            headers = {name.strip(): value.strip() for name, _, value in pairs}
    return headers.get("token") if isinstance(headers, dict) else None


CARRIER = Carrier("plivo", "CallUUID", DIALECT, plivo_xml, speaking("Speak"), _opening, dialled_number)


def router(
    converse: Converse,
    tickets: Tickets,
    auth_token: str | None = None,
    public_url: str | None = None,
    busy: Busy = lambda arrival: None,
) -> APIRouter:
    """The two doors. Unsigned requests are taken from loopback only, and only while no `auth_token` is set."""
    return doors(CARRIER, converse, tickets, _signature(auth_token) if auth_token else None, public_url, busy)


def _signature(auth_token: str) -> Signed:
    async def signed(request: Request, url: str, form: FormData) -> bool:
        fields = "".join(f"{name}{value}" for name, value in sorted(form.multi_items()))
        base, _, query = url.partition("?")
        ordered = "&".join(sorted(query.split("&"))) if query else ""
        named = base + (f"?{ordered}" if ordered or fields else "") + ("." if ordered and fields else "")
        nonce = request.headers.get("X-Plivo-Signature-V3-Nonce", "")
        made = hmac.new(auth_token.encode(), f"{named}{fields}.{nonce}".encode(), sha256).digest()
        given = request.headers.get("X-Plivo-Signature-V3", "").split(",")
        return any(hmac.compare_digest(b64encode(made), each.strip().encode()) for each in given)

    return signed
