"""What happened in some time, as plain facts: the calls, and of their events those that figures are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from records.reading import Row, event_of, rows
from records.tables import CallTable, EventTable, PromiseTable

KINDS = ("heard", "said", "hand_off", "staff")


def facts(since: datetime, until: datetime, connection: Connection) -> dict[str, list[Row]]:
    """Calls that began in ``[since, until)``, their events of KINDS in order, and what was promised in them."""
    within = (col(CallTable.started) >= since, col(CallTable.started) < until)
    ids = select(col(CallTable.id)).where(*within)
    events = (
        select(EventTable)
        .where(col(EventTable.call_id).in_(ids), col(EventTable.kind).in_(KINDS))
        .order_by(col(EventTable.no))
    )
    promises = select(PromiseTable).where(col(PromiseTable.call_id).in_(ids))
    return {
        "calls": rows(select(CallTable).where(*within).order_by(col(CallTable.no)), connection),
        "events": [_told(row) for row in rows(events, connection)],
        "promises": rows(promises, connection),
    }


def _told(row: Row) -> dict[str, Any]:
    return {**event_of(row), "call_id": row["call_id"], "at": row["at"]}
