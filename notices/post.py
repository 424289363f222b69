"""The post office: finds what people want to be told of, and sees that it arrives, however long that takes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from calls.errors import EngineError
from calls.notices import Carrier, Channel, Letter, Medium, NotSent, Outbox, Told
from notices.telling import TOLD_OF, Occasion, occasions, out_of_date, told, trial
from notices.web import Webhook

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
"""Between tries: each time three times as long."""
GIVE_UP_AFTER = timedelta(hours=24)
IN_HAND = timedelta(minutes=2)
"""Longer than any try takes: a letter that a crash left in hand goes out again after that."""
BREATH_S = 0.25
"""Between two rounds, however much happens."""
IDLE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=5)
"""When the records failed."""


class Shown(Protocol):
    """One event on the live feed."""

    @property
    def event(self) -> dict[str, Any]: ...


class Feed(Protocol):
    """Every event of every open call as it happens; None is a sign of life."""

    def watch(self) -> AsyncGenerator[Shown | None]: ...


class PostOffice:
    """Sends every notice at least once; a try that was cut off by a crash is repeated with the same id."""

    def __init__(
        self,
        outbox: Outbox,
        carriers: Mapping[Medium, Carrier],
        zone: Callable[[], ZoneInfo],
        now: Callable[[], datetime],
        desk: str | None = None,
    ):
        self.outbox, self._carriers, self._zone, self._now, self._desk = outbox, carriers, zone, now, desk
        self._news = asyncio.Event()

    @property
    def media(self) -> tuple[Medium, ...]:
        """Those that are set up."""
        return tuple(self._carriers)

    def secret(self, channel: Channel) -> str | None:
        """What its receiver verifies notices with, if they are signed."""
        carrier = self._carriers.get(channel.medium)
        return carrier.secret(channel.id) if isinstance(carrier, Webhook) else None

    def look(self) -> None:
        """Something has happened."""
        self._news.set()

    async def keep_going(self) -> None:
        """For as long as the house is open."""
        while True:
            self._news.clear()
            try:
                wait = await self.round()
            except EngineError as error:
                log.warning("Notices could not be looked through: %s", error)
                wait = AGAIN_AFTER
            await asyncio.sleep(BREATH_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self._news.wait()

    async def keep_listening(self, feed: Feed) -> None:
        """Looks whenever the feed shows something that somebody may be told of; for as long as the house is open."""
        while True:
            async with aclosing(feed.watch()) as all_shown:
                async for shown in all_shown:
                    if shown and shown.event["kind"] in TOLD_OF:
                        self.look()

    async def round(self) -> timedelta:
        """Queues what is new and sends what is due; returns how long there is nothing to do. Raises EngineError."""
        channels = {each.id: each for each in await self.outbox.channels()}
        await self._gather(list(channels.values()))
        while due := await self.outbox.due(self._now()):
            by_channel: dict[str, list[Letter]] = {}
            for letter in due:
                by_channel.setdefault(letter.channel, []).append(letter)
            await asyncio.gather(*(self._deliver(channels.get(id), letters) for id, letters in by_channel.items()))
        next_due = await self.outbox.next_due()
        return min(IDLE, max(timedelta(), next_due - self._now())) if next_due else IDLE

    async def send(self, channel: Channel, told: Told) -> None:
        """At once, past the queue. Raises NotSent."""
        await self._carrier(channel).carry(told, channel.to, channel.id)

    async def try_out(self, channel: Channel) -> None:
        """Sends a trial at once. Raises NotSent."""
        await self._carrier(channel).carry(trial(channel, secrets.token_hex(8), self._now()), channel.to, channel.id)

    # ------------------------------------------------------------------------------------------------

    async def _gather(self, channels: Sequence[Channel]) -> None:
        while True:
            news = await self.outbox.news()
            letters = [
                self._letter(each, channel)
                for each in occasions(news)
                for channel in channels
                if each.kind in channel.kinds and (channel.made is None or channel.made <= each.at)
            ]
            if letters or news.events:
                await self.outbox.queue(letters, news.cursor)
            if not news.events:
                return

    def _letter(self, occasion: Occasion, channel: Channel) -> Letter:
        now = self._now()
        due = channel.quiet.over(now, self._zone()) if channel.quiet and not occasion.urgent else now
        return Letter(
            secrets.token_hex(8), channel.id, occasion.kind, occasion.key, occasion.call_id, occasion.urgent, now, due,
            occasion.seq, occasion.promise,
        )  # fmt: skip

    async def _deliver(self, channel: Channel | None, letters: Sequence[Letter]) -> None:
        """In order; once one does not arrive, those behind it wait with it."""
        for letter in letters:
            if await self.outbox.claim(letter, self._now() + IN_HAND) and not await self._sent(channel, letter):
                return

    async def _sent(self, channel: Channel | None, letter: Letter) -> bool:
        """Whether the next one may be tried."""
        matter = await self.outbox.matter(letter)
        if channel is None or matter is None or out_of_date(letter, matter):
            await self.outbox.settle(letter, "dropped", self._now(), "no longer of use")
            return True
        try:
            text = told(letter, matter, channel, self._zone(), self._desk)
            await self._carrier(channel).carry(text, channel.to, channel.id)
        except NotSent as error:
            return await self._missed(letter, error)
        await self.outbox.settle(letter, "sent", self._now())
        return True

    async def _missed(self, letter: Letter, error: NotSent) -> bool:
        now = self._now()
        if not error.again or now - letter.made > GIVE_UP_AFTER:
            log.warning("A notice to channel %s was given up: %s", letter.channel, error.what)
            await self.outbox.settle(letter, "failed", now, error.what)
            return True
        wait = min(LONGEST_WAIT, FIRST_WAIT * 3 ** min(letter.tries, 10))
        await self.outbox.postpone(letter, now + max(wait, error.after), error.what)
        return False

    def _carrier(self, channel: Channel) -> Carrier:
        if carrier := self._carriers.get(channel.medium):
            return carrier
        raise NotSent(f"{channel.medium} is not set up on this server", again=True)
