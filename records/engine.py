"""The database: opened, brought up to the newest schema, and written to by one thread."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from calls.errors import EngineError, SettingsError
from calls.sealing import NO_KEYS, Keys
from records import sealed
from records.tables import EventTable, MessageTable, PromiseTable

T = TypeVar("T")

BUSY_S = 0.6
"""How long a write waits for another program that holds the SQLite file."""
_WRITING = 0x616E7461
"""The lock under which servers with the same PostgreSQL write."""
BATCH = 64
"""At most so many waiting writes share one commit."""
_BEFORE = "-before-"


def open_engine(url: str, busy_s: float = BUSY_S, keys: Keys | None = None) -> Engine:
    """An engine on `url`, its schema up to date. Blocks (about 0.1 s). Raises SettingsError if it cannot.

    `keys`: of what is sealed there, which have to fit; None: for whoever reads nothing of calls.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(
            parsed, hide_parameters=True, pool_pre_ping=parsed.get_backend_name() != "sqlite", json_serializer=_compact
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            f"ANTESALA_DATABASE_URL cannot be used ({error}). Use sqlite:///path/to/records.sqlite or a"
            " postgresql+psycopg:// address, with its driver installed."
        ) from error
    sealed.use(keys or NO_KEYS, engine)
    if parsed.get_backend_name() == "sqlite":
        _make_durable(engine, busy_s)
    try:
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        _migrate(engine)
    except (OSError, SQLAlchemyError) as error:
        engine.dispose()
        raise SettingsError(
            f"The records cannot be kept in {parsed.render_as_string()}: {_reason(error)}."
            " Make that place writable, or choose another with ANTESALA_DATA or ANTESALA_DATABASE_URL."
        ) from error
    if keys is not None:
        sealed.check((EventTable, MessageTable, PromiseTable), engine)
    return engine


class DatabaseDown(EngineError):
    """The database itself cannot be used now; another write would fail as well."""


def trouble(error: SQLAlchemyError) -> EngineError:
    """What went wrong with the database, in words without any of the data."""
    down = isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)
    return (DatabaseDown if down else EngineError)("records", _reason(error))


class Writer:
    """One thread that writes. Writes that wait together share one commit; each is acknowledged once it is on disk."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._waiting: deque[_Job[Any]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="records-writer")

    async def write(self, work: Callable[[Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Runs `work` in a transaction; returns once it is committed. Raises EngineError.

        `then` runs on the loop right after the commit, in the order of commits, even if whoever waits was cancelled.
        """
        loop = asyncio.get_running_loop()
        job: _Job[T] = _Job(work, then, loop, loop.create_future())
        self._waiting.append(job)
        loop.run_in_executor(self._thread, self._commit_waiting)
        return await job.done

    async def close(self) -> None:
        """Returns once everything handed in is written."""
        await asyncio.to_thread(self._thread.shutdown)

    def _commit_waiting(self) -> None:
        """Takes all that waits; whoever comes after finds nothing left to do."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
        if batch:
            self._commit(batch)

    def _commit(self, batch: list[_Job[Any]]) -> None:
        """All in one transaction, or else each in its own so that one that fails harms no other."""
        try:
            with self._engine.begin() as connection:
                _one_after_another(connection)
                results = [job.work(connection) for job in batch]
        except Exception as error:  # whatever `work` raises is for the one who waits
            if len(batch) == 1:
                batch[0].fail(trouble(error) if isinstance(error, SQLAlchemyError) else error)
            else:
                for job in batch:
                    self._commit([job])
        else:
            for job, result in zip(batch, results, strict=True):
                job.succeed(result)


@dataclass
class _Job(Generic[T]):
    work: Callable[[Connection], T]
    then: Callable[[T], None] | None
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[T]

    def succeed(self, result: T) -> None:
        self._on_loop(self._succeed, result)

    def fail(self, error: Exception) -> None:
        self._on_loop(self._fail, error)

    def _on_loop(self, tell: Callable[[Any], None], what: object) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(tell, what)

    def _succeed(self, result: T) -> None:
        if self.then:
            self.then(result)
        if not self.done.done():
            self.done.set_result(result)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


def _one_after_another(connection: Connection) -> None:
    """Servers with the same records commit in the order of their rows' numbers, so that cursors miss nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITING})


def _migrate(engine: Engine) -> None:
    """Brings the schema up to date; a file that has to be changed for it is copied first."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    if now == newest:
        return
    if now is not None and engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        copy(file, earlier(file, f"upgrade-from-{now}"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def copy(source: Path, to: Path) -> None:
    """The database as it stands at this moment, also while others write (https://sqlite.org/backup.html)."""
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)
    to.chmod(0o600)


def earlier(file: Path, cause: str) -> Path:
    """Where the state of `file` before `cause` is kept: beside it."""
    return file.with_name(f"{file.stem}{_BEFORE}{cause}{file.suffix}")


def all_earlier(file: Path) -> Iterator[Path]:
    """Every earlier state of `file` that is kept."""
    return file.parent.glob(f"{file.stem}{_BEFORE}*{file.suffix}")


def _make_durable(engine: Engine, busy_s: float) -> None:
    """WAL with a flush to disk at every commit (docs/decisions/0004-every-event-is-on-disk-before-it-is-spoken.md)."""

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_s * 1000)}")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _reason(error: Exception) -> str:
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    for sign, reason in _REASONS.items():
        if sign in said:
            return reason
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return f"the database failed ({type(cause).__name__})"


_REASONS = {
    "locked": "the database is locked by another program",
    "disk is full": "the disk is full",
    "no space left": "the disk is full",
    "readonly": "the database is read-only",
    "read-only": "the database is read-only",
    "permission denied": "this user may not write there",
    "unable to open": "the database file cannot be opened",
    "disk i/o": "the disk failed",
    "unique constraint": "that is on record already",
    "foreign key": "there is no such call",
    "not a database": "the file is not a database",
}
