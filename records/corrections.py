"""What people set right of a call that is over. What stood there stays on record; each correction is an event of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from calls.words import NAME, Corrected, Event, Heard, Staff
from records.feed import Shown
from records.reading import call_of, event_of, rows, standing
from records.search import words_of_caller
from records.tables import CallTable, EventTable
from records.writing import add_event

CORRECTABLE = (Heard.kind, Staff.kind)


def correct(call_id: str, of: int, text: str, by: str, at: datetime, connection: Connection) -> Shown | None:
    """`text` is right in the place of what event `of` has heard; None if nothing of the kind was heard there."""
    was = _stands(call_id, of, connection)
    return None if was is None else _note(call_id, Corrected(of, was, text, by), at, connection)


def rename(call_id: str, name: str, by: str, at: datetime, connection: Connection) -> dict[str, Any] | None:
    """The call as it is told, its caller's name corrected; None if there is none."""
    found = rows(select(CallTable).where(col(CallTable.id) == call_id), connection)
    if not found:
        return None
    if name != found[0]["name"]:
        _note(call_id, Corrected(NAME, found[0]["name"] or "", name, by), at, connection)
        _name(call_id, name, found[0]["number"], connection)
    return call_of({**found[0], "name": name})


def take_back(call_id: str, of: int, by: str, at: datetime, connection: Connection) -> Shown | None:
    """What the last correction of event `of` replaced stands again; None when there is none to take back."""
    before = standing(_events(call_id, connection)).get(of, [])
    if len(before) < 2:
        return None
    was, text = before[-1], before[-2]
    if of == NAME:
        number = connection.execute(select(col(CallTable.number)).where(col(CallTable.id) == call_id)).scalar()
        _name(call_id, text or None, number, connection)
    return _note(call_id, Corrected(of, was, text, by, undone=True), at, connection)


# ----------------------------------------------------------------------------------------------------


def _stands(call_id: str, of: int, connection: Connection) -> str | None:
    events = _events(call_id, connection)
    heard = next((each for each in events if each["seq"] == of and each["kind"] in CORRECTABLE), None)
    if heard is None or not heard["text"]:
        return None
    text: str = standing(events).get(of, [heard["text"]])[-1]
    return text


def _events(call_id: str, connection: Connection) -> list[dict[str, Any]]:
    kept = select(EventTable).where(
        col(EventTable.call_id) == call_id, col(EventTable.kind).in_((*CORRECTABLE, Corrected.kind))
    )
    return [event_of(row) for row in rows(kept.order_by(col(EventTable.seq)), connection)]


def _note(call_id: str, body: Corrected, at: datetime, connection: Connection) -> Shown:
    last = connection.execute(select(func.max(col(EventTable.seq))).where(col(EventTable.call_id) == call_id)).scalar()
    return add_event(call_id, Event((last or 0) + 1, at, body), connection)


def _name(call_id: str, name: str | None, number: str | None, connection: Connection) -> None:
    words = words_of_caller(name, number, connection)
    connection.execute(update(CallTable).where(col(CallTable.id) == call_id).values(name=name, words=words))
