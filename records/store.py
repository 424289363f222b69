"""The records of one office: written through one thread, read through a few, shown on the live feed once durable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from calls.words import CallRow, Event
from records import reading, writing
from records.engine import Writer, open_engine, trouble
from records.feed import Feed, Shown
from records.files import Files
from records.reading import Page

T = TypeVar("T")
READERS = 2


class Store:
    """Implements `calls.ports.Records`, and reads back what was kept. Every method raises EngineError("records")."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._writer = Writer(engine)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="records-reader")
        self.feed = Feed(self._since)
        self.versions = Files(self._writer.write, self._read)

    async def close_down(self) -> None:
        """Returns once everything is written and the database is closed."""
        self.feed.close()
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()

    # --- keeping ------------------------------------------------------------------------------------

    async def open(self, row: CallRow) -> None:
        await self._writer.write(partial(writing.open_call, row))

    async def append(self, call_id: str, events: Sequence[Event]) -> None:
        await self._writer.write(partial(writing.append, call_id, events), lambda shown: self.feed.show(*shown))

    async def close(self, row: CallRow) -> None:
        await self._writer.write(partial(writing.close_call, row))

    def announce(self, call_id: str, event: Event) -> None:
        self.feed.show(Shown({"call_id": call_id, **event.as_json()}))

    async def recover(self, rescue: writing.Rescue) -> None:
        """Calls left open by the last process become interrupted; to be called before the first call of this one.

        `rescue` promises a call back to whoever had said something.
        """
        shown = partial(writing.interrupt_open_calls, rescue)
        await self._writer.write(shown, lambda shown: self.feed.show(*shown))

    # --- reading back -------------------------------------------------------------------------------

    async def call(self, call_id: str) -> dict[str, Any] | None:
        """The call and its events; of each sentence, how much was heard of it. None if there is no such call."""
        return await self._read(partial(reading.call, call_id))

    async def calls(
        self,
        *,
        open: bool | None = None,
        number: str | None = None,
        q: str = "",
        limit: int = 50,
        after: int | None = None,
    ) -> Page:
        """Calls without their events, newest first. `number` exact; `q` in names, numbers and what was said."""
        return await self._read(partial(reading.calls, open, number, q, limit, after))

    async def messages(self, limit: int = 50, after: int | None = None) -> Page:
        """Newest first: ``{id, call_id, from_name, company, number, reason, urgency, taken_at, state}``."""
        return await self._read(partial(reading.messages, limit, after))

    async def promises(self, limit: int = 50, after: int | None = None) -> Page:
        """Newest first: ``{id, call_id, owner, due, text, quote, state, warned_at}``."""
        return await self._read(partial(reading.promises, limit, after))

    async def hand_offs(self, state: str | None = None, limit: int = 50, after: int | None = None) -> Page:
        """Newest first: ``{id, call_id, state, reason, to, brief, at}``."""
        return await self._read(partial(reading.hand_offs, state, limit, after))

    async def hand_off(self, hand_off_id: str) -> dict[str, Any] | None:
        return await self._read(partial(reading.hand_off, hand_off_id))

    async def ping(self) -> None:
        """Returns if the database answers."""
        await self._read(lambda connection: connection.execute(text("select 1")).scalar())

    async def _since(self, cursor: int) -> list[Shown]:
        return await self._read(partial(reading.since, cursor))

    async def _read(self, look: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._look, look)

    def _look(self, look: Callable[[Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return look(connection)
        except SQLAlchemyError as error:
            raise trouble(error) from None


@asynccontextmanager
async def open_records(url: str) -> AsyncGenerator[Store]:
    """The records at an SQLAlchemy `url`, say ``sqlite:////var/lib/antesala/records.sqlite``. Raises SettingsError."""
    store = Store(await asyncio.to_thread(open_engine, url))
    try:
        yield store
    finally:
        await store.close_down()
