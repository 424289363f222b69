"""A real PostgreSQL server in a folder of its own, reached by a socket file; a new database for whoever asks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from calls.errors import AntesalaError

_USER = "postgres"
_numbers = count()


def found() -> Path | None:
    """The folder of its programs; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    return next((each for each in folders if (each / "initdb").exists()), Path(on_path).parent if on_path else None)


class NoPostgres(AntesalaError):
    """PostgreSQL, or its driver, is not installed."""


class Server:
    """One, in `home`: its socket and its files."""

    def __init__(self, home: Path, programs: Path):
        self.home, self._programs = home, programs

    def start(self) -> None:
        options = f"-k {self.home} -c listen_addresses='' -c fsync=off -c shared_buffers=32MB"
        self._control("-w", "-l", self.home / "log", "-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def _control(self, *given: object) -> None:
        _run(self._programs / "pg_ctl", "-D", self.home / "data", *given)


@contextmanager
def running() -> Iterator[Server]:
    """One while it runs. Raises NoPostgres."""
    programs = found()
    if programs is None or find_spec("psycopg") is None:
        raise NoPostgres("PostgreSQL or psycopg is not installed: apt-get install postgresql, pip install psycopg.")
    with TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        home = Path(folder)
        if os.getuid() == 0:  # it refuses to run as root
            shutil.chown(home, _USER, _USER)
        _run(programs / "initdb", "-D", home / "data", "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8")
        server = Server(home, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def database(server: Server) -> str:
    """SQLAlchemy's address of a new, empty database."""
    import psycopg

    name = f"records{next(_numbers)}"
    with psycopg.connect(host=str(server.home), user=_USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://{_USER}@/{name}?host={server.home}"


def _run(program: Path, *given: object) -> None:
    as_them = ["runuser", "-u", _USER, "--"] if os.getuid() == 0 else []
    subprocess.run([*as_them, program, *map(str, given)], check=True, capture_output=True, cwd="/")
