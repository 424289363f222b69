"""A house in a process of its own, to be measured from outside."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from calls.errors import AntesalaError

ROOT = Path(__file__).parent.parent
START_WITHIN_S = 180.0


class HouseDown(AntesalaError):
    """The house under test did not open."""


@dataclass(frozen=True, slots=True)
class House:
    """Where it answers, and its process."""

    base: str
    process: psutil.Process

    def memory_mb(self) -> float:
        """Memory held by it and its worker processes, in MB: each one's own, shared pages counted once."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(each.memory_full_info().pss for each in family if each.is_running())) / 1e6


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def opened(command: Sequence[str], log: Path, **environment: str) -> AsyncGenerator[House]:
    """Runs ``python COMMAND`` with `environment`, at a free port where it names none, until ready. Raises HouseDown."""
    port = int(environment.get("ANTESALA_PORT") or free_port())
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as lines:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            stdout=lines,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"ANTESALA_PORT": str(port)} | environment,
        )
    house = House(f"http://127.0.0.1:{port}", psutil.Process(child.pid))
    try:
        await _ready(house, child, log)
        yield house
    finally:
        if child.returncode is None:
            child.terminate()
        try:
            async with asyncio.timeout(20):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


async def _ready(house: House, child: asyncio.subprocess.Process, log: Path) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + START_WITHIN_S
    async with httpx.AsyncClient() as web:
        while loop.time() < until:
            if child.returncode is not None:
                raise HouseDown(f"The server ended at once; {log} says why.")
            try:
                if (await web.get(f"{house.base}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.3)
            await asyncio.sleep(0.2)
    raise HouseDown(f"The server was not ready within {START_WITHIN_S:.0f} s; {log} says why.")
