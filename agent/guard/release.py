"""What must not leave the house: facts above the caller's circle, and the wording of our own prompts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from agent.guard.normalise import plain
from agent.guard.patterns import patterns
from agent.guard.spoken import addresses, numbers, streams
from calls.ports import Embed
from calls.words import Preference, Scene

LEAST_DIGITS = 4
"""Shorter numbers are in every sentence; they count only beside the words of the fact."""
CLOSE = 0.74
"""Cosine of the fast embedder from which a sentence says the same as a fact, in either language."""
MOST_LINES = 3
_NAME = re.compile(r"(?<=[\w,;:] )[A-ZÁÉÍÓÚÑ][\w’'-]+")


class Release:
    """Compares sentences with what the caller may not hear. `private`: every fact on file, at the moment of asking."""

    def __init__(self, private: Callable[[], Sequence[Preference]], embed: Embed, prompt: str = ""):
        self._private, self._embed = private, embed
        self._prompt = _shingles(plain(prompt))
        self._vector = lru_cache(maxsize=4096)(lambda text: embed([text])[0])

    def leaks(self, sentence: str, scene: Scene) -> bool:
        """Whether `sentence`, with what was said just before, gives away what this caller may not hear."""
        if self._prompt & _shingles(plain(sentence)):
            return True
        secrets = [fact for fact in self._private() if not scene.caller.circle.may_hear(fact.audience)]
        if not secrets:
            return False
        allowed = _allowed(scene)
        before = [line.text for line in scene.transcript if line.who == "receptionist"][-MOST_LINES:]
        return any(
            self._gives_away(text, sentence, before, allowed, scene)
            for fact in secrets
            for text in dict.fromkeys([*fact.text.values(), *fact.say.values()])
        )

    def _gives_away(self, secret: str, sentence: str, before: list[str], allowed: list[str], scene: Scene) -> bool:
        known = " ".join([*allowed, *_callers_own(scene)])
        if (addresses(secret) - addresses(known)) & addresses(sentence):
            return True
        if _shares_digits(secret, sentence, before, [known]):
            return True
        if (_names(secret) - set(plain(known).split())) & set(plain(sentence).split()):
            return True
        mine = _words(secret) - _words(" ".join(allowed))
        shared = mine & _words(sentence)
        if len(shared) >= 2 and len(shared) >= 0.5 * len(mine) and shared - _words(" ".join(before)):
            return True
        words, fact = plain(sentence), plain(secret)
        if len(words) > 15 and len(mine) > 1 and fuzz.partial_ratio(words, fact) >= 88 and shared:
            return True
        return self._means(secret, sentence, allowed)

    def _means(self, secret: str, sentence: str, allowed: list[str]) -> bool:
        """Whether `sentence` says what `secret` says, in whatever language, rather than something that is allowed."""
        here, there = self._vector(sentence), self._vector(secret)
        likeness = float(here @ there)
        if likeness < CLOSE:
            return False
        return all(float(here @ vector) < likeness for vector in self._vectors(allowed))

    def _vectors(self, texts: Iterable[str]) -> list[NDArray[np.float32]]:
        return [self._vector(text) for text in texts if text]


def _allowed(scene: Scene) -> list[str]:
    """What this caller may know: shown preferences and the policy's own words."""
    policy = scene.policy
    shown = [
        text
        for match in scene.recall.matches
        for texts in (match.preference.text, match.preference.say)
        for text in texts.values()
    ]
    house = [policy.executive.name, policy.assistant.name, policy.receptionist.name, policy.executive.company]
    house += [
        text for texts in (policy.greeting, policy.executive.spoken, policy.assistant.spoken) for text in texts.values()
    ]
    house += [text for cover in policy.covers for text in cover.text.values()]
    return [*shown, *house]


def _callers_own(scene: Scene) -> list[str]:
    """What the caller said and is. They may hear it back, but not have a secret confirmed in its own words."""
    said = [line.text for line in scene.transcript if line.who == "caller"]
    return [*said, scene.heard.text, scene.caller.name or "", scene.caller.number or ""]


def _names(text: str) -> frozenset[str]:
    """The names in `text`: words with a capital that do not begin a sentence."""
    return frozenset(plain(found) for found in _NAME.findall(text) if len(found) > 3)


def _shares_digits(secret: str, sentence: str, before: list[str], allowed: list[str]) -> bool:
    known = streams(allowed)
    secrets = [
        stream
        for stream in streams([secret])
        if len(stream) >= LEAST_DIGITS and not any(stream in each for each in known)
    ]
    if not secrets:
        return False
    spoken = "".join(streams([sentence]))
    pieces = "".join(streams([*before, sentence]))
    return any(
        _tail(stream) in spoken or (len(spoken) >= 2 and _tail(stream) in pieces and spoken[-2:] in stream)
        for stream in secrets
    )


def _tail(stream: str) -> str:
    """What makes a number that number: without its country's prefix."""
    return stream[-9:] if len(stream) > 9 else stream


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """The telling words of `text` by their stems, and its numbers."""
    common = patterns("release")["common"]
    words = {word[:6] for word in re.findall(r"[a-z]{4,}", plain(text)) if not common.fullmatch(word)}
    return frozenset(words | {str(value) for value, _ in numbers(text) if value > 1})


def _shingles(words: str, size: int = 8) -> set[str]:
    split = words.split()
    return {" ".join(split[at : at + size]) for at in range(len(split) - size + 1)}
