"""What a plan is made of: sentences to say, deeds to propose, and what came of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calls.words import Sentence


@dataclass(frozen=True, slots=True)
class Deed:
    """A tool to call, by name, and its arguments."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool reported. `instead`: a time that would have been accepted."""

    done: bool
    step: dict[str, Any] = field(default_factory=dict)
    instead: datetime | None = None


Moves = Generator[Sentence | Deed, Told, None]
"""A plan for one turn: it yields what to say and do in order, and is told what came of each deed before it goes on.

That makes an untrue claim hard to write: the words about a deed come after the deed. A plan is run again from the start
in every model call of the turn, with the outcomes known by then; being deterministic, it comes to the same point.
"""


def says(*parts: Iterable[Sentence | Deed] | Iterable[Sentence]) -> Moves:
    """One part after the other, as a plan."""
    for part in parts:
        yield from part
