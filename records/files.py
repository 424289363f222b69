"""What is on file, version by version. Implements calls.versions.Versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select
from sqlmodel import col

from calls.versions import Batch, Kind, Outdated, Version
from records.reading import rows
from records.tables import VersionTable

T = TypeVar("T")


class Runs(Protocol):
    """Runs work on the database elsewhere than on the event loop."""

    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...


class Files:
    """Every method raises EngineError("records")."""

    def __init__(self, write: Runs, read: Runs):
        self._write, self._read = write, read

    async def after(self, cursor: int) -> Sequence[Version]:
        newest = select(func.max(col(VersionTable.no))).where(col(VersionTable.no) > cursor)
        newest = newest.group_by(col(VersionTable.kind), col(VersionTable.id))
        return await self._read(partial(_versions, col(VersionTable.no).in_(newest)))

    async def history(self, kind: Kind, id: str) -> Sequence[Version]:
        return await self._read(partial(_versions, _of(kind, id)))

    async def batch(self, batch: str) -> Sequence[Version]:
        return await self._read(partial(_versions, col(VersionTable.batch) == batch))

    async def batches(self) -> Sequence[Batch]:
        return await self._read(_batches)

    async def add(self, new: Sequence[Version]) -> None:
        if new:
            await self._write(partial(_add, new))


def _add(new: Sequence[Version], connection: Connection) -> None:
    for version in new:
        newest = select(func.max(col(VersionTable.number))).where(_of(version.kind, version.id))
        number: int = connection.execute(newest).scalar() or 0
        if version.number != number + 1:
            raise Outdated(version.key, number)
    connection.execute(insert(VersionTable), [_values(version) for version in new])


def _values(version: Version) -> dict[str, Any]:
    return {name: getattr(version, name) for name in Version.__dataclass_fields__ if name != "cursor"}


def _versions(where: ColumnElement[bool], connection: Connection) -> list[Version]:
    """What fits, oldest first."""
    found = rows(select(VersionTable).where(where).order_by(col(VersionTable.no)), connection)
    return [Version(cursor=row.pop("no"), **row) for row in found]


def _of(kind: Kind, id: str) -> ColumnElement[bool]:
    return and_(col(VersionTable.kind) == kind, col(VersionTable.id) == id)


def _batches(connection: Connection) -> list[Batch]:
    batch, at, author = col(VersionTable.batch), func.min(col(VersionTable.at)), func.min(col(VersionTable.author))
    found: Any = (
        select(batch.label("id"), at.label("at"), author.label("author"), func.count().label("count"))
        .where(batch.is_not(None))
        .group_by(batch)
        .order_by(func.max(col(VersionTable.no)).desc())
    )
    return [Batch(**row) for row in connection.execute(found).mappings()]
