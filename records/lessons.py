"""What people teach the receptionist: reviews, consents and dismissals, one row each, append-only."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, insert, select
from sqlmodel import Field, SQLModel, col

from records.files import Runs
from records.reading import rows
from records.sealed import SealedJson
from records.tables import Moment

Lesson = dict[str, Any]


class LessonTable(SQLModel, table=True):
    """`kind`: review, consent, lowered, dismissed or digest; `data` is plain JSON."""

    __tablename__ = "lessons"
    __table_args__ = {"sqlite_autoincrement": True}

    no: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    by: str
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(SealedJson, nullable=False))


class Lessons:
    """Every method raises EngineError("records")."""

    def __init__(self, write: Runs, read: Runs):
        self._write, self._read = write, read

    async def add(self, kind: str, data: Lesson, by: str, at: datetime) -> None:
        """Keeps one more."""
        await self._write(partial(_add, {"kind": kind, "by": by, "at": at, "data": data}))

    async def all(self, *kinds: str) -> list[Lesson]:
        """Oldest first: `data` with ``{no, kind, by, at}``."""
        return await self._read(partial(_all, kinds))


def _add(row: dict[str, Any], connection: Connection) -> None:
    connection.execute(insert(LessonTable), [row])


def _all(kinds: tuple[str, ...], connection: Connection) -> list[Lesson]:
    found = rows(select(LessonTable).where(col(LessonTable.kind).in_(kinds)).order_by(col(LessonTable.no)), connection)
    return [{**row.pop("data"), **row} for row in found]
