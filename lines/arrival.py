"""A call as it reaches the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calls.wire import Wire


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who a line says is calling. `ref`: the line's own id of the call (CallSid, SIP Call-ID)."""

    line: str
    number: str | None = None
    ref: str | None = None


Converse = Callable[[Wire, Arrival], Awaitable[None]]
"""Answers a call on a wire and returns when it is over. Raises `calls.switchboard.AllBusy` when the house is full."""
