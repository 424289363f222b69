"""What is read back, as plain JSON values in the API's own words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select
from sqlmodel import SQLModel, col

from calls.words import Caller, CallRow, Circle, Corrected, Played, Said, spell_time
from records.feed import Shown
from records.search import Sought, conditions
from records.tables import CallTable, EventTable, HandOffTable

Row = dict[str, Any]
PAGE = 500
"""So many events at once when the live feed catches up."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` continues it and is None at its end."""

    items: list[dict[str, Any]]
    next: int | None


def rows(query: Select[Any], connection: Connection) -> list[Row]:
    """What `query` finds, by column name."""
    return [dict(found) for found in connection.execute(query).mappings()]


def row_of(found: Row) -> CallRow:
    """A row of the calls table as the value that it was."""
    caller = Caller(found["number"], found["name"], Circle(found["circle"]))
    names = ("id", "line", "language", "started", "ref", "state", "outcome", "ended", "proof", "diverted")
    return CallRow(caller=caller, **{name: found[name] for name in names})


def call(call_id: str, connection: Connection) -> dict[str, Any] | None:
    """The whole call with its events, or None."""
    found = rows(select(CallTable).where(col(CallTable.id) == call_id), connection)
    if not found:
        return None
    events = select(EventTable).where(col(EventTable.call_id) == call_id).order_by(col(EventTable.seq))
    return {**call_of(found[0]), "events": _merged([event_of(row) for row in rows(events, connection)])}


def calls(sought: Sought, limit: int, after: int | None, connection: Connection) -> Page:
    """Calls without their events, newest first."""
    page = _page(CallTable, conditions(sought, connection), limit, after, connection)
    return Page([call_of(row) for row in page.items], page.next)


def hand_offs(state: str | None, limit: int, after: int | None, connection: Connection) -> Page:
    return listed(HandOffTable, [col(HandOffTable.state) == state] if state else [], limit, after, connection)


def hand_off(hand_off_id: str, connection: Connection) -> dict[str, Any] | None:
    found = rows(select(HandOffTable).where(col(HandOffTable.id) == hand_off_id), connection)
    return plain(found[0]) if found else None


def since(cursor: int, connection: Connection) -> list[Shown]:
    """The next events of all calls after `cursor`, oldest first, at most PAGE."""
    later = select(EventTable).where(col(EventTable.no) > cursor).order_by(col(EventTable.no)).limit(PAGE)
    return [Shown({"call_id": row["call_id"], **event_of(row)}, row["no"]) for row in rows(later, connection)]


# ----------------------------------------------------------------------------------------------------


def _page(
    table: type[SQLModel], where: list[ColumnElement[bool]], limit: int, after: int | None, connection: Connection
) -> Page:
    """Raw rows, newest first; one more than asked for tells whether there is a next page."""
    no: ColumnElement[int] = table.__table__.c.no  # type: ignore[attr-defined]
    if after is not None:
        where = [*where, no < after]
    found = rows(select(table).where(*where).order_by(no.desc()).limit(limit + 1), connection)
    items = found[:limit]
    return Page(items, items[-1]["no"] if len(found) > limit else None)


def listed(
    table: type[SQLModel], where: list[ColumnElement[bool]], limit: int, after: int | None, connection: Connection
) -> Page:
    """A page of rows as they are told, newest first."""
    page = _page(table, where, limit, after, connection)
    return Page([plain(row) for row in page.items], page.next)


def plain(row: Row) -> dict[str, Any]:
    """A row as it is told: times spelled, without its count."""
    return {
        name: spell_time(value) if isinstance(value, datetime) else value for name, value in row.items() if name != "no"
    }


def call_of(row: Row) -> dict[str, Any]:
    """A call as it is told, without its events."""
    names = (
        "id", "line", "ref", "number", "name", "circle", "language", "state", "outcome", "started", "ended", "proof",
        "diverted",
    )  # fmt: skip
    told = plain(row)
    return {name: told[name] for name in names}


def event_of(row: Row) -> dict[str, Any]:
    return {"seq": row["seq"], "at": spell_time(row["at"]), "kind": row["kind"], **row["data"]}


def _merged(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was heard of each sentence, told by its playback, is told with the sentence too; so is what is right."""
    played = {event["said"]: event for event in events if event["kind"] == Played.kind}
    for event in events:
        if event["kind"] == Said.kind and (heard := played.get(event["id"])):
            event.update(heard_text=heard["heard_text"], cut_short=heard["cut_short"])
    stands = standing(events)
    for event in events:
        if len(texts := stands.get(event["seq"], [])) > 1:
            event["corrected"] = texts[-1]
    return events


def standing(events: list[dict[str, Any]]) -> dict[int, list[str]]:
    """By the event that was corrected (NAME: the caller's name): what stood there, then each correction in force."""
    stands: dict[int, list[str]] = defaultdict(list)
    for event in events:
        if event["kind"] == Corrected.kind:
            texts = stands[event["of"]] or [event["was"]]
            stands[event["of"]] = texts[:-1] if event["undone"] else [*texts, event["text"]]
    return dict(stands)
