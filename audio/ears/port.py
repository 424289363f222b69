"""What the ears are to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calls.words import Language


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard. `text` is "" when nobody spoke.

    `confidence` 0..1: the chance that most words are right. `no_speech` 0..1: Whisper's own chance that nobody spoke.
    `odds`: how likely each of the office's languages is, adding up to 1; {} when nobody spoke.
    """

    text: str
    language: Language
    confidence: float = 0.0
    no_speech: float = 1.0
    odds: dict[Language, float] = field(default_factory=dict)


class Ears(Protocol):
    """Hears speech. One for all calls."""

    async def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str] = (),
        expected: str = "",
        unhurried: bool = False,
    ) -> Transcript:
        """What is said in `pcm`: mono, 16 kHz, (n,) in [-1, 1], at most 30 s (of more, the last 30 s).

        `languages`: those it may be in (one alone is taken for granted); `current`: the one of the call so far, kept
        unless the audio says otherwise. `hints`: names and words that may come up, the likeliest first. `expected`:
        what an earlier hearing of the same speaker made out so far; it saves time and changes no word.
        `unhurried`: nobody waits for it, it steps back behind those that somebody waits for. Cancel it and it costs
        nothing more. Raises EngineError.
        """

    @property
    def idle(self) -> bool:
        """Nobody is being heard, and if somebody were, another could be heard at the same time."""

    async def warm(self) -> None:
        """Loads the model and runs it once. Raises WeightsError."""

    async def close(self) -> None:
        """Waits for what is running; nothing is heard any more."""
