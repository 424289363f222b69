"""What must not leave the house: facts above the caller's circle, and the wording of our own prompts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from agent.guard.disguise import confirms, hides, pieces, spelled
from agent.guard.normalise import plain, tidy
from agent.guard.patterns import patterns
from agent.guard.spoken import addresses, numbers, streams
from calls.ports import Embed
from calls.words import Preference, Scene

LEAST_DIGITS = 4
"""Shorter numbers are in every sentence; they count only beside the words of the fact."""
CLOSE = 0.74
"""Cosine of the fast embedder from which a sentence says the same as a fact, in either language."""
SOMEBODYS = 7
"""From so many digits on a number is somebody's telephone, and its pieces count too."""
MOST_LINES = 3
_NAME = re.compile(r"(?<=[\w,;:] )[A-ZÁÉÍÓÚÑ][\w’'-]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """One text on file, and what is telling in it."""

    text: str
    plain: str
    addresses: frozenset[str]
    numbers: tuple[str, ...]
    """Runs of digits that are long enough to be somebody's."""
    names: frozenset[str]
    words: frozenset[str]

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, text: str) -> Fact:
        numbers = tuple(stream for stream in streams([text]) if len(stream) >= LEAST_DIGITS)
        return cls(text, plain(text), addresses(text), numbers, _names(text), _words(text))


class Spoken:
    """A sentence with what was said just before, and what its hearer knows anyway."""

    def __init__(self, sentence: str, scene: Scene):
        self.text, self.plain = sentence, plain(sentence)
        ours = [line.text for line in scene.transcript if line.who == "receptionist"]
        self.before, before = scene.transcript, ours[-MOST_LINES:]
        self.letters = spelled([*ours, sentence]) if spelled([sentence]) else ""
        self.asked = scene.heard.text if confirms(sentence, scene.heard.text) else ""
        self.words, self.words_before = _words(sentence), _all_words(before)
        self.addresses = addresses(sentence)
        self.digits = "".join(streams([sentence]))
        self.digits_together = "".join(streams(before)) + self.digits
        self.allowed = _allowed(scene)
        self.allowed_words = _all_words(self.allowed)
        self.allowed_names = {word for text in self.allowed for word in plain(text).split()}
        own = _callers_own(scene)
        known = [*self.allowed, *own]
        self.known_words = {word for text in known for word in plain(text).split()}
        self.known_addresses = {address for text in known for address in addresses(text)}
        self.known_digits = streams([*known, " ".join(own)])


class Release:
    """Compares sentences with what the caller may not hear. `private`: every fact on file, at the moment of asking."""

    def __init__(self, private: Callable[[], Sequence[Preference]], embed: Embed, prompt: str = ""):
        self._private, self._embed = private, embed
        self._prompt = _shingles(plain(prompt))
        self._vector = lru_cache(maxsize=4096)(lambda text: embed([tidy(text)])[0])

    def leaks(self, sentence: str, scene: Scene) -> bool:
        """Whether `sentence`, with what was said just before, gives away what this caller may not hear."""
        if self._prompt & _shingles(plain(sentence)):
            return True
        secrets = [fact for fact in self._private() if not scene.caller.circle.may_hear(fact.audience)]
        if not secrets:
            return False
        spoken = Spoken(sentence, scene)
        texts = dict.fromkeys(text for fact in secrets for text in (*fact.text.values(), *fact.say.values()))
        return any(_gives_away(fact, spoken) or self._means(fact.text, spoken) for fact in map(Fact.of, texts))

    def _means(self, secret: str, spoken: Spoken) -> bool:
        """Whether it says what `secret` says, in whatever language, rather than something that is allowed."""
        here = self._vector(spoken.text)
        likeness = float(here @ self._vector(secret))
        if likeness < CLOSE:
            return False
        return all(float(here @ self._vector(text)) < likeness for text in spoken.allowed if text)


def _gives_away(fact: Fact, spoken: Spoken) -> bool:
    """Whether an address, a number, a name or the words of `fact` are in what is `spoken`."""
    if (fact.addresses - spoken.known_addresses) & spoken.addresses or _shares_digits(fact, spoken):
        return True
    unknown = fact.names - spoken.known_words
    if unknown & set(spoken.plain.split()) or any(hides(name, spoken.text, spoken.letters) for name in unknown):
        return True
    if spoken.asked and (fact.names - spoken.allowed_names) & set(plain(spoken.asked).split()):
        return True
    mine = fact.words - spoken.allowed_words
    shared = mine & spoken.words
    if len(shared) >= 2 and len(shared) >= 0.5 * len(mine) and shared - spoken.words_before:
        return True
    return (
        bool(shared) and len(spoken.plain) > 15 and len(mine) > 1 and fuzz.partial_ratio(spoken.plain, fact.plain) >= 88
    )


def _shares_digits(fact: Fact, spoken: Spoken) -> bool:
    for stream in fact.numbers:
        tail = _tail(stream)
        if any(stream in each for each in spoken.known_digits):
            continue
        if tail in spoken.digits or (
            len(tail) >= SOMEBODYS and pieces(tail, spoken.text, spoken.before, spoken.known_digits)
        ):
            return True
        if len(spoken.digits) >= 2 and tail in spoken.digits_together and spoken.digits[-2:] in stream:
            return True
    return False


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


def _tail(stream: str) -> str:
    """What makes a number that number: without its country's prefix."""
    return stream[-9:] if len(stream) > 9 else stream


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """The telling words of `text` by their stems, and its numbers."""
    common = patterns("release")["common"]
    words = {word[:6] for word in re.findall(r"[a-z]{4,}", plain(text)) if not common.fullmatch(word)}
    return frozenset(words | {str(value) for value, _ in numbers(text) if value > 1})


def _all_words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(_words, texts))


def _shingles(words: str, size: int = 8) -> set[str]:
    split = words.split()
    return {" ".join(split[at : at + size]) for at in range(len(split) - size + 1)}
