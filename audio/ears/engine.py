"""What the ears need of a Whisper: encode once, ask which language, write down the words. All of it blocks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from audio.ears.mel import Features
from calls.words import Language


class Dropped:
    """Whether nobody waits for an utterance any more. Told in one thread, asked in another."""

    def __init__(self) -> None:
        self._told = False
        self._then: Callable[[], None] | None = None

    def __bool__(self) -> bool:
        return self._told

    def tell(self) -> None:
        self._told = True
        if self._then:
            self._then()

    def stops(self, act: Callable[[], None]) -> None:
        """`act` is called once it is told, at once if it has been; it may be called twice."""
        self._then = act
        if self._told:
            act()


MOST_HINT_TOKENS = 32
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

    def encode(self, features: Features, dropped: Dropped, unhurried: bool = False) -> Any:
        """What the encoder makes of features (n_mels, frames); frames is even and at most 3000.

        Of an utterance that is `dropped` it may stop half-way, with anything. An `unhurried` one leaves the cores to
        others.
        """

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        """How likely each of `languages` is, in 0..1, adding up to 1."""

    def write(
        self, encoded: Any, language: Language, hint: str, most: int, dropped: Dropped, expected: str = ""
    ) -> Draft:
        """The words, greedily, at most `most` tokens of them; it stops at any of them once it is `dropped`.

        `hint` is text that may have come before.

        `expected` is what was made out before the speaker had finished. It is no hint: an engine that reads several
        tokens as fast as one saves itself those that it would have written anyway, and writes the others as ever.
        """


def among(languages: Sequence[Language], chances: Sequence[float]) -> dict[Language, float]:
    """The odds of each of `languages`, adding up to 1, from its chance among all."""
    total = sum(chances)
    return {
        each: chance / total if total else 1 / len(chances) for each, chance in zip(languages, chances, strict=True)
    }
