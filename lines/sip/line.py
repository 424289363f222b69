"""The house's end of the phone: keeps its process alive, and gives each call to whoever answers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from calls.errors import AntesalaError
from calls.switchboard import AllBusy
from calls.wire import FRAME_S, Arrival, Converse, Pcm
from lines.numbers import identity_of
from lines.sip.account import PhoneSet
from lines.sip.pipe import Pipe

ROOT = Path(__file__).parents[2]
BACK_OFF_S = (0.2, 1.0, 5.0)
"""Waits between one phone that died and the next; the last one goes on."""
STEADY_S = 30.0
"""A phone that lived for so long starts again with the first of them."""

_log = logging.getLogger(__name__)


class SipLineError(AntesalaError):
    """The phone cannot work as it is set up."""


class SipCall:
    """One leg as a Wire, in or out."""

    marks = True

    def __init__(self, pipe: Pipe, number: int):
        self._pipe, self._number = pipe, number
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._gone = False
        self.rate = 8000
        self.up = asyncio.Event()
        """Set once it is answered, and when it is over."""
        self.why_gone = ""
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        """20 ms frames until the far end hangs up, or the phone dies."""
        rest, size = b"", int(self.rate * FRAME_S) * 2
        while (heard := await self._heard.get()) is not None:
            rest += heard
            while len(rest) >= size:
                yield np.frombuffer(rest[:size], "<i2").astype(np.int16)
                rest = rest[size:]

    async def send(self, pcm: Pcm) -> None:
        if not self._gone:
            self._pipe.sound(self._number, pcm.astype("<i2").tobytes())

    async def mark(self, name: str) -> None:
        self._tell("mark", name=name)

    async def clear(self) -> None:
        self._tell("clear")

    async def hang_up(self) -> None:
        self._tell("hang_up")
        self.over("hung up")

    def _tell(self, what: str, **more: Any) -> None:
        if not self._gone:
            self._pipe.tell(self._number, what, **more)

    # --- what the phone tells ---------------------------------------------------------------------------

    @property
    def answered(self) -> bool:
        return self.up.is_set() and not self._gone

    def hear(self, pcm: bytes) -> None:
        if not self._gone:
            self._heard.put_nowait(pcm)

    def heed(self, told: dict[str, Any]) -> None:
        match told:
            case {"is": "up", "rate": rate}:
                self.rate = rate
                self.up.set()
            case {"is": "key", "key": str(key)} if key in "0123456789*#":
                self.on_keys(key)
            case {"is": "mark", "name": name}:
                self.on_mark(name)
            case {"is": "gone", "why": why}:
                self.over(why)

    def over(self, why: str) -> None:
        if not self._gone:
            self._gone, self.why_gone = True, why
            self._heard.put_nowait(None)
            self.up.set()


class SipLine:
    """The phone while `run` runs. `full`: whether a caller cannot be answered now."""

    def __init__(self, setup: PhoneSet, converse: Converse, full: Callable[[Arrival], bool] = lambda arrival: False):
        self._setup, self._converse, self._full = setup, converse, full
        self._pipe: Pipe | None = None
        self._calls: dict[int, SipCall] = {}
        self._numbers = count(1, 2)  # ours are odd, the phone's even
        self._tasks: set[asyncio.Task[Any]] = set()
        self.ready = asyncio.Event()
        """Set while the phone takes calls."""
        self.registered: bool | None = None
        """None where nothing was heard of the registration yet, or there is none."""
        self.why_not = ""
        self.pid: int | None = None

    def check(self) -> None:
        """Raises SipLineError when the phone cannot be opened here."""
        if find_spec("baresip") is None:
            raise SipLineError("The telephone needs baresip-python: install it with `pip install 'antesala[sip]'`.")
        _can_listen(self._setup)

    async def run(self) -> None:
        """Keeps a phone alive until cancelled."""
        loop, fails = asyncio.get_running_loop(), 0
        try:
            while True:
                began = loop.time()
                await self._live()
                fails = 0 if loop.time() - began > STEADY_S else fails + 1
                pause = BACK_OFF_S[min(max(fails - 1, 0), len(BACK_OFF_S) - 1)]
                _log.warning("the phone's process ended; it is started again in %.1f s", pause)
                await asyncio.sleep(pause)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "lines.sip.phone", str(theirs.fileno()), pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
                start_new_session=True,  # Ctrl-C is for the house: callers are still to hear its goodbyes
            )  # fmt: skip
        self.pid = process.pid
        ours.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=ours, limit=2**20)
        self._pipe = pipe = Pipe(reader, writer)
        pipe.tell(0, "set up", set=self._setup.as_json())
        try:
            async with aclosing(pipe.messages()) as messages:
                async for number, told in messages:
                    self._heed(number, told)
        finally:
            self.ready.clear()
            self.registered, self._pipe, self.pid = None, None, None
            for call in self._calls.values():
                call.over("the phone's process ended")
            self._calls.clear()
            pipe.close()
            await _ended(process)

    def _heed(self, number: int, told: bytes | dict[str, Any]) -> None:
        call = self._calls.get(number)
        match told:
            case bytes():
                if call:
                    call.hear(told)
            case {"is": "ready"}:
                self.ready.set()
            case {"is": "registered", "ok": ok, "why": why}:
                if ok != self.registered:
                    _log.log(logging.INFO if ok else logging.WARNING, "SIP registration: %s", why or "in force")
                self.registered, self.why_not = ok, why
            case {"is": "broken", "why": why}:
                _log.error("the SIP stack could not start: %s", why)
            case {"is": "ring", "caller": caller, "ref": ref, "headers": headers}:
                who = identity_of(caller, headers)
                self._ring(number, Arrival("sip", who.number, ref or None, proof=who.proof, diverted=who.diverted))
            case _:
                if call:
                    call.heed(told)
                    if told["is"] == "gone":
                        self._calls.pop(number, None)

    def _ring(self, number: int, arrival: Arrival) -> None:
        assert self._pipe
        if self._full(arrival):
            self._pipe.tell(number, "reject")
            return
        call = self._calls[number] = SipCall(self._pipe, number)
        self._pipe.tell(number, "answer")
        task = asyncio.create_task(self._talk(call, arrival))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, call: SipCall, arrival: Arrival) -> None:
        await call.up.wait()
        if not call.answered:
            return
        try:
            await self._converse(call, arrival)
        except AllBusy:
            _log.info("a call came while every line was taken")
        except AntesalaError as error:
            _log.error("a call could not be answered to its end: %s", type(error).__name__)
        except Exception as error:
            _log.exception("a call ended in an unforeseen way: %s", type(error).__name__)
        finally:
            await call.hang_up()

    def dial(self, uri: str, headers: dict[str, str] | None = None) -> SipCall:
        """Calls `uri`; `up` of what is returned is set when it is answered or over. Raises SipLineError."""
        if self._pipe is None or not self.ready.is_set():
            raise SipLineError("The phone is not ready. Look at `antesala line check`.")
        number = next(self._numbers)
        call = self._calls[number] = SipCall(self._pipe, number)
        self._pipe.tell(number, "dial", uri=uri, headers=headers or {})
        return call


async def _ended(process: asyncio.subprocess.Process) -> None:
    """The process goes by itself once its pipe is closed, or is made to."""
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _can_listen(setup: PhoneSet) -> None:
    family = socket.AF_INET6 if ":" in setup.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((setup.address, setup.port))
        except OSError as error:
            raise SipLineError(
                f"{setup.listen} cannot be listened on for SIP ({error.strerror}). If another phone or PBX uses it, "
                "choose another with ANTESALA_SIP_LISTEN."
            ) from None
