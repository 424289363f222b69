"""Telnyx: TeXML and media streaming.

https://developers.telnyx.com/docs/voice/programmable-voice/media-streaming: the shape of Twilio's, with names of its
own; sound comes back only in `bidirectionalMode="rtp"`. Webhooks carry an Ed25519 signature over ``timestamp|body``.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter, Request
from starlette.datastructures import FormData

from calls.errors import SettingsError
from calls.wire import Converse
from lines.media import Busy, Carrier, Dialect, Signed, doors, field, speaking
from lines.tickets import Tickets

STALE_S = 300.0
"""A signed request that is older was overheard and is played again."""

DIALECT = Dialect(
    play=lambda stream, sound: {"event": "media", "media": {"payload": sound}},
    mark=lambda stream, name: {"event": "mark", "mark": {"name": name}},
    clear=lambda stream: {"event": "clear"},
    marked=("mark", ("mark", "name")),
    idle=frozenset({"connected", "start", "error"}),
)


def texml(url: str, ticket: str) -> str:
    """https://developers.telnyx.com/docs/voice/programmable-voice/texml-verbs/stream."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
        f'<Stream url={quoteattr(url)} track="inbound_track" codec="PCMU" bidirectionalMode="rtp" '
        f'bidirectionalCodec="PCMU"><Parameter name="token" value={quoteattr(ticket)}/></Stream>'
        "</Connect></Response>"
    )


CARRIER = Carrier(
    "telnyx", "CallSid", DIALECT, texml, speaking("Say"),
    opening=lambda start: (
        start.get("stream_id"),
        field(start, "start", "call_sid") or field(start, "start", "call_control_id"),
        field(start, "start", "custom_parameters", "token"),
    ),
)  # fmt: skip


def router(
    converse: Converse,
    tickets: Tickets,
    public_key: str | None = None,
    public_url: str | None = None,
    busy: Busy = lambda arrival: None,
) -> APIRouter:
    """The two doors. Unsigned requests are taken from loopback only, and only while no `public_key` is set."""
    return doors(CARRIER, converse, tickets, signature(public_key) if public_key else None, public_url, busy)


def signature(public_key: str, clock: Callable[[], float] = time.time) -> Signed:
    """Checks Telnyx's signature with the account's key (base64). Raises SettingsError for what is no key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError):
        raise SettingsError("ANTESALA_TELNYX_PUBLIC_KEY: it is not the public key of Telnyx's portal.") from None

    async def signed(request: Request, url: str, form: FormData) -> bool:
        stamp = request.headers.get("telnyx-timestamp", "")
        try:
            fresh = abs(clock() - float(stamp)) < STALE_S
            given = base64.b64decode(request.headers.get("telnyx-signature-ed25519", ""), validate=True)
            key.verify(given, stamp.encode() + b"|" + await request.body())
        except (InvalidSignature, ValueError):
            return False
        return fresh

    return signed
