"""A GGUF file served by llama.cpp (xllamacpp) in a process of its own, over the OpenAI protocol on loopback.

The child ends with its parent: it reads its orders from standard input and stops when that is closed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

from calls.errors import WeightsError

LOAD_S = 120.0
"""How long a file may take to load."""
REST_S = 2.0
"""Pause before a server that died is started again."""
CONTEXT = 8192
"""Tokens of context, shared by the calls answered at once."""
SLOTS = 2
"""Requests answered at once; each keeps the prompt it has read, so that only what is new is read again."""


class GgufServer:
    """Keeps one model file served at `url` from `start` to `stop`; started again if it dies."""

    def __init__(self, path: Path):
        self.path = path
        self.key = secrets.token_urlsafe(24)
        """What the server asks for: other users of this machine can't talk to it."""
        self._port = _free_port()
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Base URL of chat completions, ``/v1`` included."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def start(self) -> None:
        """Returns once the model answers. Raises WeightsError when the file can't be served."""
        self._process = await self._serve()
        self._keeper = asyncio.create_task(self._keep(self._process))

    async def stop(self) -> None:
        """Ends the child. May be called again."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process:
            await _end(self._process)

    async def _keep(self, process: Process) -> None:
        while True:
            await process.wait()
            await asyncio.sleep(REST_S)
            try:
                self._process = process = await self._serve()
            except WeightsError:
                continue

    async def _serve(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "agent.gguf",
            cwd=Path(__file__).parent.parent,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
        )
        assert process.stdin and process.stdout
        order = {"path": str(self.path.resolve()), "port": self._port, "key": self.key}
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            async with asyncio.timeout(LOAD_S):
                told = await process.stdout.readline()
        except TimeoutError:
            told = b""
        except BaseException:
            await _end(process)
            raise
        if told.strip() != b"ready":
            await _end(process)
            mend = "Check that the file is complete, that memory suffices, and that xllamacpp knows this kind of model."
            raise WeightsError("mind", f"{self.path} can't be served. {mend}")
        return process


async def _end(process: Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(5.0):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(order: dict[str, Any]) -> None:
    """The child: serves the file until standard input is closed."""
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = order["path"]
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], order["port"], [order["key"]]
    params.n_ctx, params.n_parallel, params.kv_unified = CONTEXT, SLOTS, True
    params.cache_ram_mib, params.enable_reasoning = 512, 0
    params.cache_prompt, params.ui, params.endpoint_slots, params.verbosity = True, False, False, 0
    server = Server(params)
    print("ready", flush=True)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    serve(json.loads(sys.stdin.readline()))
