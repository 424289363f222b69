"""Copies of the records: taken while the house is open, before the schema changes, and put back.

For SQLite. A PostgreSQL server has its own tools (pg_dump, or a snapshot with its write-ahead log).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from calls.errors import SettingsError
from records.engine import copy, earlier, open_engine
from records.erasure import KEY, LOG, Erasures

RECORDS = "records.sqlite"


def back_up(url: str, data: Path, to: Path | None = None) -> Path:
    """One file with all that is on record, and the house's key; where it is. Blocks. Raises SettingsError."""
    source = _file(url)
    to = to or data / "backups" / f"antesala-{_now()}.tar"
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=to.parent) as folder:
            whole = Path(folder) / RECORDS
            copy(source, whole)
            half = Path(folder) / "half.tar"
            with tarfile.open(half, "w") as tar:
                tar.add(whole, RECORDS)
                for each in (data / KEY, data / LOG):
                    if each.exists():
                        tar.add(each, each.name)
            half.chmod(0o600)
            half.replace(to)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"No backup could be made at {to} ({error}). Give another place, or make room.") from None
    return to


def restore(backup: Path, url: str, data: Path) -> int:
    """Puts a backup in the place of the records, which are kept beside it; whoever was erased since is erased again.

    How many numbers that were. To be called while no house is open on `data`. Blocks. Raises SettingsError.
    """
    target = _file(url)
    try:
        with TemporaryDirectory(dir=data) as folder, tarfile.open(backup) as tar:
            tar.extractall(folder, filter="data")
            came = Path(folder)
            _whole(came / RECORDS, backup)
            if target.exists():
                copy(target, earlier(target, f"restore-{_now()}"))
            for each in ("-wal", "-shm"):
                target.with_name(target.name + each).unlink(missing_ok=True)
            (came / RECORDS).replace(target)
            if (came / KEY).exists() and not (data / KEY).exists():
                shutil.move(came / KEY, data / KEY)
            _join_logs(came / LOG, data / LOG)
    except (OSError, tarfile.TarError, sqlite3.Error) as error:
        raise SettingsError(f"{backup} could not be put back ({error}). The records are as they were.") from None
    engine = open_engine(url)
    try:
        return Erasures(data).replay(engine)
    finally:
        engine.dispose()


def _join_logs(came: Path, ours: Path) -> None:
    """Erasures that either side knows of."""
    lines = [line for each in (came, ours) if each.exists() for line in each.read_text().splitlines()]
    if lines:
        half = ours.with_suffix(".half")
        half.write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)))
        half.replace(ours)


def _whole(records: Path, backup: Path) -> None:
    if not records.exists():
        raise SettingsError(f"{backup} is no backup of Antesala: there is no {RECORDS} in it. Choose another file.")
    with closing(sqlite3.connect(records)) as database:
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise SettingsError(f"{backup} is damaged. Choose another backup; the records are as they were.")


def _file(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise SettingsError("The records are kept by a database server: use its own tools, such as pg_dump.")
    return Path(parsed.database)


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
