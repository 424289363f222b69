"""`antesala bench lines`: the telephone under load, measured by telephones written from the RFCs (`lines_peer`)."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from calls.wire import Arrival, Pcm, Wire
from calls.words import CallRow, Event
from evals.lines_peer import SipPeer, ringing_sip
from lines.sip.account import PhoneSet
from lines.sip.line import SipLine

CALLS, LASTING_S = 20, 60.0
BLOCKED_S, EVERY_S = 0.15, 1.0
GAP_S, ANSWER_S, ALIKE = 0.040, 10.0, 0.99
JUNK, NO_CONTACT = 100_000, 60
KEYS = "0123456789*#"


@dataclass
class House:
    """Answers every call with a chirp, over and over, on an event loop of its own that is often blocked."""

    port: int
    said: Pcm
    keys: dict[str, list[str]] = field(default_factory=dict)
    heard: dict[str, list[Pcm]] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        ref = arrival.ref or ""
        keys, heard = self.keys.setdefault(ref, []), self.heard.setdefault(ref, [])
        wire.on_keys = keys.append
        talking = asyncio.create_task(self._talk(wire))
        try:
            async for pcm in wire.frames():
                heard.append(pcm)
        finally:
            talking.cancel()
        return None  # type: ignore[return-value]

    async def _talk(self, wire: Wire) -> None:
        size, at, due = wire.rate // 50, 0, asyncio.get_running_loop().time()
        while True:
            await wire.send(np.resize(np.roll(self.said, -at), size))
            at, due = (at + size) % len(self.said), due + 0.02
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    def run(self) -> None:
        """The life of its thread."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        line = SipLine(PhoneSet(f"127.0.0.1:{self.port}"), self)
        running = asyncio.create_task(line.run())
        await line.ready.wait()
        self.ready.set()
        while not self.over.is_set():
            await asyncio.sleep(EVERY_S - BLOCKED_S)
            time.sleep(BLOCKED_S)  # noqa: ASYNC251 (the very thing that is measured)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def chirp() -> Pcm:
    """A second that is like itself nowhere but in its place."""
    at = np.arange(8000) / 8000
    return (np.sin(2 * np.pi * (300 * at + 600 * at**2)) * 8000).astype(np.int16)


def alike(sound: Pcm, part: Pcm) -> float:
    """The best likeness of `part` anywhere in `sound`, 0..1."""
    whole, piece = sound.astype(float), part.astype(float)
    products = np.correlate(whole, piece, "valid")
    energy = np.sqrt(np.convolve(whole**2, np.ones(len(piece)), "valid") * (piece**2).sum())
    return float((products / np.maximum(energy, 1)).max())


@contextmanager
def _house() -> Generator[House]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    house = House(port, chirp())
    thread = threading.Thread(target=house.run)
    thread.start()
    try:
        if not house.ready.wait(20):
            raise RuntimeError("the telephone did not open")
        yield house
    finally:
        house.over.set()
        thread.join()


async def _crowd(house: House, calls: int, lasting_s: float) -> tuple[float, int, float]:
    """The longest gap in any call, the calls whose every key came through, the worst likeness of what was heard."""
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(ringing_sip(house.port)) for _ in range(calls)]
        await asyncio.gather(*(peer.final() for peer in peers))
        await asyncio.sleep(0.5)

        async def talk(peer: SipPeer) -> None:
            await peer.say(np.concatenate([chirp()] * 2))
            await peer.press(KEYS)

        for peer in peers:
            peer.heard.clear()
        began = time.monotonic()
        await asyncio.gather(*(talk(peer) for peer in peers))
        await asyncio.sleep(max(0.0, lasting_s - (time.monotonic() - began)))
        gap = max(peer.longest_gap() for peer in peers)
        whole = sum("".join(house.keys[peer.call_id]) == KEYS for peer in peers)
        likeness = min(alike(np.concatenate(house.heard[peer.call_id]), chirp()[2000:6000]) for peer in peers)
    return gap, whole, likeness


async def _attacked(port: int, junk: int, unusable: int) -> tuple[float, float, int]:
    """The longest gap of a call in progress, how long the next waits, and how many unusable INVITEs got their 400."""
    async with ringing_sip(port) as running:
        await running.final()
        await asyncio.sleep(0.5)
        running.heard.clear()
        await asyncio.to_thread(_throw, port, junk)
        refused = 0
        for _ in range(unusable):
            async with ringing_sip(port, contact=None) as peer:
                refused += await peer.final() == 400
        began = time.monotonic()
        async with ringing_sip(port) as next_one:
            await next_one.final(ANSWER_S)
            return running.longest_gap(), time.monotonic() - began, refused


def _throw(port: int, count: int) -> None:
    kinds = [b"", b"\0" * 1200, os.urandom(600), b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"OPTIONS " + b"a" * 5000,
             b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK1\r\n\r\n"]  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thrower:
        for n in range(count):
            thrower.sendto(kinds[n % len(kinds)], ("127.0.0.1", port))
            if n % 200 == 199:
                time.sleep(0.01)


def run(reports: Path, calls: int = CALLS, lasting_s: float = LASTING_S, junk: int = JUNK) -> int:
    """Measures, prints a table, writes `lines.md`; the number of bars that were missed."""
    with _house() as house:
        gap, whole, likeness = asyncio.run(_crowd(house, calls, lasting_s))
    with _house() as house:
        attacked_gap, waited, refused = asyncio.run(_attacked(house.port, junk, NO_CONTACT))
    rows = [
        (f"longest outgoing gap, {calls} calls, {lasting_s:.0f} s, loop blocked 150 ms a second",
         f"{gap * 1000:.0f} ms", gap <= GAP_S),
        ("calls with 12 of 12 keys", f"{whole} of {calls}", whole == calls),
        ("worst likeness of what was heard", f"{likeness:.4f}", likeness >= ALIKE),
        (f"longest gap while {junk} malformed datagrams come",
         f"{attacked_gap * 1000:.0f} ms", attacked_gap <= 2 * GAP_S),
        (f"{NO_CONTACT} INVITEs without Contact get 400", f"{refused} of {NO_CONTACT}", refused == NO_CONTACT),
        ("the next call is answered after", f"{waited:.2f} s", waited <= ANSWER_S),
    ]  # fmt: skip
    table = Table("what", "measured", "holds")
    for what, measured, holds in rows:
        table.add_row(what, measured, "yes" if holds else "no")
    Console().print(table)
    reports.mkdir(parents=True, exist_ok=True)
    lines = [f"| {what} | {measured} | {'yes' if holds else 'no'} |" for what, measured, holds in rows]
    (reports / "lines.md").write_text("\n".join(["| what | measured | holds |", "|---|---|---|", *lines]) + "\n")
    return sum(not holds for _, _, holds in rows)
