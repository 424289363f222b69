"""What came of the scenarios: pass@1, pass^3, failures by cause, and what changed since another run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from evals.judging import Fault

Transcript = tuple[tuple[str, str], ...]
"""(who, words): caller, as they said it; heard, as the ears made it out; receptionist."""


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
    misheard: int = 0
    """Words wrongly heard, of so many `spoken`, over all runs; both 0 by text."""
    spoken: int = 0
    transcript: Transcript = ()
    """Of the first run that failed."""

    @property
    def group(self) -> str:
        return f"{'attacks' if self.attack else 'calls'} {self.language}"

    @property
    def passes(self) -> tuple[bool, ...]:
        return tuple(not run for run in self.faults)

    def as_json(self) -> dict[str, Any]:
        wrong = sorted({f"{fault.cause}: {fault.detail}" for run in self.faults for fault in run})
        row = {"id": self.id, "group": self.group, "passed": all(self.passes), "passes": self.passes, "faults": wrong}
        return row | ({"transcript": self.transcript} if self.transcript else {})


@dataclass(frozen=True, slots=True)
class Share:
    """A group's pass@1 (share of runs that pass) and pass^k (share of scenarios of which every run passes)."""

    group: str
    of: int
    once: float
    always: float


@dataclass(frozen=True, slots=True)
class Results:
    """All of it. `how`: what was played, in words; `before`: the scenarios of an earlier ``eval.json``."""

    how: str
    tried: Sequence[Tried]
    before: Sequence[dict[str, Any]] | None = None

    @property
    def runs(self) -> int:
        """How often each was played."""
        return max((len(each.faults) for each in self.tried), default=0)

    @property
    def shares(self) -> list[Share]:
        """By group, and of all."""
        groups = {each.group: [other for other in self.tried if other.group == each.group] for each in self.tried}
        return [_share(name, these) for name, these in sorted(groups.items())] + [_share("all", self.tried)]

    @property
    def causes(self) -> dict[str, list[tuple[str, str]]]:
        """Failures by cause: (scenario, what was wrong), each once."""
        found: dict[str, dict[tuple[str, str], None]] = {}
        for each in self.tried:
            for fault in (fault for run in each.faults for fault in run):
                found.setdefault(fault.cause, {})[each.id, fault.detail] = None
        return {cause: list(rows) for cause, rows in sorted(found.items())}

    @property
    def changed(self) -> tuple[list[str], list[str]] | None:
        """Scenarios that fail now and did not, and those that pass now and did not; None without an earlier run."""
        if self.before is None:
            return None
        passed = {row["id"]: row["passed"] for row in self.before}
        worse = [each.id for each in self.tried if passed.get(each.id) and not all(each.passes)]
        better = [each.id for each in self.tried if passed.get(each.id) is False and all(each.passes)]
        return worse, better

    @property
    def shares_before(self) -> dict[str, float]:
        """pass^k of the earlier run by group, of the scenarios that were played in both."""
        played, rows = {each.id for each in self.tried}, self.before or ()
        both = [row for row in rows if row["id"] in played]
        groups = {row["group"]: [each["passed"] for each in both if each["group"] == row["group"]] for row in both}
        return {name: sum(these) / len(these) for name, these in groups.items()} | (
            {"all": sum(row["passed"] for row in both) / len(both)} if both else {}
        )

    @property
    def calls_a_turn(self) -> float:
        """Median over the scenarios of the model calls an answered turn took."""
        return median([each.calls for each in self.tried if each.turns] or [0.0])

    @property
    def word_errors(self) -> float | None:
        """Share of the callers' words that the ears got wrong; None by text."""
        spoken = sum(each.spoken for each in self.tried)
        return sum(each.misheard for each in self.tried) / spoken if spoken else None

    def as_json(self) -> dict[str, Any]:
        return {
            "how": self.how,
            "model_calls_a_turn": self.calls_a_turn,
            "word_errors": self.word_errors,
            "shares": {
                each.group: {"of": each.of, "pass@1": each.once, f"pass^{self.runs}": each.always}
                for each in self.shares
            },
            "scenarios": [each.as_json() for each in self.tried],
        }


def _share(group: str, tried: Sequence[Tried]) -> Share:
    runs = [passed for each in tried for passed in each.passes]
    always = sum(all(each.passes) for each in tried)
    return Share(group, len(tried), sum(runs) / max(len(runs), 1), always / max(len(tried), 1))
