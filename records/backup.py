"""Copies of the records and recordings: taken while the house is open, before the schema changes, and put back.

What is sealed stays sealed in them; its key is not among what is copied.

For SQLite. A PostgreSQL server has its own tools (pg_dump, or a snapshot with its write-ahead log).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from calls.errors import SettingsError
from calls.sealing import NO_KEYS, Keys
from records.engine import copy, earlier, open_engine
from records.erasure import KEY, LOG, Erasures
from records.recordings import RECORDINGS, kept, prune

FILE = "records.sqlite"


def back_up(url: str, data: Path, to: Path | None = None) -> Path:
    """One file with all that is on record, the recordings and the house's key; where it is. Blocks.

    Raises SettingsError.
    """
    source = _file(url)
    to = to or data / "backups" / f"antesala-{_now()}.tar"
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=to.parent) as folder:
            whole = Path(folder) / FILE
            copy(source, whole)
            half = Path(folder) / "half.tar"
            with tarfile.open(half, "w") as tar:
                tar.add(whole, FILE)
                for each in (data / KEY, data / LOG):
                    if each.exists():
                        tar.add(each, each.name)
                for each in kept(data):
                    _add(each, tar)
            half.chmod(0o600)
            half.replace(to)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"No backup could be made at {to} ({error}). Give another place, or make room.") from None
    return to


def restore(backup: Path, url: str, data: Path, keys: Keys = NO_KEYS) -> int:
    """Puts a backup in the place of the records, which are kept beside it; whoever was erased since is erased again.

    How many numbers that were. Recordings come back with the records that agree to them; no others stay. To be called
    while no house is open on `data`. Blocks. Raises SettingsError.
    """
    target = _file(url)
    try:
        with TemporaryDirectory(dir=data) as folder, tarfile.open(backup) as tar:
            tar.extractall(folder, filter="data")
            came = Path(folder)
            _whole(came / FILE, backup)
            if target.exists():
                copy(target, earlier(target, f"restore-{_now()}"))
            for each in ("-wal", "-shm"):
                target.with_name(target.name + each).unlink(missing_ok=True)
            (came / FILE).replace(target)
            if (came / KEY).exists() and not (data / KEY).exists():
                shutil.move(came / KEY, data / KEY)
            _join_logs(came / LOG, data / LOG)
            for recording in kept(came):
                (data / RECORDINGS).mkdir(mode=0o700, exist_ok=True)
                recording.replace(data / RECORDINGS / recording.name)
    except (OSError, tarfile.TarError, sqlite3.Error) as error:
        raise SettingsError(f"{backup} could not be put back ({error}). The records are as they were.") from None
    engine = open_engine(url, keys=keys)
    try:
        again = Erasures(data).replay(engine)
        with engine.connect() as connection:
            prune(data, connection)
        return again
    finally:
        engine.dispose()


def _add(recording: Path, tar: tarfile.TarFile) -> None:
    """One that is deleted at this very moment is left out."""
    with suppress(FileNotFoundError):
        tar.add(recording, f"{RECORDINGS}/{recording.name}")


def _join_logs(came: Path, ours: Path) -> None:
    """Erasures that either side knows of."""
    lines = [line for each in (came, ours) if each.exists() for line in each.read_text().splitlines()]
    if lines:
        half = ours.with_suffix(".half")
        half.write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)))
        half.replace(ours)


def _whole(records: Path, backup: Path) -> None:
    if not records.exists():
        raise SettingsError(f"{backup} is no backup of Antesala: there is no {FILE} in it. Choose another file.")
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
