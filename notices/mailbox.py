"""The mailbox that answers to our mails come back to, read by IMAP (RFC 3501)."""

from __future__ import annotations

import asyncio
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html import unescape
from typing import TypeVar

from calls.notices import NotSent, Reply
from notices.mail import DOMAIN
from notices.mail_server import MailboxAt

WITHIN_S = 15.0
"""How long the server may take for one step."""
MOST, LARGEST = 20, 256 * 1024
"""Letters that are read at a time, and the bytes of each that are."""
_OURS = re.compile(rf"<([0-9a-f]+)@{re.escape(DOMAIN)}>")
_QUOTED = re.compile(
    r"^[ \t]*(?:>|(?:El|On)\s[\s\S]{0,300}?\s(?:escribió|wrote):\s*$|-{2,}\s*(?:Mensaje original|Original Message)"
    r"|_{8,}\s*$|(?:De|From):[^\n]*@|-- $|Enviado desde mi|Sent from my)",
    re.MULTILINE,
)
"""Where what somebody else wrote begins, or a signature."""
_BREAKS, _TAGS = re.compile(r"<(?:br|/p|/div|/li|/tr)\b[^>]*>", re.IGNORECASE), re.compile(r"<[^>]+>")
_HTML_QUOTE = re.compile(r"<blockquote\b|<div class=\"gmail_quote|<style\b[\s\S]*?</style>", re.IGNORECASE)
T = TypeVar("T")


class Mailbox:
    """Every method raises NotSent when the server cannot be reached, refuses, or takes too long."""

    def __init__(self, at: MailboxAt, within_s: float = WITHIN_S):
        self._at, self._within_s = at, within_s
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mailbox")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def answers(self) -> list[Reply]:
        """Unread letters that answer one of ours, oldest first; reading leaves them unread."""
        return await self._asked(self._read)

    async def settle(self, reply: Reply) -> None:
        """It was seen to."""
        await self._asked(lambda line: line.uid("STORE", reply.place, "+FLAGS", r"(\Seen)"))

    async def _asked(self, work: Callable[[imaplib.IMAP4], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._within, work)

    def _within(self, work: Callable[[imaplib.IMAP4], T]) -> T:
        try:
            with self._line() as line:
                return work(line)
        except imaplib.IMAP4.error as error:
            raise NotSent(f"the mailbox refused ({type(error).__name__})", again=True) from None
        except OSError as error:
            raise NotSent(f"the mailbox could not be reached ({type(error).__name__})", again=True) from None

    @contextmanager
    def _line(self) -> Iterator[imaplib.IMAP4]:
        at = self._at
        if at.encrypted:
            context = ssl.create_default_context()
            line: imaplib.IMAP4 = imaplib.IMAP4_SSL(at.host, at.port, ssl_context=context, timeout=self._within_s)
        else:
            line = imaplib.IMAP4(at.host, at.port, timeout=self._within_s)
        with line:
            if not at.encrypted and "STARTTLS" in line.capabilities:
                line.starttls(ssl.create_default_context())
            elif not at.encrypted and not at.here:
                raise NotSent("the mailbox offers no encryption; the password was not sent", again=True)
            line.login(at.user, at.password)
            line.select(f'"{at.folder}"')
            yield line

    def _read(self, line: imaplib.IMAP4) -> list[Reply]:
        _, found = line.uid("SEARCH", "UNSEEN", "HEADER", "In-Reply-To", f'"@{DOMAIN}"')
        places = (found[0] or b"").split()[-MOST:]
        return [reply for place in places if (reply := self._reply(line, place.decode()))]

    def _reply(self, line: imaplib.IMAP4, place: str) -> Reply | None:
        _, told = line.uid("FETCH", place, f"(BODY.PEEK[]<0.{LARGEST}>)")
        raw = next((part[1] for part in told if isinstance(part, tuple)), None)
        try:
            return reply_in(raw, place) if raw else None
        except (ValueError, LookupError, AttributeError):  # what the library raises on headers that are none
            return None


def reply_in(raw: bytes, place: str = "") -> Reply:
    """A letter as it came (RFC 5322), with nothing of what it quotes."""
    parsed = message_from_bytes(raw, policy=policy.default)
    automatic = str(parsed.get("Auto-Submitted", "no")).lower() != "no" or "Precedence" in parsed  # RFC 3834
    return Reply(
        id=_one_line(parsed, "Message-ID"),
        sender=parseaddr(str(parsed.get("From", "")))[1].lower(),
        answers=tuple(_OURS.findall(f"{parsed.get('In-Reply-To', '')} {parsed.get('References', '')}")),
        subject=_one_line(parsed, "Subject"),
        text=own_words(_text(parsed)),
        automatic=automatic,
        place=place,
    )


def own_words(text: str) -> str:
    """What was written above the quotation and the signature."""
    text = text.replace("\r\n", "\n")
    found = _QUOTED.search(text)
    return (text[: found.start()] if found else text).strip()


def _one_line(letter: EmailMessage, name: str) -> str:
    return " ".join(str(letter.get(name, "")).split())


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except LookupError:  # a charset that nobody knows
        text = bytes(body.get_payload(decode=True)).decode("utf-8", "replace")
    if body.get_content_subtype() == "html":
        text = unescape(_TAGS.sub("", _BREAKS.sub("\n", _HTML_QUOTE.split(text, maxsplit=1)[0])))
    return text
