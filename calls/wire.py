"""The sound of one call, as a line gives and takes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
