"""What is written, each function inside one transaction: the events, and the rows that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update
from sqlmodel import col

from calls.errors import CallClosed, EngineError
from calls.words import (
    Booking,
    CallRow,
    Event,
    HandOff,
    HandOffState,
    Heard,
    Message,
    Promise,
    Proved,
    as_json,
)
from records.feed import Shown
from records.reading import row_of, rows
from records.sealed import sealing
from records.search import words_of, words_of_caller
from records.tables import BookingTable, CallTable, EventTable, HandOffTable, MessageTable, PromiseTable

Rescue = Callable[[CallRow], tuple[datetime, Promise]]
"""For a call that was cut off: the time now, and the call back that is owed, with its id."""

_STATE = select(col(CallTable.state)).where(col(CallTable.id) == bindparam("of"))
_ADD_EVENT = insert(EventTable)
RINGS = (HandOffState.OFFERED.value, HandOffState.RINGING.value)


def open_call(row: CallRow, connection: Connection, held_by: str | None = None) -> None:
    """The call's first row. `held_by`: the address of the server that has it, where there are several."""
    connection.execute(insert(CallTable), {"id": row.id, "held_by": held_by, **_call_values(row, connection)})


def append(call_id: str, events: Sequence[Event], connection: Connection) -> list[Shown]:
    """The events, with the rows that follow from them; returned as the live feed shows them.

    Raises CallClosed when the call is over, EngineError when it never was.
    """
    state = connection.execute(_STATE, {"of": call_id}).scalar()
    if state is None:
        raise EngineError("records", "there is no such call on record")
    if state != "open":
        raise CallClosed(call_id, state)
    return [add_event(call_id, event, connection) for event in events]


def add_event(call_id: str, event: Event, connection: Connection) -> Shown:
    """One event, whether the call is open or not, as the live feed shows it."""
    data = as_json(event.body)
    kind = data.pop("kind")
    values = {"call_id": call_id, "seq": event.seq, "at": event.at, "kind": kind, "data": data}
    written = connection.execute(_ADD_EVENT, {**values, "words": None if sealing(connection) else words_of(event.body)})
    _follow(call_id, event, connection)
    return Shown({"call_id": call_id, **event.as_json()}, written.inserted_primary_key[0])  # type: ignore[index]


def close_call(row: CallRow, connection: Connection) -> None:
    """The call's last row; nothing rings for it any more."""
    still_open = update(CallTable).where(col(CallTable.id) == row.id, col(CallTable.state) == "open")
    if not connection.execute(still_open, _call_values(row, connection)).rowcount:
        raise CallClosed(row.id)
    ringing = update(HandOffTable).where(col(HandOffTable.call_id) == row.id, col(HandOffTable.state).in_(RINGS))
    connection.execute(ringing, {"state": HandOffState.TIMED_OUT.value})


def interrupt_open_calls(rescue: Rescue, connection: Connection, held_by: str | None = None) -> list[Shown]:
    """Calls that nobody is on any more become interrupted; whoever had wanted something is owed a call back, once.

    `held_by`: only those that this server had, and those of before there were several.
    """
    shown: list[Shown] = []
    cut_off = [col(CallTable.state) == "open"]
    if held_by is not None:
        cut_off.append(or_(col(CallTable.held_by) == held_by, col(CallTable.held_by).is_(None)))
    for found in rows(select(CallTable).where(*cut_off), connection):
        row = row_of(found)
        seq, ended = _last_event(row, connection)
        if _wanted_something(row.id, connection) and not _has_call_back(row.id, connection):
            now, promise = rescue(row)
            shown += append(row.id, [Event(seq + 1, now, replace(promise, call_id=row.id))], connection)
        close_call(replace(row, state="interrupted", ended=ended), connection)
    return shown


# ----------------------------------------------------------------------------------------------------


def _follow(call_id: str, event: Event, connection: Connection) -> None:
    """The row that follows from an event, if any."""
    match event.body:
        case Message() as message:
            connection.execute(insert(MessageTable), _values(message, taken_at=message.taken_at or event.at))
        case Promise() as promise:
            connection.execute(insert(PromiseTable), _values(promise, made_at=event.at))
        case Booking() as booking:
            connection.execute(insert(BookingTable), _values(booking))
        case HandOff(id=id_, state=state) as hand_off:
            known = update(HandOffTable).where(col(HandOffTable.id) == id_)
            if not connection.execute(known, {"state": state.value}).rowcount:
                connection.execute(insert(HandOffTable), _values(hand_off, call_id=call_id, at=event.at))
        case Proved(circle=circle):
            connection.execute(update(CallTable).where(col(CallTable.id) == call_id), {"circle": circle.value})


def _values(step: Message | Promise | Booking | HandOff, **more: Any) -> dict[str, Any]:
    """A step's fields as column values, `more` laid over them; times stay times."""
    return {**{name.rstrip("_"): getattr(step, name) for name in step.__dataclass_fields__ if name != "kind"}, **more}


def _call_values(row: CallRow, connection: Connection) -> dict[str, Any]:
    caller = row.caller
    return {
        "line": row.line,
        "ref": row.ref,
        "number": caller.number,
        "name": caller.name,
        "circle": caller.circle.value,
        "language": row.language,
        "state": row.state,
        "outcome": row.outcome,
        "started": row.started,
        "ended": row.ended,
        "proof": row.proof,
        "diverted": row.diverted,
        "words": words_of_caller(caller.name, caller.number, connection),
    }


def _last_event(row: CallRow, connection: Connection) -> tuple[int, datetime]:
    """Its number and time; 0 and the start of the call when nothing happened."""
    events = select(EventTable).where(col(EventTable.call_id) == row.id).order_by(col(EventTable.seq).desc()).limit(1)
    last = rows(events, connection)
    return (last[0]["seq"], last[0]["at"]) if last else (0, row.started)


def _wanted_something(call_id: str, connection: Connection) -> bool:
    """They had said something, or asked for a person by a key."""
    wanted = (col(EventTable.call_id) == call_id, col(EventTable.kind).in_((Heard.kind, HandOff.kind)))
    return bool(connection.execute(select(func.count()).select_from(EventTable).where(*wanted)).scalar())


def _has_call_back(call_id: str, connection: Connection) -> bool:
    owed = (
        col(PromiseTable.call_id) == call_id,
        col(PromiseTable.owner) == "assistant",
        col(PromiseTable.state) == "open",
    )
    return bool(connection.execute(select(func.count()).select_from(PromiseTable).where(*owed)).scalar())
