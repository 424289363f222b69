"""What is on record of one number, wherever it is: gathered for whom it is about, or erased.

Tables are found by their columns, so that one that is added later is not forgotten: whatever has a `call_id` goes with
its call, and every text is looked through for the number.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, cast, delete, select, text, update
from sqlmodel import SQLModel, col

from records import audit, lessons, people  # noqa: F401  (their tables are looked through too)
from records.reading import plain, rows
from records.sealed import SealedJson, SealedText, sealed_columns, sealing
from records.tables import CallTable, EventTable, VersionTable

KEPT = frozenset({"accounts", "tokens", "sessions", "audit", "cursors", "calls"})
"""Tables that hold nothing of callers, and the calls themselves, which go last."""
ERASED = "…"
Found = dict[str, list[dict[str, Any]]]


def gathered(number: str, connection: Connection) -> Found:
    """All rows about `number` (E.164), by table, as they are told."""
    ids = _calls(number, connection)
    found = {"calls": rows(select(CallTable).where(_of(ids)), connection)}
    for table in _tables():
        about = {row["no"]: row for row in _mentioning(table, [number], connection)}
        if "call_id" in table.c:
            about |= {row["no"]: row for row in rows(select(table).where(table.c.call_id.in_(ids)), connection)}
        found[table.name] = [about[no] for no in sorted(about)]
    return {name: [_told(plain(row)) for row in found[name]] for name in sorted(found) if found[name]}


def erase(number: str, connection: Connection) -> dict[str, int]:
    """Takes out all of it; how many rows of each table."""
    ids = _calls(number, connection)
    gone: dict[str, int] = {}
    for table in _tables():
        count = _erase_mentions(table, [number, *ids], connection)
        if "call_id" in table.c:
            count += connection.execute(delete(table).where(table.c.call_id.in_(ids))).rowcount
        gone[table.name] = count
    dialled = update(CallTable).where(col(CallTable.diverted) == number)
    connection.execute(dialled, {"diverted": None})
    gone["calls"] = connection.execute(delete(CallTable).where(_of(ids))).rowcount
    forget_words(connection)
    return {name: count for name, count in sorted(gone.items()) if count}


def numbers_on_record(connection: Connection) -> set[str]:
    """Every number that may be one of a caller: of calls, messages and contacts."""
    found = {number for (number,) in connection.execute(select(col(CallTable.number)).distinct()) if number}
    for table in _tables():
        for column in _texts(table):
            for told in _likely(column, "+", connection):
                found.update(re.findall(r"\+[1-9]\d{5,14}", told))
    return found


def call_ids(connection: Connection, where: Any) -> list[str]:
    """The calls that `where` fits."""
    return [found for (found,) in connection.execute(select(col(CallTable.id)).where(where))]


def words_of_calls(ids: list[str], connection: Connection) -> int:
    """Takes out what was said in these calls, and keeps that there were calls; how many events went."""
    events = 0
    for table in _tables():
        if "call_id" in table.c and table.name not in ("messages", "promises", "bookings"):
            count = connection.execute(delete(table).where(table.c.call_id.in_(ids))).rowcount
            events += count if table.name == EventTable.__tablename__ else 0
    return events


# ----------------------------------------------------------------------------------------------------


def _calls(number: str, connection: Connection) -> list[str]:
    return call_ids(connection, col(CallTable.number) == number)


def _of(ids: Iterable[str]) -> Any:
    return col(CallTable.id).in_(list(ids))


def _tables() -> list[Table]:
    return [table for table in SQLModel.metadata.sorted_tables[::-1] if table.name not in KEPT]


def _texts(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, String | JSON | SealedText | SealedJson)]


def _likely(column: Column[Any], what: str, connection: Connection) -> set[str]:
    """The different values of a column that have `what` in them, as text."""
    if sealing(connection) and column in sealed_columns(column.table):
        opened = (_as_text(value) for (value,) in connection.execute(select(column).where(column.is_not(None))))
        return {told for told in opened if what in told}
    text = cast(column, String)
    return {told for (told,) in connection.execute(select(text).where(text.contains(what, autoescape=True)).distinct())}


def _mentioning(table: Table, what: list[str], connection: Connection) -> list[dict[str, Any]]:
    """Rows in which any of `what` stands anywhere, numbers also without their plus sign."""
    found: dict[Any, dict[str, Any]] = {}
    sought = [each.removeprefix("+") for each in what]
    if sealing(connection) and (sealed := sealed_columns(table)):
        for opened in connection.execute(select(table)).mappings():
            if any(each in _as_text(opened[column.name]) for column in sealed for each in sought):
                found[opened["no"]] = dict(opened)
    for column in _texts(table):
        for each in sought:
            said = cast(column, String).contains(each, autoescape=True)
            for row in rows(select(table).where(column.is_not(None), said), connection):
                found[row["no"]] = row
    return list(found.values())


def _erase_mentions(table: Table, what: list[str], connection: Connection) -> int:
    """A contact goes with all its versions, a lesson too; of anything else what stands there is blanked.

    A review stays, since a level was earned with it, but tells no more of which call and in what words.
    """
    count, aliases = 0, {each: f"{ERASED}{secrets.token_hex(8)}" for each in what}
    for row in _mentioning(table, what, connection):
        if table.name == VersionTable.__tablename__ and row["kind"] == "contact":
            theirs = delete(table).where(table.c.kind == row["kind"], table.c.id == row["id"])
            count += connection.execute(theirs).rowcount
        elif table.name == "lessons" and row["kind"] == "review":
            data = row["data"] | {"note": "", "call_id": aliases.get(row["data"]["call_id"], ERASED)}
            count += connection.execute(update(table).where(table.c.no == row["no"]).values(data=data)).rowcount
        elif table.name == "lessons":
            count += connection.execute(delete(table).where(table.c.no == row["no"])).rowcount
        elif row.get("call_id") not in what:
            blank = {column.name: _blanked(row[column.name], what) for column in _texts(table)}
            count += connection.execute(update(table).where(table.c.no == row["no"]).values(**blank)).rowcount
    return count


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _blanked(value: Any, what: list[str]) -> Any:
    if value is None or not isinstance(value, str | dict | list):
        return value
    told = _as_text(value)
    for each in what:
        told = told.replace(each, ERASED).replace(each.removeprefix("+"), ERASED)
    return told if isinstance(value, str) else json.loads(told)


def forget_words(connection: Connection) -> None:
    """The index of words keeps what was deleted until it is made anew (https://sqlite.org/fts5.html#rebuild)."""
    if connection.dialect.name != "sqlite":
        return
    if connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'event_words'")).scalar():
        connection.execute(text("INSERT INTO event_words(event_words) VALUES ('rebuild')"))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Without what is only there for the search, and without a PIN's hash."""
    told = {name: value for name, value in row.items() if name != "words" and value is not None}
    data = told.get("data")
    return {**told, "data": {name: each for name, each in data.items() if name != "pin"}} if data else told
