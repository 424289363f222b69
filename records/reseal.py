"""Everything that is on record, opened and sealed again: after a first key, a new one, or to do without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update
from sqlmodel import SQLModel

from calls.sealing import Keys
from calls.words import from_json
from records import audit, lessons, people  # noqa: F401  (their tables are looked through too)
from records.engine import all_earlier
from records.erasure import scrub
from records.reading import rows
from records.recordings import kept
from records.sealed import sealed_columns, sealing
from records.search import words_of, words_of_caller
from records.subject import forget_words
from records.tables import CallTable, EventTable

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many of each."""

    rows: int
    recordings: int


def reseal(engine: Engine, data: Path, keys: Keys) -> Resealed:
    """Every row and recording anew with the key of `engine` that seals, or open where none does. Blocks.

    To be called while no house is open on `data`. Earlier states of the records, from before an upgrade or a restore,
    are deleted. Raises EngineError, OSError, SQLAlchemyError; whoever does it again then goes on.
    """
    with engine.begin() as connection:
        count = sum(_table(table, connection) for table in SQLModel.metadata.sorted_tables if sealed_columns(table))
        forget_words(connection)
    scrub(engine)
    if engine.url.database and engine.dialect.name == "sqlite":
        for each in all_earlier(Path(engine.url.database)):
            each.unlink()
    files = kept(data)
    for file in files:
        half = file.with_suffix(".half")
        half.write_bytes(keys.seal_piece(keys.open_file(file.read_bytes())))
        half.chmod(0o600)
        half.replace(file)
    return Resealed(count, len(files))


def _table(table: Table, connection: Connection) -> int:
    count, last = 0, -1
    while found := rows(select(table).where(table.c.no > last).order_by(table.c.no).limit(AT_ONCE), connection):
        for row in found:
            values = {column.name: row[column.name] for column in sealed_columns(table)}
            connection.execute(
                update(table).where(table.c.no == row["no"]).values(values | _words(table, row, connection))
            )
        count, last = count + len(found), found[-1]["no"]
    return count


def _words(table: Table, row: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """What is kept for search beside the row."""
    if table.name == CallTable.__tablename__:
        return {"words": words_of_caller(row["name"], row["number"], connection)}
    if table.name == EventTable.__tablename__:
        return {"words": None if sealing(connection) else words_of(from_json(row["kind"], row["data"]))}
    return {}
