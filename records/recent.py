"""The latest calls with what happened in them, for those who learn from calls."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from records.reading import event_of, rows
from records.tables import CallTable, EventTable


def recent(count: int, kinds: tuple[str, ...], since: datetime | None, connection: Connection) -> list[dict[str, Any]]:
    """At most `count` calls, newest first, begun after `since`: ``{id, circle, language, number, started, events}``.

    Of the events only those of `kinds`, in order. Trial calls of the sandbox are not kept, so never here.
    """
    late = [col(CallTable.started) >= since] if since else []
    calls = rows(select(CallTable).where(*late).order_by(col(CallTable.no).desc()).limit(count), connection)
    of_calls = col(EventTable.call_id).in_([call["id"] for call in calls])
    wanted = select(EventTable).where(of_calls, col(EventTable.kind).in_(kinds)).order_by(col(EventTable.no))
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(wanted, connection):
        events[row["call_id"]].append(event_of(row))
    names = ("id", "circle", "language", "number", "started", "outcome")
    return [{**{name: call[name] for name in names}, "events": events[call["id"]]} for call in calls]
