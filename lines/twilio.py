"""Twilio: Programmable Voice and Media Streams.

https://www.twilio.com/docs/voice/media-streams/websocket-messages; requests are signed over the URL that Twilio called
and every field of the form (https://www.twilio.com/docs/usage/security).
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from calls.wire import Converse
from lines.media import Busy, Carrier, Dialect, Signed, doors, field, speaking
from lines.tickets import Tickets

DIALECT = Dialect(
    play=lambda stream, sound: {"event": "media", "streamSid": stream, "media": {"payload": sound}},
    mark=lambda stream, name: {"event": "mark", "streamSid": stream, "mark": {"name": name}},
    clear=lambda stream: {"event": "clear", "streamSid": stream},
    marked=("mark", ("mark", "name")),
)


def twiml(url: str, ticket: str) -> str:
    """https://www.twilio.com/docs/voice/twiml/stream."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
        f'<Stream url={quoteattr(url)}><Parameter name="token" value={quoteattr(ticket)}/></Stream>'
        "</Connect></Response>"
    )


CARRIER = Carrier(
    "twilio", "CallSid", DIALECT, twiml, speaking("Say"),
    opening=lambda start: (
        field(start, "start", "streamSid") or start.get("streamSid"),
        field(start, "start", "callSid"),
        field(start, "start", "customParameters", "token"),
    ),
)  # fmt: skip


def router(
    converse: Converse,
    tickets: Tickets,
    auth_token: str | None = None,
    public_url: str | None = None,
    busy: Busy = lambda arrival: None,
) -> APIRouter:
    """The two doors. Unsigned requests are taken from loopback only, and only while no `auth_token` is set."""
    return doors(CARRIER, converse, tickets, signature(auth_token) if auth_token else None, public_url, busy)


def signature(auth_token: str) -> Signed:
    """Whether a request is signed as Twilio signs for the account with this token."""
    validator = RequestValidator(auth_token)

    async def signed(request: Request, url: str, form: FormData) -> bool:
        return bool(validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")))

    return signed
