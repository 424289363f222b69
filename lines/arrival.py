"""A call as it reaches the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from calls.wire import Wire
from calls.words import CallRow, Event, Language


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who a line says is calling. `ref`: the line's own id of the call (CallSid, SIP Call-ID)."""

    line: str
    number: str | None = None
    ref: str | None = None
    language: Language | None = None


class Converse(Protocol):
    """Answers calls."""

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        """Answers one call on `wire`; returns its closed row when it is over. `watch` is told of every event.

        Raises `calls.switchboard.AllBusy` when the house is full, EngineError when nothing can be put on record.
        """
        ...
