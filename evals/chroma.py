"""A real Chroma server in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from calls.errors import AntesalaError
from evals.house import free_port

START_WITHIN_S = 60.0
PROGRAM = Path(sys.executable).with_name("chroma")


class ChromaDown(AntesalaError):
    """The server did not start."""


class ChromaServer:
    """One, with its files in `home`; the same address and files after each start."""

    def __init__(self, home: Path):
        self._home, self._port = home, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers. Blocks. Raises ChromaDown."""
        given = ("run", "--path", self._home, "--host", "127.0.0.1", "--port", str(self._port))
        self._process = subprocess.Popen([PROGRAM, *given], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=2).is_success:
                    return
            time.sleep(0.2)
        raise ChromaDown(f"`{PROGRAM.name} run` did not answer at {self.url}.")

    def kill(self) -> None:
        """At once, as a machine that fails."""
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def running() -> Iterator[ChromaServer]:
    """One while it runs. Raises ChromaDown."""
    with TemporaryDirectory(prefix="chroma") as home:
        server = ChromaServer(Path(home))
        try:
            server.start()
            yield server
        finally:
            server.kill()
