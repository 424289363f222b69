"""The digest goes out by mail once a day, when the office closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Protocol
from zoneinfo import ZoneInfo

from calls.errors import AntesalaError
from calls.words import VoicePolicy
from knowledge.autonomy import Lessons
from knowledge.digest import Digest

LOOK_S = 60.0
LATEST = timedelta(hours=5)
"""A mail that could not be sent is tried again for so long after closing time."""
Send = Callable[[str, str, str, str, str], Awaitable[bool]]
"""(id, to, subject, text, html) -> whether it went out."""
log = logging.getLogger(__name__)


class Mailed(Protocol):
    """The digest as a mail."""

    async def mail(self, answerable: bool = False) -> Digest: ...


class DigestPost:
    """`send` mails to the executive's own address, where `voice.yaml` has one; `answerable`: answers are read."""

    def __init__(
        self,
        digests: Mailed,
        lessons: Lessons,
        policy: Callable[[], VoicePolicy],
        send: Send,
        now: Callable[[], datetime],
        answerable: bool = False,
    ):
        self._digests, self._lessons, self._policy, self._send, self._now = digests, lessons, policy, send, now
        self._answerable = answerable

    async def keep_mailing(self) -> None:
        """For as long as the house is open."""
        while True:
            try:
                await self.round()
            except AntesalaError as error:
                log.warning("the digest is mailed later (%s)", type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def round(self) -> bool:
        """Sends today's if it is time and it has not gone out; whether it did."""
        policy = self._policy()
        local = self._now().astimezone(ZoneInfo(policy.hours.timezone))
        closes = self._closing(policy, local)
        if not policy.executive.email or closes is None or not closes <= local <= closes + LATEST:
            return False
        day = local.date().isoformat()
        if any(each["day"] == day for each in await self._lessons.all("digest")):
            return False
        page, id = await self._digests.mail(self._answerable), token_hex(16)
        if not await self._send(id, policy.executive.email, page.subject, page.text, page.html):
            return False
        numbers = {str(number): [item.kind, item.ref] for number, item in page.numbered.items()}
        await self._lessons.add("digest", {"day": day, "id": id, "numbers": numbers}, "receptionist", self._now())
        return True

    def _closing(self, policy: VoicePolicy, local: datetime) -> datetime | None:
        """When the office closes for today; None on days that it is not open."""
        spans = policy.hours.open.get(local.weekday(), ())
        if not spans or local.date() in policy.hours.holidays:
            return None
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(minutes=max(until for _, until in spans))
