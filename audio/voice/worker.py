"""A process of our own that makes sound: asked over pipes, started on demand, replaced when it dies or hangs.

Each request is a line of JSON with an `id`; each reply is a header (id, status, length) and that many bytes: PCM, or
the words of an error. A worker ends by itself when its input closes, so none outlives us.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
from asyncio.subprocess import PIPE, Process
from itertools import count
from typing import Any

from calls.errors import EngineError, EngineLate

HEADER = struct.Struct("<IBI")
"""Request id, status (0 is sound, 1 an error), bytes that follow."""
STARTING_S = 20.0
"""Time a fresh process gets on top of its first request's own."""


class Worker:
    """`python -m module` as a servant. Requests may overlap; replies find their own askers."""

    def __init__(self, engine: str, module: str):
        self._engine, self._module = engine, module
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._ids = count(1)
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._process.pid if self._process else None

    async def ask(self, patience: float, **request: Any) -> bytes:
        """The reply to `request`, within `patience` seconds. A worker found dead is replaced and asked once more.

        Raises EngineLate (the worker is then replaced) or EngineError.
        """
        try:
            return await self._ask_once(patience, request)
        except _Gone:
            try:
                return await self._ask_once(patience, request)
            except _Gone:
                raise EngineError(self._engine, "its process ends as soon as it is asked to speak") from None

    async def close(self) -> None:
        """Ends the process."""
        process, reading, self._process, self._reading = self._process, self._reading, None, None
        if process and process.returncode is None:
            process.kill()
        if reading:
            await reading
        if process:
            await process.wait()

    async def _ask_once(self, patience: float, request: dict[str, Any]) -> bytes:
        process, fresh = await self._running()
        number = next(self._ids) % 2**32
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            async with asyncio.timeout(patience + (STARTING_S if fresh else 0)):
                assert process.stdin is not None
                process.stdin.write(json.dumps({"id": number, **request}).encode() + b"\n")
                await process.stdin.drain()
                return await reply
        except TimeoutError:
            if process.returncode is None:
                process.kill()
            raise EngineLate(self._engine, f"no sound within {patience:g} s; its process is replaced") from None
        except (ConnectionError, RuntimeError):
            raise _Gone from None
        finally:
            del self._waiting[number]

    async def _running(self) -> tuple[Process, bool]:
        """The process, and whether it has just been started."""
        async with self._starting:
            if self._process and self._process.returncode is None and self._reading and not self._reading.done():
                return self._process, False
            await self.close()
            paths = os.pathsep.join(filter(None, sys.path))
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE,
                    env={**os.environ, "PYTHONPATH": paths},
                    start_new_session=True,  # Ctrl-C is for the house: it still has its goodbyes to say
                )  # fmt: skip
            except OSError as error:
                raise EngineError(self._engine, f"its process cannot be started: {error}") from error
            self._reading = asyncio.create_task(self._read(self._process))
            return self._process, True

    async def _read(self, process: Process) -> None:
        """Hands replies to their askers until the process ends."""
        assert process.stdout is not None
        try:
            while True:
                number, status, size = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
                body = await process.stdout.readexactly(size)
                reply = self._waiting.get(number)
                if reply and not reply.done():
                    if status == 0:
                        reply.set_result(body)
                    else:
                        reply.set_exception(EngineError(self._engine, body.decode(errors="replace")))
        except (asyncio.IncompleteReadError, ConnectionError):
            for reply in self._waiting.values():
                if not reply.done():
                    reply.set_exception(_Gone())


class _Gone(Exception):
    """The process ended before it answered."""
