"""What is owed, watched: whoever owns a promise is warned when three quarters of its time have passed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from calls.errors import CallError, EngineError

log = logging.getLogger(__name__)

WARN_AT = 0.75
"""The share of a promise's time after which its owner is warned."""
LONGEST_WAIT = timedelta(hours=1)
AGAIN_AFTER = timedelta(seconds=5)
"""When the records failed."""


class Stale(CallError):
    """Somebody else changed it first. `now` is how it stands."""

    def __init__(self, now: dict[str, object]):
        super().__init__(f"It was changed meanwhile and is at version {now['version']}. Look at it and try again.")
        self.now = now


@dataclass(frozen=True, slots=True)
class Owed:
    """An open promise whose owner has not been warned yet."""

    id: str
    made: datetime
    due: datetime

    @property
    def warn_at(self) -> datetime:
        return self.made + WARN_AT * (self.due - self.made)


class Ledger(Protocol):
    """Where promises are kept."""

    async def owed(self) -> Sequence[Owed]:
        """Every open promise with a time, of which nobody was warned yet. Raises EngineError."""
        ...

    async def warn(self, promise_id: str, at: datetime) -> None:
        """Notes that its owner was warned, and wakes it if it was snoozed. Raises EngineError."""
        ...


class Watchman:
    """Warns of every promise in time; `look` tells that a promise was made or changed.

    `warned` is called after every warning.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], datetime], warned: Callable[[], None] = lambda: None):
        self._ledger, self._now, self._warned = ledger, now, warned
        self._news = asyncio.Event()

    def look(self) -> None:
        self._news.set()

    async def keep_watch(self) -> None:
        """For as long as the house is open."""
        while True:
            self._news.clear()
            try:
                wait = await self.round()
            except EngineError as error:
                log.warning("Promises could not be looked through: %s", error)
                wait = AGAIN_AFTER
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self._news.wait()

    async def round(self) -> timedelta:
        """Warns of all that are due for it; returns how long there is nothing to do. Raises EngineError."""
        now, owed = self._now(), await self._ledger.owed()
        for promise in owed:
            if promise.warn_at <= now:
                await self._ledger.warn(promise.id, now)
                self._warned()
        later = [promise.warn_at - now for promise in owed if promise.warn_at > now]
        return min([*later, LONGEST_WAIT])
