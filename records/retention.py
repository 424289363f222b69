"""What callers said is kept no longer than it should be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update
from sqlmodel import col

from calls.errors import EngineError
from records.subject import call_ids, words_of_calls
from records.tables import BookingTable, CallTable, EventTable, MessageTable, PromiseTable

EVERY_S = 3600.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each kind of data is kept after the call. What is still owed is kept until it is settled."""

    transcripts: timedelta = timedelta(days=30)
    """Every word of a call: events, briefs of hand-offs, quotes."""
    calls: timedelta = timedelta(days=365)
    """That there was a call, who called, what it came to; messages, promises and bookings."""


def sweep(keep: Keep, now: datetime, connection: Connection) -> int:
    """Takes out what is too old; how many calls that concerned."""
    return _sweep_words(now - keep.transcripts, connection) + _sweep_calls(now - keep.calls, connection)


def _sweep_words(before: datetime, connection: Connection) -> int:
    has_words = exists(select(EventTable).where(col(EventTable.call_id) == col(CallTable.id)))
    ids = call_ids(connection, and_(_over(before), has_words))
    words_of_calls(ids, connection)
    connection.execute(update(PromiseTable).where(col(PromiseTable.call_id).in_(ids)).values(quote=""))
    return len(ids)


def _sweep_calls(before: datetime, connection: Connection) -> int:
    owed = or_(*(exists(select(table).where(*_open(table))) for table in (MessageTable, PromiseTable)))
    ids = call_ids(connection, and_(_over(before), ~owed))
    words_of_calls(ids, connection)
    for table in (MessageTable, PromiseTable, BookingTable):
        connection.execute(delete(table).where(col(table.call_id).in_(ids)))
    connection.execute(delete(CallTable).where(col(CallTable.id).in_(ids)))
    return len(ids)


def _open(table: type[MessageTable] | type[PromiseTable]) -> tuple[ColumnElement[bool], ...]:
    return col(table.call_id) == col(CallTable.id), col(table.state) == "open"


def _over(before: datetime) -> ColumnElement[bool]:
    return and_(col(CallTable.state) != "open", col(CallTable.ended) < before)


async def keep_sweeping(sweep: Callable[[], Awaitable[int]], every_s: float = EVERY_S) -> None:
    """Sweeps for as long as the house is open."""
    while True:
        try:
            if swept := await sweep():
                log.info("What was kept of %d old calls has been taken out.", swept)
        except EngineError as error:
            log.warning("Old calls could not be taken out: %s", error)
        await asyncio.sleep(every_s)
