"""The records of one office: written through one thread, read through a few, shown on the live feed once durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from calls.owed import Owed
from calls.sealing import NO_KEYS, Keys
from calls.words import CallRow, Event, Promise
from records import corrections, day, owed, reading, retention, writing
from records.ahead import Ahead, appended, closed, opened
from records.elsewhere import Elsewhere, while_leading
from records.engine import DatabaseDown, Writer, open_engine, trouble
from records.feed import Feed, Shown
from records.files import Files
from records.lessons import Lessons
from records.outbox import Letters
from records.people import PeopleOnRecord
from records.reading import Page
from records.recent import recent
from records.retention import Keep
from records.search import Sought
from records.tables import MessageTable, PromiseTable

T = TypeVar("T")

log = logging.getLogger(__name__)
READERS = 2


class Store:
    """Implements `calls.ports.Records`, and reads back what was kept. Every method raises EngineError("records")."""

    def __init__(self, engine: Engine, ahead: Path | None = None, held_by: str | None = None, keys: Keys | None = None):
        self._engine = engine
        self._held_by = held_by
        self._ahead = Ahead(ahead, keys or NO_KEYS) if ahead else None
        self._writer = Writer(engine)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="records-reader")
        self.feed = Feed(self._since)
        self.on_promise: Callable[[], None] = lambda: None
        """Called when a promise was made or changed, once that is on disk."""
        self.versions = Files(self._writer.write, self._read)
        self.lessons = Lessons(self._writer.write, self._read)
        self.people = PeopleOnRecord(self._writer.write, self._read)
        self.outbox = Letters(self._writer.write, self._read)
        self.elsewhere = Elsewhere(held_by, self._read, self._tell) if held_by else None
        """The other servers with these records, where there may be some."""

    async def close_down(self) -> None:
        """Returns once everything is written and the database is closed."""
        self.feed.close()
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()

    # --- keeping ------------------------------------------------------------------------------------

    async def open(self, row: CallRow) -> None:
        await self._durably(partial(writing.open_call, row, held_by=self._held_by), opened(row, self._held_by))

    async def append(self, call_id: str, events: Sequence[Event]) -> None:
        if await self._durably(partial(writing.append, call_id, events), appended(call_id, events), self._tell):
            return
        self._tell([Shown({"call_id": call_id, **event.as_json()}) for event in events])

    async def close(self, row: CallRow) -> None:
        await self._durably(partial(writing.close_call, row), closed(row))

    async def _durably(
        self, work: Callable[[Connection], T], line: dict[str, Any], then: Callable[[T], None] | None = None
    ) -> bool:
        """In the database (True), or in the file ahead of it while the database is down (False)."""
        ahead = self._ahead
        if ahead and ahead.resting:
            await ahead.add(line)
            return False
        try:
            if ahead and ahead.waiting:
                await ahead.put_in(self._writer.write)
            await self._writer.write(work, then)
        except DatabaseDown as down:
            if ahead is None:
                raise
            log.warning("What happens in calls goes to a file for now: %s.", down.what)
            await ahead.add(line)
            return False
        return True

    async def catch_up(self) -> None:
        """Puts what waits in the file into the database, if it answers again."""
        if self._ahead and self._ahead.waiting:
            await self._ahead.put_in(self._writer.write)

    def announce(self, call_id: str, event: Event) -> None:
        self.feed.show(Shown({"call_id": call_id, **event.as_json()}))

    async def recover(self, rescue: writing.Rescue, held_by: str | None = None) -> None:
        """Calls left open by the last process become interrupted; to be called before the first call of this one.

        `rescue` promises a call back to whoever had said something. `held_by`: another server, which is dead.
        """
        await self.catch_up()
        shown = partial(writing.interrupt_open_calls, rescue, held_by=held_by or self._held_by)
        await self._writer.write(shown, lambda shown: self.feed.show(*shown))

    async def while_leading(self, chores: Callable[[], Sequence[Awaitable[Any]]]) -> None:
        """Runs what has to be done by one server alone, on this one while it is the one."""
        await while_leading(self._engine, chores)

    async def sweep(self, keep: Keep, now: datetime) -> int:
        """Takes out what is kept longer than it should be; how many calls that concerned."""
        return await self._writer.write(partial(retention.sweep, keep, now))

    # --- what is owed -------------------------------------------------------------------------------

    async def change_message(self, message_id: str, version: int | None, **changes: Any) -> dict[str, Any] | None:
        """The message after `changes`, None if there is none. Raises Stale when it is no longer at `version`."""
        return await self._writer.write(partial(owed.change, MessageTable, message_id, version, changes))

    async def change_promise(self, promise_id: str, version: int | None, **changes: Any) -> dict[str, Any] | None:
        """The promise after `changes`, None if there is none. Raises Stale when it is no longer at `version`."""
        changed = partial(owed.change, PromiseTable, promise_id, version, changes)
        return await self._writer.write(changed, lambda _: self.on_promise())

    async def owed(self) -> list[Owed]:
        """Open promises with a time, of which nobody was warned yet."""
        return await self._read(owed.owed)

    async def warn(self, promise_id: str, at: datetime) -> None:
        """Its owner is warned at `at`."""
        await self._writer.write(partial(owed.warn, promise_id, at))

    # --- reading back -------------------------------------------------------------------------------

    async def call(self, call_id: str) -> dict[str, Any] | None:
        """The call and its events; of each sentence, how much was heard of it. None if there is no such call."""
        return await self._read(partial(reading.call, call_id))

    async def calls(self, *, limit: int = 50, after: int | None = None, **sought: Any) -> Page:
        """Calls without their events, newest first; `sought` are the parts of `records.search.Sought`."""
        return await self._read(partial(reading.calls, Sought(**sought), limit, after))

    async def messages(self, limit: int = 50, after: int | None = None, state: str | None = None) -> Page:
        """Newest first: the event's fields, ``owner, snoozed_until, version`` and ``caller``."""
        return await self._read(partial(owed.items, MessageTable, state, limit, after))

    async def promises(self, limit: int = 50, after: int | None = None, state: str | None = None) -> Page:
        """Newest first: the event's fields, ``made_at, snoozed_until, version`` and ``caller``."""
        return await self._read(partial(owed.items, PromiseTable, state, limit, after))

    async def hand_offs(self, state: str | None = None, limit: int = 50, after: int | None = None) -> Page:
        """Newest first: ``{id, call_id, state, reason, to, brief, at}``."""
        return await self._read(partial(reading.hand_offs, state, limit, after))

    # --- what people set right ----------------------------------------------------------------------

    async def correct(self, call_id: str, of: int, text: str, by: str, at: datetime) -> dict[str, Any] | None:
        """The event that it becomes; None if nothing was heard at event `of` of a call."""
        return await self._corrected(partial(corrections.correct, call_id, of, text, by, at))

    async def take_back(self, call_id: str, of: int, by: str, at: datetime) -> dict[str, Any] | None:
        """The event that takes the last correction of `of` back; None when there is none."""
        return await self._corrected(partial(corrections.take_back, call_id, of, by, at))

    async def rename(self, call_id: str, name: str, by: str, at: datetime) -> dict[str, Any] | None:
        """The call without its events, its caller's name corrected; None if there is none."""
        return await self._writer.write(partial(corrections.rename, call_id, name, by, at))

    async def _corrected(self, work: Callable[[Connection], Shown | None]) -> dict[str, Any] | None:
        shown = await self._writer.write(work)
        if shown is None:
            return None
        return {name: value for name, value in shown.event.items() if name != "call_id"}

    # --- more to read -------------------------------------------------------------------------------

    async def facts(self, since: datetime, until: datetime) -> dict[str, list[dict[str, Any]]]:
        """What figures are made of: `calls` that began in that time, their `events`, and `promises`."""
        return await self._read(partial(day.facts, since, until))

    async def hand_off(self, hand_off_id: str) -> dict[str, Any] | None:
        return await self._read(partial(reading.hand_off, hand_off_id))

    async def ping(self) -> None:
        """Returns if the database answers and nothing waits for it."""
        await self.catch_up()
        await self._read(lambda connection: connection.execute(text("select 1")).scalar())

    def _tell(self, shown: Sequence[Shown]) -> None:
        self.feed.show(*shown)
        if any(each.event["kind"] == Promise.kind for each in shown):
            self.on_promise()

    async def _since(self, cursor: int) -> list[Shown]:
        return await self._read(partial(reading.since, cursor))

    async def recent(self, count: int, kinds: tuple[str, ...], since: datetime | None = None) -> list[dict[str, Any]]:
        """The latest calls with their events of these kinds, newest first."""
        return await self._read(partial(recent, count, kinds, since))

    async def look(self, look: Callable[[Connection], T]) -> T:
        """What `look` finds in the database. Raises EngineError."""
        return await self._read(look)

    async def _read(self, look: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._look, look)

    def _look(self, look: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return look(connection)
        except SQLAlchemyError as error:
            raise trouble(error) from None


@asynccontextmanager
async def open_records(
    url: str, ahead: Path | None = None, held_by: str | None = None, keys: Keys | None = None
) -> AsyncGenerator[Store]:
    """The records at an SQLAlchemy `url`, say ``sqlite:////var/lib/antesala/records.sqlite``. Raises SettingsError.

    `ahead`: the file in which calls are kept while the database is down; without one such writes raise EngineError.
    `held_by`: the address of this server for the others with the same records. `keys`: of what is sealed;
    None: for whoever reads nothing of calls.
    """
    store = Store(await asyncio.to_thread(open_engine, url, keys=keys), ahead, held_by, keys)
    try:
        yield store
    finally:
        await store.close_down()
