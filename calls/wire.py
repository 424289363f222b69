"""The sound of one call, as a line gives and takes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calls.words import CallRow, Event, Language, Proof

Pcm = NDArray[np.int16]
"""Mono samples, shape (n,)."""

FRAME_S = 0.02
"""Lines send and take sound in frames of 20 ms."""


class Wire(Protocol):
    """Both directions of one call. All sound is int16 mono at `rate` Hz (8000 or 16000)."""

    rate: int
    marks: bool
    """Whether the far end tells by `on_mark` when what was sent before a mark has been heard."""

    def frames(self) -> AsyncGenerator[Pcm]:
        """What the caller says, as it arrives; ends when the caller has gone."""
        ...

    async def send(self, pcm: Pcm) -> None:
        """Plays one frame. Sending to a caller who has gone does nothing."""
        ...

    async def mark(self, name: str) -> None:
        """Asks to be told when everything sent so far has been heard; nothing where `marks` is False."""
        ...

    async def clear(self) -> None:
        """Forgets what was sent and not yet played."""
        ...

    async def hang_up(self) -> None:
        """Ends the call at the line."""
        ...

    on_mark: Callable[[str], None]
    """Set by the conversation: called with the name of each mark that comes back."""

    on_keys: Callable[[str], None]
    """Set by the conversation: called with each key that the caller presses."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as it reaches the house: who the line says is calling. `ref`: the line's own id (CallSid, Call-ID).

    `proof`: how well the network vouches for the number. `diverted`: the number that was dialled first, if another.
    """

    line: str
    number: str | None = None
    ref: str | None = None
    language: Language | None = None
    proof: Proof | None = None
    diverted: str | None = None


class Converse(Protocol):
    """Answers calls by voice."""

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        """Answers one call on `wire`; returns its closed row when it is over. `watch` is told of every event.

        Raises `calls.switchboard.AllBusy` when the house is full, EngineError when nothing can be put on record.
        """
        ...
