"""The post office, with every medium that is set up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from calls.notices import Carrier, Medium, Outbox
from notices.mail import Mail
from notices.mail_server import MailServer
from notices.post import PostOffice
from notices.web import TWILIO, Slack, Sms, Webhook, client


@dataclass(frozen=True, slots=True)
class Means:
    """What notices are sent with; what is None is not set up."""

    smtp_url: str | None = None
    smtp_from: str | None = None
    webhook_secret: str | None = None
    twilio_account: str | None = None
    twilio_token: str | None = None
    twilio_number: str | None = None
    twilio_api: str = TWILIO


@asynccontextmanager
async def open_post_office(
    outbox: Outbox,
    means: Means,
    zone: Callable[[], ZoneInfo],
    now: Callable[[], datetime],
    desk: str | None,
    charged: Callable[[int], None] = lambda parts: None,
) -> AsyncGenerator[PostOffice]:
    """`desk`: where the desk is reached, for links in notices. `charged` is told the parts of each SMS.

    Raises SettingsError.
    """
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(client())
        carriers: dict[Medium, Carrier] = {"slack": Slack(web)}
        if means.smtp_url and means.smtp_from:
            mail = Mail(MailServer.at(means.smtp_url), means.smtp_from)
            stack.callback(mail.close)
            carriers["email"] = mail
        if means.webhook_secret:
            carriers["webhook"] = Webhook(web, means.webhook_secret)
        if means.twilio_account and means.twilio_token and means.twilio_number:
            sms = (means.twilio_account, means.twilio_token, means.twilio_number, means.twilio_api)
            carriers["sms"] = Sms(web, *sms, charged)
        yield PostOffice(outbox, carriers, zone, now, desk)
