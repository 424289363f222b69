"""What the ears need of a Whisper: encode once, ask which language, write down the words. All of it blocks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audio.ears.mel import Features
from calls.words import Language

MOST_HINT_TOKENS = 48
"""Longer prompts cost time and pull the words towards themselves."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What Whisper wrote, before anyone doubts it. `logprob`: mean natural log-probability of its tokens (<= 0)."""

    text: str
    logprob: float
    no_speech: float
    tokens: int

    @property
    def compression(self) -> float:
        """How much shorter zlib makes the text; over 2 it repeats itself (openai-whisper, `transcribe.py`)."""
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw)) if raw else 0.0


class Engine(Protocol):
    """A loaded or loadable Whisper. Its calls may come from several threads, each with its own utterance."""

    n_mels: int

    def load(self) -> None:
        """Makes it ready. Raises WeightsError."""

    def encode(self, features: Features, cores: int = 1) -> Any:
        """What the encoder makes of features (n_mels, frames); frames is even and at most 3000.

        `cores`: how many it may use for this utterance, if more than one serves it.
        """

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        """How likely each of `languages` is, in 0..1, adding up to 1."""

    def write(self, encoded: Any, language: Language, hint: str, most: int, expected: str = "") -> Draft:
        """The words, greedily, at most `most` tokens of them. `hint` is text that may have come before.

        `expected` is what was made out before the speaker had finished. It is no hint: an engine that reads several
        tokens as fast as one saves itself those that it would have written anyway, and writes the others as ever.
        """


def among(languages: Sequence[Language], chances: Sequence[float]) -> dict[Language, float]:
    """The odds of each of `languages`, adding up to 1, from its chance among all."""
    total = sum(chances)
    return {
        each: chance / total if total else 1 / len(chances) for each, chance in zip(languages, chances, strict=True)
    }
