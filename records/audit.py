"""The audit log: who read or changed what, append-only, each line sealed together with all that came before it.

A line's seal is the SHA-256 of the seal before it and of the line itself, so that nothing can be changed or taken out
of the middle unseen. Whoever notes the newest seal elsewhere sees a cut end as well.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Text, insert, select
from sqlmodel import Field, SQLModel, col

from calls.people import Entry
from calls.words import spell_time
from records.reading import rows
from records.tables import Moment

NOTHING_BEFORE = "0" * 64
PAGE = 1000


class AuditTable(SQLModel, table=True):
    __tablename__ = "audit"
    __table_args__ = {"sqlite_autoincrement": True}

    no: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
    who: str
    role: str
    did: str = Field(sa_type=Text)
    subject: str
    status: int
    seal: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What an audit log is worth. `broken`: the number of the first line that was tampered with or is missing."""

    lines: int
    seal: str
    broken: int | None = None


def note(entry: Entry, connection: Connection) -> None:
    """Adds a line. Only one process at a time may (the records' one writer, or a transaction of its own)."""
    newest = rows(select(AuditTable).order_by(col(AuditTable.no).desc()).limit(1), connection)
    before, number = (newest[0]["seal"], newest[0]["no"] + 1) if newest else (NOTHING_BEFORE, 1)
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__} | {"role": entry.role.value}
    sealed = {"no": number, **values}
    connection.execute(insert(AuditTable), {**sealed, "seal": _seal(before, sealed)})


def verify(connection: Connection) -> Verified:
    """Walks the whole log."""
    before, number = NOTHING_BEFORE, 0
    while page := _after(number, PAGE, connection):
        for row in page:
            number += 1
            seal = row.pop("seal")
            if row["no"] != number or seal != _seal(before, row):
                return Verified(number - 1, before, broken=number)
            before = seal
    return Verified(number, before)


def newest(limit: int, connection: Connection) -> list[dict[str, Any]]:
    """The last lines, newest first."""
    return rows(select(AuditTable).order_by(col(AuditTable.no).desc()).limit(limit), connection)


def _after(number: int, limit: int, connection: Connection) -> list[dict[str, Any]]:
    later = select(AuditTable).where(col(AuditTable.no) > number).order_by(col(AuditTable.no)).limit(limit)
    return rows(later, connection)


def _seal(before: str, line: dict[str, Any]) -> str:
    told = {**line, "at": spell_time(line["at"].astimezone(UTC))}
    spelled = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((before + spelled).encode()).hexdigest()
