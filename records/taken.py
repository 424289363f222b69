"""What callers took of the executive's time: meetings, calls put through, and call backs that the executive owes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from calls.deeds import CALL_BACK
from calls.words import HandOffState
from records.reading import Row, rows
from records.tables import BookingTable, CallTable, EventTable, HandOffTable, PromiseTable


def taken(since: datetime, until: datetime, connection: Connection) -> list[Row]:
    """One row for each that falls into ``[since, until)``: ``{circle, minutes, interruption}``."""
    bookings = _within(BookingTable, BookingTable.start, since, until, connection)
    promises = _within(PromiseTable, PromiseTable.due, since, until, connection)
    rung = [row for row in _within(HandOffTable, HandOffTable.at, since, until, connection) if row["to"] == "executive"]
    owed = [row for row in promises if row["owner"] == "executive" and row["state"] in ("open", "kept")]
    talked = _talked([row["id"] for row in rung], [row["call_id"] for row in rung], connection)
    return [
        *(_row(row, row["end"] - row["start"]) for row in bookings),
        *(_row(row, timedelta(minutes=CALL_BACK)) for row in owed),
        *(_row(row, talked.get(row["id"], timedelta()), interruption=True) for row in rung),
    ]


def _row(row: Row, time: timedelta, interruption: bool = False) -> Row:
    return {"circle": row["circle"], "minutes": time / timedelta(minutes=1), "interruption": interruption}


def _within(table: type, moment: object, since: datetime, until: datetime, connection: Connection) -> list[Row]:
    """The rows of `table` whose `moment` falls into the time, each with its caller's circle."""
    found: Any = (
        select(table, col(CallTable.circle))
        .join(CallTable, col(CallTable.id) == col(table.call_id))  # type: ignore[attr-defined]
        .where(col(moment) >= since, col(moment) < until)
    )
    return rows(found, connection)


def _talked(hand_offs: Sequence[str], calls: Sequence[str], connection: Connection) -> dict[str, timedelta]:
    """How long the executive had each call, by hand-off; to the end of the call unless it was given back."""
    wanted = select(EventTable).where(
        col(EventTable.call_id).in_(calls), col(EventTable.kind).in_(("hand_off", "hung_up"))
    )
    by_call: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows(wanted.order_by(col(EventTable.no)), connection):
        by_call[row["call_id"]].append(row)
    spans = (span for events in by_call.values() for span in _spans(events))
    return {hand_off: time for hand_off, time in spans if hand_off in hand_offs}


def _spans(events: Sequence[Row]) -> Iterator[tuple[str, timedelta]]:
    bridged: Row | None = None
    for event in events:
        state = event["data"].get("state")
        if state == HandOffState.BRIDGED:
            bridged = event
        elif bridged and (state == HandOffState.RESUMED or event["kind"] == "hung_up"):
            yield bridged["data"]["id"], event["at"] - bridged["at"]
            bridged = None
