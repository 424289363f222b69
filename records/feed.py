"""The live feed: every event as it happens, for whoever watches, with a cursor to go on from.

Cursors are the events' own row numbers, so a watcher that lost the connection, or was too slow and was cut, goes on
from the store and then from memory without losing or doubling anything. Passing events (partial words) have none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WAITING = 1000
"""A watcher with more events than this waiting is cut; it can resume."""
PULSE_S = 15.0
"""A quiet connection is kept alive with a sign of life this often; proxies cut after 30 to 60 s."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One event on the feed: ``{call_id, seq, at, kind, ...}``. `cursor` is None for one that is not kept."""

    event: dict[str, Any]
    cursor: int | None = None


Since = Callable[[int], Awaitable[Sequence[Shown]]]
"""The next events in the store after a cursor, oldest first; empty when there are none yet."""


class Feed:
    """All that happens in all open calls."""

    def __init__(self, since: Since, waiting: int = WAITING):
        self._since, self._most_waiting = since, waiting
        self._watchers: set[asyncio.Queue[Shown | None]] = set()

    def show(self, *shown: Shown) -> None:
        """To every watcher, at once; never waits for one."""
        for watcher in list(self._watchers):
            for each in shown:
                self._hand(watcher, each)

    def close(self) -> None:
        """Everybody goes home."""
        for watcher in list(self._watchers):
            self._cut(watcher)

    async def watch(self, after: int | None = None) -> AsyncGenerator[Shown | None]:
        """What happens from now on, or everything after the cursor `after`; ends when cut off.

        None comes first, once nothing can be missed any more, and then whenever nothing has happened for PULSE_S.
        """
        with self._watching() as waiting:
            yield None
            last = after or 0
            if after is not None:
                while past := await self._since(last):
                    for shown in past:
                        yield shown
                        last = shown.cursor or last
            while True:
                try:
                    async with asyncio.timeout(PULSE_S):
                        new = await waiting.get()
                except TimeoutError:
                    yield None
                    continue
                if new is None:
                    return
                if new.cursor is None or new.cursor > last:
                    yield new

    @contextmanager
    def _watching(self) -> Iterator[asyncio.Queue[Shown | None]]:
        waiting: asyncio.Queue[Shown | None] = asyncio.Queue()
        self._watchers.add(waiting)
        try:
            yield waiting
        finally:
            self._watchers.discard(waiting)

    def _hand(self, watcher: asyncio.Queue[Shown | None], shown: Shown) -> None:
        if watcher not in self._watchers:
            return
        if watcher.qsize() < self._most_waiting:
            watcher.put_nowait(shown)
        else:
            self._cut(watcher)

    def _cut(self, watcher: asyncio.Queue[Shown | None]) -> None:
        self._watchers.discard(watcher)
        watcher.put_nowait(None)
