"""The phone: a process of its own that runs the SIP stack, one leg for each call.

Run as ``python -m lines.sip.phone FD`` by `lines.sip.line`; its set-up is the first word on the pipe at FD. What it is
told of a leg: answer, reject, mark, clear, hang_up, dial. What it tells: ready, registered, ring, up, key,
mark, gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from itertools import count
from typing import Any

from baresip import Account, BaresipError, Config, Event, Runtime, StackEvent, UserAgent
from baresip._native import lib  # type: ignore[import-not-found]
from baresip.call import Call
from baresip.errors import AudioNotActive, AudioRestarted

from lines.sip.account import PhoneSet, Registration
from lines.sip.gate import Gate
from lines.sip.pipe import Pipe
from lines.sip.sources import keep_strangers_out

_log = logging.getLogger(__name__)

TICK_S = 0.01
AHEAD_S = 0.06
"""Sound kept with the stack, which sends a packet every 20 ms whatever we do."""
MOST_READ = 3_840
"""Bytes taken from the stack at a time: six times what comes in a tick, of wide band."""
ANSWER_WITHIN_S = 10.0
CODECS = ("g722/16000/1", "pcmu", "pcma")
HEADERS = (
    "P-Asserted-Identity", "Privacy", "Diversion", "History-Info", "Attestation-Info", "P-Attestation-Indicator",
)  # fmt: skip
LEAK_S = 2.0
"""How long the stack may hold more calls than we know of, before the phone is started anew."""
LEAKED = 3
"""The exit code that says so."""


class Leg:
    """One call of the stack, and what is still to be sent on it."""

    def __init__(self, number: int, call: Call, pipe: Pipe):
        self.number, self.call, self._pipe = number, call, pipe
        self.up = False
        self._to_send = bytearray()
        self._handed = 0
        """Bytes given to the stack since the call began."""
        self._marks: deque[tuple[int, str]] = deque()

    def tell(self, what: str, **more: Any) -> None:
        self._pipe.tell(self.number, what, **more)

    def send(self, pcm: bytes) -> None:
        self._to_send += pcm

    def mark(self, name: str) -> None:
        self._marks.append((self._handed + len(self._to_send), name))

    def clear(self) -> None:
        self._to_send.clear()
        with suppress(AudioNotActive, AudioRestarted):
            self.call.audio.flush_tx()
        while self._marks:
            self.tell("mark", name=self._marks.popleft()[1])

    def hear_no_strangers(self) -> None:
        """Once more whenever the far end names where its sound comes from."""
        try:
            keep_strangers_out(self.call.call_id or "")
        except OSError as error:
            _log.error("sound is taken from anywhere: the kernel takes no filter (%s)", error.strerror)

    def tick(self) -> None:
        """Carries sound both ways."""
        try:
            audio = self.call.audio
            if heard := audio.read(MOST_READ):
                self._pipe.sound(self.number, heard)
            info = audio.info()
            room = int(AHEAD_S * info.tx_sample_rate) * 2 - info.tx_buffered
            waiting = info.tx_buffered
            if room > 0 and self._to_send:
                taken = audio.write(bytes(self._to_send[:room]))
                del self._to_send[:taken]
                self._handed += taken
                waiting += taken
        except (AudioNotActive, AudioRestarted):
            return
        while self._marks and self._marks[0][0] <= self._handed - waiting:
            self.tell("mark", name=self._marks.popleft()[1])


class Phone:
    """Answers what the house says to answer."""

    def __init__(self, pipe: Pipe, setup: PhoneSet):
        self._pipe, self._setup = pipe, setup
        self._legs: dict[int, Leg] = {}
        self._numbers = count(1)
        self._dialled: set[int] = set()
        """Calls of ours that are being placed, and are still wanted."""
        self._runtime = Runtime()
        self._agent: UserAgent
        """The one that dials: the trunk's, where there is one."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Starts the stack; from here on calls ring."""
        local, most = self._setup.address, self._setup.most
        with in_real_time():
            await self._runtime.start(Config(
                net_interface=None if ip_is_any(local) else local,
                max_concurrent_calls=most * 2,  # a warm transfer has two legs
                rtp_timeout=30,
                expose_headers=HEADERS,
                extra_config_text=f"sip_listen {self._setup.listen}\naudio_jitter_buffer_type fixed\n"
                f"audio_jitter_buffer_ms 20-60\nrtp_ports {self._setup.rtp_ports}\n",
            ))  # fmt: skip
        self._gate = Gate([ip_network(each, strict=False) for each in self._setup.allow])
        anyone = Account(
            "antesala",
            self._setup.listen,
            "",
            reg_interval=0,
            audio_codecs=CODECS,
            extra_params=("catchall=yes", "mediaenc=srtp"),
        )
        self._agent = await self._answering(anyone)
        if trunk := self._setup.register:
            self._agent = await self._answering(_account(trunk))
            self._agent.on(self._registration)
        self._pipe.tell(0, "ready")
        if trunk:
            self._errand(self._register())

    async def _answering(self, account: Account) -> UserAgent:
        agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
        agent.on_incoming(self._rings)
        return agent

    async def _register(self) -> None:
        try:
            await self._agent.register()
        except BaresipError:
            return  # told of by `_registration`; the stack tries again by itself

    def _registration(self, event: StackEvent) -> None:
        match event.event:
            case Event.REGISTER_OK:
                self._pipe.tell(0, "registered", ok=True, why="")
            case Event.REGISTER_FAIL:
                self._pipe.tell(0, "registered", ok=False, why=event.text or "no answer")

    # --- calls ----------------------------------------------------------------------------------------

    def _rings(self, call: Call) -> None:
        number = next(self._numbers) * 2
        self._follow(number, call)
        leg = self._legs[number]
        headers = {name.lower(): value for name, value in call.headers.items()}
        leg.tell("ring", caller=call.peer or "", ref=call.call_id or "", headers=headers)

    def _follow(self, number: int, call: Call) -> Callable[[StackEvent], None]:
        """From here on the house is told of the call; what it is told by is returned."""
        leg = self._legs[number] = Leg(number, call, self._pipe)

        def happened(event: StackEvent) -> None:
            match event.event:
                case Event.CALL_REMOTE_SDP:
                    leg.hear_no_strangers()
                case Event.CALL_ESTABLISHED:
                    leg.hear_no_strangers()
                    self._errand(self._up(leg))
                case Event.CALL_DTMF_START if event.text:
                    leg.tell("key", key=event.text)
                case Event.CALL_RINGING | Event.CALL_PROGRESS:
                    leg.tell("ringing")
                case Event.CALL_CLOSED:
                    self._legs.pop(number, None)
                    leg.tell("gone", why=event.text or "")

        call.on(happened)
        return happened

    async def _up(self, leg: Leg) -> None:
        """The call is answered; its sound begins once both directions are there."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not leg.up and leg.number in self._legs:
                with suppress(AudioNotActive, AudioRestarted):
                    info = leg.call.audio.info()
                    if info.tx_ready and info.rx_ready:
                        leg.up = True
                        leg.tell("up", rate=info.rx_sample_rate)
                await asyncio.sleep(TICK_S)

    async def obey(self) -> None:
        """Does what the house says until it has gone."""
        async for number, told in self._pipe.messages():
            leg = self._legs.get(number)
            if isinstance(told, bytes):
                if leg:
                    leg.send(told)
            elif told["is"] == "dial":
                self._dialled.add(number)
                self._errand(self._dial(number, told["uri"], told["headers"]))
            elif leg:
                self._act(leg, told)
            elif told["is"] == "hang_up":
                self._dialled.discard(number)

    def _act(self, leg: Leg, told: dict[str, Any]) -> None:
        match told:
            case {"is": "mark", "name": name}:
                leg.mark(name)
            case {"is": "clear"}:
                leg.clear()
            case {"is": "answer"}:
                self._errand(leg.call.answer(video=True))  # a spurious re-INVITE follows otherwise
            case {"is": "reject"}:
                self._errand(leg.call.reject())
            case {"is": "hang_up"}:
                self._errand(leg.call.hangup())

    async def _dial(self, number: int, uri: str, headers: dict[str, str]) -> None:
        """What becomes of the call before the stack has given it to us is told as well."""
        early: list[StackEvent] = []
        self._runtime.subscribe(early.append)
        try:
            call = await self._agent.dial(uri, headers)
        except (BaresipError, ValueError) as error:
            self._pipe.tell(number, "gone", why=str(error))
            return
        finally:
            self._runtime.unsubscribe(early.append)
            wanted = number in self._dialled
            self._dialled.discard(number)
        follow = self._follow(number, call)
        for event in early:
            if event.call == call.handle:
                follow(event)
        if not wanted:
            self._errand(call.hangup())

    async def carry(self) -> None:
        """Sound, for as long as the phone lives."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for leg in tuple(self._legs.values()):
                if leg.up:
                    leg.tick()
            due = max(due + TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def watch(self) -> None:
        """Ends the process when the stack holds calls that nobody knows of, as soon as no other call suffers by it."""
        since: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LEAK_S / 2)
            _, counted = await self._runtime.cmd(lib.BP_CMD_CALL_COUNT)
            leaks = json.loads(counted)["calls"] > len(self._legs)
            since = (since or loop.time()) if leaks else None
            if since and loop.time() - since >= LEAK_S and not self._legs:
                os._exit(LEAKED)

    def _errand(self, work: Any) -> None:
        async def kindly() -> None:
            with suppress(BaresipError, TimeoutError):
                await work

        task = asyncio.create_task(kindly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for leg in tuple(self._legs.values()):
            with suppress(BaresipError):
                await leg.call.hangup()
        await self._runtime.close()


def _account(trunk: Registration) -> Account:
    return Account(
        trunk.user, trunk.domain, trunk.password, registrar=trunk.proxy, reg_interval=300,
        transport=trunk.transport, auth_user=trunk.auth, audio_codecs=CODECS,  # type: ignore[arg-type]
        extra_params=("mediaenc=srtp",) if trunk.transport == "tls" else (),
    )  # fmt: skip


def ip_is_any(address: str) -> bool:
    return address in ("0.0.0.0", "::")  # nosec B104: compared, not bound


async def run(fd: int) -> None:
    """The whole life of a phone."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd), limit=2**20)
    pipe = Pipe(reader, writer)
    _, setup = await anext(pipe.messages())
    assert isinstance(setup, dict)
    phone = Phone(pipe, PhoneSet.from_json(setup["set"]))
    try:
        await phone.open()
    except BaresipError as error:
        pipe.tell(0, "broken", why=str(error))
        await writer.drain()
        return
    chores = [asyncio.create_task(chore) for chore in (phone.carry(), phone.watch(), phone.obey())]
    await asyncio.wait(chores, return_when=asyncio.FIRST_COMPLETED)
    with suppress(BaresipError, TimeoutError):
        async with asyncio.timeout(3):
            await phone.close()


def _only_we_complain() -> None:
    """libre writes a line to standard error for every datagram it cannot read: a flood of them is nobody's reading."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)


@contextmanager
def in_real_time() -> Generator[None]:
    """Threads that are begun meanwhile, and theirs, run as soon as they are due (sched(7)), where we may ask for it.

    The stack sends a packet every 20 ms from a thread of each call: among ordinary threads it would wait its turn.
    """
    ordinary = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *ordinary)


def _first_in_line() -> None:
    """Sound is due every 20 ms, whatever else this machine does: where we may, we come first."""
    with suppress(OSError):
        os.nice(-10)


if __name__ == "__main__":
    _only_we_complain()
    _first_in_line()
    logging.basicConfig(level=logging.ERROR)
    try:
        asyncio.run(run(int(sys.argv[1])))
    finally:
        os._exit(0)  # a stack that will not close would otherwise keep the process
