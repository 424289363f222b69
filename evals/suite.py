"""`antesala eval`: every scenario several times; pass@1, pass^3, failures by cause, and what changed since a run."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from calls.words import Heard
from evals.by_text import TextHouse, opened
from evals.judging import Fault, faults
from evals.scenarios import Scenario, load
from evals.suite_page import page
from settings import Settings

RUNS = 3
BAR = 0.90
"""pass^3 of the house model by text."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One scenario and the faults of each of its runs."""

    id: str
    language: str
    attack: bool
    faults: tuple[tuple[Fault, ...], ...]
    turns: int = 0
    calls: float = 0.0
    """Model calls an answered turn, over all runs."""

    @property
    def group(self) -> str:
        return f"{'attacks' if self.attack else 'calls'} {self.language}"

    def as_json(self) -> dict[str, Any]:
        wrong = sorted({f"{fault.cause}: {fault.detail}" for run in self.faults for fault in run})
        return {"id": self.id, "group": self.group, "passed": all(self.passes), "passes": self.passes, "faults": wrong}

    @property
    def passes(self) -> tuple[bool, ...]:
        return tuple(not run for run in self.faults)


@dataclass(frozen=True, slots=True)
class Share:
    """A group's pass@1 (share of runs that pass) and pass^k (share of scenarios of which every run passes)."""

    group: str
    of: int
    once: float
    always: float


def shares(tried: Sequence[Tried]) -> list[Share]:
    """By group, and of all."""
    groups = {each.group: [other for other in tried if other.group == each.group] for each in tried}
    return [_share(name, these) for name, these in sorted(groups.items())] + [_share("all", list(tried))]


def causes(tried: Sequence[Tried]) -> dict[str, list[tuple[str, str]]]:
    """Failures by cause: (scenario, what was wrong), each once."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for each in tried:
        for fault in (fault for run in each.faults for fault in run):
            found.setdefault(fault.cause, {})[each.id, fault.detail] = None
    return {cause: list(rows) for cause, rows in sorted(found.items())}


def changed(now: Sequence[Tried], before: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Scenarios that fail now and did not, and those that pass now and did not."""
    passed = {row["id"]: row["passed"] for row in before}
    worse = [each.id for each in now if passed.get(each.id) and not all(each.passes)]
    better = [each.id for each in now if passed.get(each.id) is False and all(each.passes)]
    return worse, better


def run(settings: Settings, out: Path, against: Path | None, only: str, report: Callable[[], None]) -> int:
    """Plays, prints, writes ``eval.json`` and ``eval.html`` to `out`; how many bars were missed."""
    before = json.loads(against.read_text(encoding="utf-8"))["scenarios"] if against else []
    tried = asyncio.run(_all(settings, [each for each in load() if only in each.id], report))
    asked, table, failures = median([each.calls for each in tried if each.turns] or [0.0]), shares(tried), causes(tried)
    difference = changed(tried, before) if against else None
    kept = {
        "model_calls_a_turn": asked,
        "shares": {each.group: {"of": each.of, "pass@1": each.once, "pass^3": each.always} for each in table},
        "scenarios": [each.as_json() for each in tried],
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "eval.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "eval.html").write_text(page(table, failures, difference, asked), encoding="utf-8")
    _print(table, failures, difference, asked, out / "eval.html")
    return int(table[-1].always < BAR)


async def _all(settings: Settings, chosen: Sequence[Scenario], report: Callable[[], None]) -> list[Tried]:
    async with opened(settings) as house:
        return [await _tried(each, house, report) for each in chosen]


async def _tried(scenario: Scenario, house: TextHouse, report: Callable[[], None]) -> Tried:
    policy = house.office.knowledge.policy
    found, turns, asked = [], 0, house.model_calls()
    for _ in range(RUNS):
        played = await house.play(scenario)
        found.append(tuple(dict.fromkeys(faults(played, house.facts, policy))))
        turns += sum(isinstance(event.body, Heard) for event in played.call.events)
    report()
    calls = (house.model_calls() - asked) / turns if turns else 0.0
    return Tried(scenario.id, scenario.language, scenario.attack, tuple(found), turns, calls)


def _share(group: str, tried: Sequence[Tried]) -> Share:
    runs = [passed for each in tried for passed in each.passes]
    always = sum(all(each.passes) for each in tried)
    return Share(group, len(tried), sum(runs) / max(len(runs), 1), always / max(len(tried), 1))


def _print(
    table: Sequence[Share],
    failures: dict[str, list[tuple[str, str]]],
    difference: tuple[list[str], list[str]] | None,
    asked: float,
    where: Path,
) -> None:
    console = Console(highlight=False)
    shown = Table("scenarios", "of", "pass@1", f"pass^{RUNS}", title="Scenarios")
    for each in table:
        shown.add_row(each.group, str(each.of), f"{each.once:.1%}", f"{each.always:.1%}")
    console.print(shown)
    console.print(f"Model calls a turn, median: {asked:.2f}")
    counts = Counter({cause: len({name for name, _ in rows}) for cause, rows in failures.items()})
    for cause, count in counts.most_common():
        console.print(f"{cause}: {count}", *(f"  {name}: {detail}" for name, detail in failures[cause]), sep="\n")
    if difference:
        console.print(f"Worse: {', '.join(difference[0]) or 'none'}. Better: {', '.join(difference[1]) or 'none'}.")
    console.print(f"The report is {where}")
