"""`antesala bench capacity`: how many calls a machine carries, and a plan to ten thousand lines.

A simulation fed with measured figures: callers arrive at random (Poisson), talk (log-normal), say something every
nine seconds, and each turn takes processor time, first come first served on the cores there are. Machines fail. What
comes out: how long replies wait, how many calls may be admitted, how many callers leave a number, how many machines.
"""

from __future__ import annotations

import heapq
import json
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from calls.admission import EARS_A_TURN, TURN_EVERY_S, carried

HEARING_S = 0.25
"""Seconds of one core for three seconds of speech (Whisper base); `audio.pace` measures it at every start."""
HELD_S = 0.55
"""What a reply takes beyond waiting: the pause after which a turn is over, the first sound."""
BAR_S = 1.2
CALL_S, SPREAD = 150.0, 0.8
"""Mean length of a call in seconds, and the sigma of its logarithm."""
HOUR_S = 3600.0
MTBF_S, BACK_S = 30 * 24 * HOUR_S, 120.0
"""A machine fails once a month, and is back after two minutes."""
SEED = 11


@dataclass(frozen=True, slots=True)
class Load:
    """So many calls at once on so many cores: p50 and p95 of end of speech to reply, in seconds, and use of cores."""

    calls: int
    cores: int
    p50: float
    p95: float
    used: float


@dataclass(frozen=True, slots=True)
class Plan:
    """For `lines` calls at the busiest moment: machines, spare ones included, and what busy hours do to callers."""

    lines: int
    machines: int
    noted: float
    """Share of callers who left a number, the machines' failures included."""
    cut: float
    """Share of callers cut off by a failing machine; each is called back."""


def replies(calls: int, cores: int, hearing_s: float = HEARING_S, lasts_s: float = 1200.0) -> Load:
    """Plays `calls` at once for a while."""
    chance = random.Random(SEED)
    work = hearing_s * EARS_A_TURN
    turns = [(chance.uniform(0, TURN_EVERY_S), n) for n in range(calls)]
    heapq.heapify(turns)
    free = [0.0] * cores
    took: list[float] = []
    busy = 0.0
    while turns[0][0] < lasts_s:
        at, n = heapq.heappop(turns)
        begins = max(at, heapq.heappop(free))
        lasts = work * chance.lognormvariate(-0.08, 0.4)
        heapq.heappush(free, begins + lasts)
        busy += lasts
        # captions were made while the caller spoke: once they stop, the last hearing and the mind are left
        took.append(begins - at + lasts / EARS_A_TURN * 1.2 + HELD_S)
        heapq.heappush(turns, (at + took[-1] + chance.expovariate(1 / (TURN_EVERY_S - 1.0)) * 0.5 + 4.0, n))
    took.sort()
    return Load(calls, cores, _at(took, 0.5), _at(took, 0.95), busy / (cores * lasts_s))


def blocked(erlangs: float, lines: int) -> float:
    """The share of calls that find all lines taken (Erlang B; doi.org/10.1109/TCOM.1971.1090645)."""
    inverse = 1.0
    for n in range(1, lines + 1):
        inverse = 1.0 + inverse * n / erlangs
    return 1.0 / inverse


def plan(lines: int, each: int, hours: int = 4) -> Plan:
    """Plays a busy time with so many calls on average at its height, on machines that carry `each`."""
    machines = math.ceil(lines / each) + max(1, math.ceil(lines / each * 0.02))
    chance, capacity = random.Random(SEED), machines * each
    rate = lines * 0.9 / CALL_S
    ends: list[float] = []
    noted = cut = callers = 0
    fails = sorted(_failures(chance, machines, hours * HOUR_S))
    down: list[float] = []
    for at in _arrivals(chance, rate, hours * HOUR_S):
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        while fails and fails[0] <= at:
            down.append(fails.pop(0) + BACK_S)
            lost = len(ends) // machines
            cut += lost
            ends = sorted(chance.sample(ends, len(ends) - lost))
        down = [back for back in down if back > at]
        callers += 1
        if len(ends) >= capacity - each * len(down):
            noted += 1
        else:
            heapq.heappush(ends, at + CALL_S * chance.lognormvariate(-(SPREAD**2) / 2, SPREAD))
    return Plan(lines, machines, noted / callers, cut / callers)


def run(reports: Path) -> int:
    """Prints and writes what was found; how many bars were missed."""
    screen = Console()
    most = carried(HEARING_S, 2)
    loads = [replies(calls, cores) for cores in (2, 8) for calls in _steps(carried(HEARING_S, cores))]
    table = Table("calls at once", "cores", "p50 s", "p95 s", "use", title=f"2 cores are given {most} calls")
    for load in loads:
        table.add_row(f"{load.calls}", f"{load.cores}", f"{load.p50:.2f}", f"{load.p95:.2f}", f"{load.used:.0%}")
    screen.print(table)
    plans = [plan(lines, carried(HEARING_S, 16)) for lines in (30, 100, 1000, 10_000)]
    table = Table("lines", "machines of 16 cores", "left a number", "cut off", title="Machines to lines")
    for each in plans:
        table.add_row(f"{each.lines}", f"{each.machines}", f"{each.noted:.2%}", f"{each.cut:.4%}")
    screen.print(table)
    reports.mkdir(parents=True, exist_ok=True)
    told = {"loads": [asdict(each) for each in loads], "plans": [asdict(each) for each in plans]}
    (reports / "capacity.json").write_text(json.dumps(told, indent=2) + "\n")
    return sum(replies(carried(HEARING_S, cores), cores).p95 > BAR_S for cores in (2, 8, 16))


def _steps(most: int) -> tuple[int, ...]:
    return (max(1, most // 2), most, most * 2, most * 3)


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _arrivals(chance: random.Random, rate: float, until: float) -> Iterator[float]:
    at = chance.expovariate(rate)
    while at < until:
        yield at
        at += chance.expovariate(rate)


def _failures(chance: random.Random, machines: int, until: float) -> Iterator[float]:
    for _ in range(machines):
        at = chance.expovariate(1 / MTBF_S)
        if at < until:
            yield at
