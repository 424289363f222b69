"""Notices by e-mail (RFC 5321, RFC 5322), through the house's own mail server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import format_datetime

from calls.notices import NotSent, Told
from notices.mail_server import MailServer

DOMAIN = "antesala.invalid"
"""Of the ids of our letters; by these an answer is known (RFC 5322, 3.6.4)."""
WITHIN_S = 20.0
"""How long the mail server may take for one step."""
_MOST_AT_ONCE = 2


class Mail:
    """A `calls.notices.Carrier`. `sender` is the address that notices come from."""

    def __init__(self, server: MailServer, sender: str, within_s: float = WITHIN_S):
        self._server, self._sender, self._within_s = server, sender, within_s
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="mail")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._send, self._letter(told, to))

    def _letter(self, told: Told, to: str) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, to, told.subject
        letter["Date"] = format_datetime(told.at)
        letter["Message-ID"] = f"<{told.id}@{DOMAIN}>"
        if answered := told.data.get("answers"):
            letter["In-Reply-To"] = letter["References"] = answered
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers
        letter.set_content(told.body or told.subject)
        if html := told.data.get("html"):
            letter.add_alternative(html, subtype="html")
        return letter

    def _send(self, letter: EmailMessage) -> None:
        try:
            with self._line() as line:
                self._greet(line)
                line.send_message(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise NotSent(f"the mail server refused the address ({code})", again=code < 500) from None
        except smtplib.SMTPAuthenticationError:
            raise NotSent("the mail server refused the password", again=True) from None
        except smtplib.SMTPResponseException as answer:
            what = f"the mail server answered {answer.smtp_code}"
            raise NotSent(what, again=answer.smtp_code < 500) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"the mail server could not be reached ({type(error).__name__})", again=True) from None

    def _greet(self, line: smtplib.SMTP) -> None:
        server = self._server
        line.ehlo_or_helo_if_needed()
        if not server.encrypted and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
        elif server.user and not server.encrypted and not server.here:
            raise NotSent("the mail server offers no encryption; the password was not sent", again=True)
        if server.user:
            line.login(server.user, server.password)

    def _line(self) -> smtplib.SMTP:
        where = self._server.host, self._server.port
        if self._server.encrypted:
            return smtplib.SMTP_SSL(*where, timeout=self._within_s, context=ssl.create_default_context())
        return smtplib.SMTP(*where, timeout=self._within_s)
