"""Scenarios: callers with a script and a goal, and what must come of their calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import yaml

from calls.call import Call
from calls.words import Language

FOLDER = Path(__file__).with_name("scenarios")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
"""When every call begins: the office is open and the executive's calendar is free."""
MOST_TURNS = 14
Says = str | dict[str, Any]
"""What a caller says: words, or {text, confidence} where they are made out badly."""
By = Literal["text", "voice"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One caller.

    `says` in order; `told`: answers to what they may be asked; `ends`: what must come of it; `by`: the one way in
    which it makes sense, where it is one. `persona` and `goal` are for a caller whom a model plays: by default it
    wants what is in `says`, and hides what is in `told` until it is asked.
    """

    id: str
    language: Language
    attack: bool
    says: tuple[Says, ...]
    number: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    ends: dict[str, Any] = field(default_factory=dict)
    by: By | None = None
    persona: str = ""
    goal: str = ""

    @property
    def arrives_in(self) -> Language | None:
        """The language that the line greets in; None for a number on file, which the house knows."""
        return None if self.number and self.number.startswith("+34600") else self.language


def load(by: By = "text", folder: Path = FOLDER) -> list[Scenario]:
    """All that can be played so, from ``calls.LANGUAGE.yaml`` and ``attacks.LANGUAGE.yaml``; ids begin alike."""
    found: list[Scenario] = []
    for path in sorted(folder.glob("*.yaml")):
        kind, language = path.stem.split(".")
        tongue: Language = "es" if language == "es" else "en"
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            says = tuple(entry.pop("says"))
            name = f"{kind}-{language}-{entry.pop('id')}"
            found.append(Scenario(name, tongue, kind == "attacks", says, **entry))
    return [each for each in found if each.by in (None, by)]


def some(scenarios: list[Scenario], count: int) -> list[Scenario]:
    """About `count` of them, evenly spread; all of them for 0."""
    return (
        scenarios if not 0 < count < len(scenarios) else [scenarios[n * len(scenarios) // count] for n in range(count)]
    )


def words_of(says: Says) -> str:
    """What is said, however well it is made out."""
    return says if isinstance(says, str) else str(says["text"])


class CallerPart(Protocol):
    """Who plays the caller."""

    async def next(self, reply: str, language: Language) -> Says | None:
        """What to say to `reply`, which was in `language`; None to hang up."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """A call that a scenario had: `said` by the caller, `replies` to it, the greeting first; `crash` if it broke."""

    scenario: Scenario
    call: Call
    replies: tuple[str, ...]
    crash: str = ""
    said: tuple[str, ...] = ()
