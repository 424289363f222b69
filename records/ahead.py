"""What could not be put into the database yet: a file beside it, written through to the disk, put in later in order.

While the database is locked, full or gone, calls go on: what happens in them is durable here first. Each line is one
write, as JSON. Putting one in twice does no harm, so that a crash in between loses and doubles nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from calls.errors import AntesalaError, CallClosed, EngineError
from calls.sealing import NO_KEYS, Keys
from calls.words import Caller, CallRow, Circle, Event, from_json, spell_time
from records import writing
from records.engine import DatabaseDown
from records.tables import CallTable, EventTable

AHEAD = "ahead.jsonl"
"""Its name in the data folder."""
RETRY_S = 1.0
"""How long the database is left alone after it failed."""
Line = dict[str, Any]

log = logging.getLogger(__name__)


class Ahead:
    """`path`: the file, which is there only while something waits in it. `keys`: of what is sealed."""

    def __init__(self, path: Path, keys: Keys = NO_KEYS, clock: Callable[[], float] = time.monotonic):
        self._path, self._keys, self._clock = path, keys, clock
        self._again_at = 0.0
        self.waiting = path.exists()
        self._one_at_a_time = asyncio.Lock()

    @property
    def resting(self) -> bool:
        """The database failed a moment ago: what comes meanwhile is written here at once."""
        return self.waiting and self._clock() < self._again_at

    async def add(self, line: Line) -> None:
        """Returns once it is on disk. Raises EngineError when that fails too."""
        async with self._one_at_a_time:
            self._again_at, self.waiting = self._clock() + RETRY_S, True
            await asyncio.to_thread(self._write, self._keys.seal_text(json.dumps(line, ensure_ascii=False)))

    async def put_in(self, write: Callable[[Callable[[Connection], None]], Awaitable[None]]) -> None:
        """Puts all that waits into the database. Raises EngineError."""
        async with self._one_at_a_time:
            if not self.waiting:
                return
            self._again_at = self._clock() + RETRY_S
            lines = await asyncio.to_thread(read, self._path, self._keys)
            try:
                await write(lambda connection: put_in(lines, connection))
                await asyncio.to_thread(self._path.unlink, missing_ok=True)
            except DatabaseDown:
                raise
            except AntesalaError as error:
                log.error("%s does not fit the database and is set aside: %s", self._path.name, type(error).__name__)
                await asyncio.to_thread(self._path.rename, self._path.with_suffix(".set-aside"))
            self.waiting = False

    def _write(self, line: str) -> None:
        try:
            new = not self._path.exists()
            with open(
                os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
            ) as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
            if new:
                folder = os.open(self._path.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
        except OSError as error:
            raise EngineError("records", f"neither the database nor {self._path.name} can be written") from error


def opened(row: CallRow, held_by: str | None = None) -> Line:
    return {"open": _told(row), "held_by": held_by}


def appended(call_id: str, events: Sequence[Event]) -> Line:
    return {"call": call_id, "events": [event.as_json() for event in events]}


def closed(row: CallRow) -> Line:
    return {"close": _told(row)}


def put_in(lines: Sequence[Line], connection: Connection) -> None:
    """What is not in the database yet, in order."""
    for line in lines:
        match line:
            case {"open": row}:
                known = select(col(CallTable.no)).where(col(CallTable.id) == row["id"])
                if connection.execute(known).scalar() is None:
                    writing.open_call(_row(row), connection, line.get("held_by"))
            case {"call": call_id, "events": events}:
                seqs = select(col(EventTable.seq)).where(col(EventTable.call_id) == call_id)
                there = set(connection.execute(seqs).scalars())
                new = [_event(each) for each in events if each["seq"] not in there]
                if new:
                    writing.append(call_id, new, connection)
            case {"close": row}:
                _close(_row(row), connection)


def put_in_waiting(path: Path, engine: Engine, keys: Keys = NO_KEYS) -> None:
    """The same outside of an open house. Blocks."""
    with engine.begin() as connection:
        put_in(read(path, keys), connection)
    path.unlink(missing_ok=True)


def read(path: Path, keys: Keys = NO_KEYS) -> list[Line]:
    """Whole lines; one that a crash cut off was never acknowledged."""
    whole = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [json.loads(keys.open_text(line)) for line in whole]


def _close(row: CallRow, connection: Connection) -> None:
    try:
        writing.close_call(row, connection)
    except CallClosed:
        return


def _event(told: Line) -> Event:
    return Event(told["seq"], datetime.fromisoformat(told["at"]), from_json(told["kind"], told))


def _told(row: CallRow) -> Line:
    times = {name: at and spell_time(at) for name, at in (("started", row.started), ("ended", row.ended))}
    return {**asdict(row), **times}


def _row(told: Line) -> CallRow:
    caller = Caller(**{**told["caller"], "circle": Circle(told["caller"]["circle"])})
    times = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in ("started", "ended")}
    return CallRow(**{**told, **times, "caller": caller})
