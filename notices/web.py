"""Notices to other programs: signed webhooks, Slack and its like, and SMS through Twilio."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from calls.notices import NotSent, Told
from calls.words import spell_time

WITHIN_S = 10.0
TWILIO = "https://api.twilio.com"
LONGEST_SMS = 480
"""Characters: three to eight parts, depending on the alphabet."""
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
"""Letters of the seven-bit alphabet, and those of its extension, which take two places (3GPP TS 23.038, 6.2.1)."""
LONGEST_WAIT = timedelta(hours=1)
_LATER = (408, 409, 423, 425, 429)


def client() -> httpx.AsyncClient:
    """Follows no redirection: a notice goes where a person said, and nowhere else."""
    return httpx.AsyncClient(timeout=WITHIN_S, follow_redirects=False)


class Webhook:
    """Signed as https://www.standardwebhooks.com says: a receiver verifies with any of its libraries.

    Headers `webhook-id` (the same when it is repeated), `webhook-timestamp` (seconds), `webhook-signature`
    (``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body``). Receivers refuse old timestamps and known ids.
    """

    def __init__(self, web: httpx.AsyncClient, secret: str, now: Callable[[], float] = time.time):
        self._web, self._secret, self._now = web, secret.encode(), now

    def secret(self, channel_id: str) -> str:
        """What the receiver of one channel verifies with; each channel has its own."""
        return f"whsec_{base64.b64encode(self._key(channel_id)).decode()}"

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        text = {"subject": told.subject, "text": told.body, **told.data}
        body = json.dumps({"type": told.kind, "timestamp": spell_time(told.at), "data": text}, ensure_ascii=False)
        stamp = str(int(self._now()))
        signed = hmac.digest(self._key(channel_id), f"{told.id}.{stamp}.{body}".encode(), hashlib.sha256)
        headers = {
            "webhook-id": told.id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
            "content-type": "application/json; charset=utf-8",
        }
        await _post(self._web, to, content=body.encode(), headers=headers)

    def _key(self, channel_id: str) -> bytes:
        return hmac.digest(self._secret, f"webhook {channel_id}".encode(), hashlib.sha256)


class Slack:
    """Slack's incoming webhooks, and what takes the same: ``{"text": ...}``."""

    def __init__(self, web: httpx.AsyncClient):
        self._web = web

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        text = f"*{_plain(told.subject)}*\n{_plain(told.body)}".strip()
        await _post(self._web, to, json={"text": text})


class Sms:
    """Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource).

    `charged` is told the parts of each message that was taken.
    """

    def __init__(
        self,
        web: httpx.AsyncClient,
        account: str,
        token: str,
        sender: str,
        api: str = TWILIO,
        charged: Callable[[int], None] = lambda parts: None,
    ):
        self._web, self._sender, self._login, self._charged = web, sender, (account, token), charged
        self._url = f"{api}/2010-04-01/Accounts/{account}/Messages.json"

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        text = f"{told.subject}. {told.body}".strip()
        form = {"To": to, "From": self._sender, "Body": text[:LONGEST_SMS]}
        await _post(self._web, self._url, data=form, auth=self._login)
        self._charged(parts(form["Body"]))


def parts(text: str) -> int:
    """In how many parts an SMS is sent, and charged (3GPP TS 23.038: seven bits a letter, else sixteen)."""
    if set(text) <= _GSM | _GSM_TWICE:
        length, one, each = len(text) + sum(letter in _GSM_TWICE for letter in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)


def _plain(text: str) -> str:
    """Slack reads only these three as markup (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _post(web: httpx.AsyncClient, url: str, **what: Any) -> None:
    """Raises NotSent: for good when the other side says that it will never take this."""
    try:
        async with web.stream("POST", url, **what) as answer:
            status, after = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotSent(f"could not be reached ({type(error).__name__})", again=True) from None
    if not 200 <= status < 300:
        raise NotSent(f"answered {status}", again=status >= 500 or status in _LATER, after=_after(after))


def _after(header: str) -> timedelta:
    """Retry-After (RFC 9110, 10.2.3): seconds, or a date."""
    try:
        wait = timedelta(seconds=int(header)) if header.isdigit() else parsedate_to_datetime(header) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return min(max(wait, timedelta()), LONGEST_WAIT)
