"""What is owed, as the inbox shows and changes it: messages and promises, each function in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlmodel import col

from calls.owed import Owed, Stale
from records.reading import Page, listed, plain, rows
from records.tables import CallTable, MessageTable, PromiseTable

Item = dict[str, Any]
Kind = type[MessageTable] | type[PromiseTable]


def items(table: Kind, state: str | None, limit: int, after: int | None, connection: Connection) -> Page:
    """Newest first, each with whom it is owed to."""
    page = listed(table, [col(table.state) == state] if state else [], limit, after, connection)
    return Page(_with_callers(page.items, connection), page.next)


def change(table: Kind, item_id: str, version: int | None, changes: Item, connection: Connection) -> Item | None:
    """The row after `changes`; None when there is none. Raises Stale when it is no longer at `version`."""
    of = update(table).where(col(table.id) == item_id)
    if version is not None:
        of = of.where(col(table.version) == version)
    changed = connection.execute(of.values(**changes, version=col(table.version) + 1)).rowcount
    found = rows(select(table).where(col(table.id) == item_id), connection)
    if not found:
        return None
    (item,) = _with_callers([plain(found[0])], connection)
    if not changed:
        raise Stale(item)
    return item


def owed(connection: Connection) -> list[Owed]:
    """Open promises with a time, of which nobody was warned yet."""
    waiting = (col(PromiseTable.state) == "open", col(PromiseTable.due).is_not(None))
    unwarned = select(PromiseTable).where(*waiting, col(PromiseTable.warned_at).is_(None))
    return [Owed(row["id"], row["made_at"] or row["due"], row["due"]) for row in rows(unwarned, connection)]


def warn(promise_id: str, at: datetime, connection: Connection) -> None:
    """Its owner is warned; what was snoozed is awake again."""
    open_one = update(PromiseTable).where(col(PromiseTable.id) == promise_id, col(PromiseTable.state) == "open")
    connection.execute(open_one.values(warned_at=at, snoozed_until=None, version=col(PromiseTable.version) + 1))


def _with_callers(found: list[Item], connection: Connection) -> list[Item]:
    calls = select(CallTable).where(col(CallTable.id).in_({item["call_id"] for item in found}))
    by_id = {row["id"]: row for row in rows(calls, connection)}
    names = ("name", "number", "language")
    return [{**item, "caller": {name: by_id[item["call_id"]][name] for name in names}} for item in found]
