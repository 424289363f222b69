"""`antesala bench crash`: killed at any moment, nothing that was noted is lost or there twice.

A child process answers calls with real records and tells each event once it is acknowledged; it is killed (SIGKILL) at
a random moment. Every fourth child finds the database locked by another program, so that it writes ahead of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
from collections import Counter
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from calls.words import Caller, CallRow, Event, Heard, Message, Promise
from records.ahead import AHEAD
from records.store import Store, open_records

KILLS, CALLS, LONGEST_S = 200, 3, 0.25
SEED = 7
_CHILD = "import asyncio, sys; from evals.crash import answer; asyncio.run(answer(sys.argv[1]))"


@dataclass
class Result:
    """`noted` events over all kills; how many of them were lost or doubled, and calls that were not recovered."""

    kills: int = 0
    noted: int = 0
    lost: int = 0
    doubled: int = 0
    not_recovered: int = 0
    locked: int = 0

    @property
    def missed(self) -> int:
        return self.lost + self.doubled + self.not_recovered


async def answer(folder: str) -> None:
    """The child: calls that never end, each event told on standard output once it is durable."""
    async with _records(Path(folder)) as store, asyncio.TaskGroup() as calls:
        for number in range(CALLS):
            calls.create_task(_one_call(store, f"call-{number}"))


async def _one_call(store: Store, call_id: str) -> None:
    now = datetime.now(UTC)
    await store.open(CallRow(call_id, "text", Caller("+34600111222"), "es", now))
    seq = 0
    while True:
        body: Heard | Message | Promise = Heard(f"turno {seq}", "es")
        if seq % 5 == 3:
            body = Message("Los planos", id=f"{call_id}-m{seq}", call_id=call_id)
        elif seq % 5 == 4:
            body = Promise("assistant", "Llamar", id=f"{call_id}-p{seq}", call_id=call_id)
        seq += 1
        await store.append(call_id, [Event(seq, now, body)])
        print(call_id, seq, flush=True)


async def kill_once(folder: Path, after_s: float, locked: bool, result: Result) -> None:
    """One child from its birth to its death, and what is found afterwards."""
    async with _records(folder):
        pass  # the schema is there before the database is locked
    other = sqlite3.connect(folder / "records.sqlite", isolation_level=None)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, str(folder), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert child.stdout
    told = await child.stdout.readline()
    with closing(other):
        if locked:
            other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(after_s + (1.2 if locked else 0.0))
        child.kill()
        told += await child.stdout.read()
        await child.wait()
    noted = [line.split() for line in told.decode().splitlines() if len(line.split()) == 2]
    result.kills, result.noted, result.locked = result.kills + 1, result.noted + len(noted), result.locked + locked
    await _look(folder, {(call_id, int(seq)) for call_id, seq in noted if seq.isdigit()}, result)


async def _look(folder: Path, noted: set[tuple[str, int]], result: Result) -> None:
    now = datetime.now(UTC)
    async with _records(folder) as store:
        await store.recover(lambda row: (now, Promise("assistant", "Devolver la llamada", id=f"back-{row.id}")))
        for call_id in {call_id for call_id, _ in noted}:
            call = await store.call(call_id) or {"state": "gone", "events": []}
            seqs = Counter(event["seq"] for event in call["events"])
            result.lost += sum(1 for id_, seq in noted if id_ == call_id and seq not in seqs)
            result.doubled += sum(count - 1 for count in seqs.values())
            result.not_recovered += call["state"] != "interrupted"
        messages, promises = await store.messages(500), await store.promises(500)
        for items in (messages.items, promises.items):
            result.doubled += len(items) - len({each["id"] for each in items})


def _records(folder: Path) -> AbstractAsyncContextManager[Store]:
    return open_records(f"sqlite:///{folder}/records.sqlite", folder / AHEAD)


async def measure(kills: int, seed: int = SEED) -> Result:
    """`kills` children, one after another."""
    chance, result = random.Random(seed), Result()
    for n in range(kills):
        with TemporaryDirectory() as folder:
            await kill_once(Path(folder), chance.uniform(0, LONGEST_S), n % 4 == 3, result)
    return result


def run(reports: Path, kills: int = KILLS) -> int:
    """Prints and writes what was found; how many bars were missed."""
    result = asyncio.run(measure(kills))
    Console().print(
        f"{result.kills} kills ({result.locked} with the database locked), {result.noted} events noted: "
        f"{result.lost} lost, {result.doubled} doubled, {result.not_recovered} calls not recovered"
    )
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "crash.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
    return int(result.missed > 0)
