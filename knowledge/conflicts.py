"""Two preferences that answer the same caller differently: how they differ, and which of them is used meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path

import yaml

from calls.words import Action, Circle, Preference
from knowledge.index import day_span
from knowledge.wording import all_words, fold, is_empty_word, stem

_LISTS = Path(__file__).with_name("conflicts.yaml")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w|\b[\w-]+(?:\.[\w-]+)+/\S+|\+\d[\d ]{7,}\d")
_NAME = re.compile(r"(?<=[\w,;:] )[A-ZÁÉÍÓÚÑ][\w’'-]+")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a wording commits itself to. `kinds`: addresses, figures, days and names, each as a set."""

    kinds: tuple[frozenset[str], ...]
    words: frozenset[str]
    denies: bool

    def contradict(self, other: Claims) -> bool:
        """Whether both say something of one kind that the other does not, or only one denies."""
        apart = any(mine - theirs and theirs - mine for mine, theirs in zip(self.kinds, other.kinds, strict=True))
        return apart or self.denies != other.denies


def overlap(one: Preference, other: Preference) -> bool:
    """Whether both are valid on some day."""
    (since, until), (later, end) = day_span(one), day_span(other)
    return max(since, later) <= min(until, end)


def differ(one: Preference, other: Preference, near: bool) -> bool:
    """Whether a caller who asks for what both are about is told or done something else.

    `near`: their wordings are so alike that a single other word (north, south) is the answer.
    """
    if (one.do or Action.ANSWER) is not (other.do or Action.ANSWER):
        return True
    for language in set(one.text) & set(other.text):
        mine, theirs = claims(one.text[language]), claims(other.text[language])
        return mine.contradict(theirs) or (near and bool(mine.words - theirs.words) and mine.words != theirs.words)
    return claims(next(iter(one.text.values()))).contradict(claims(next(iter(other.text.values()))))


def preferred(one: Preference, other: Preference) -> Preference:
    """The more specific: for the closer circle, with a rule, valid for fewer days; else the newer."""
    return max(one, other, key=_weight)


def _weight(preference: Preference) -> tuple[int, bool, int, datetime]:
    since, until = day_span(preference)
    rank = Circle(preference.audience.value).rank
    return rank, preference.when is not None, since - until, preference.updated or _NEVER


@lru_cache(maxsize=20_000)
def claims(text: str) -> Claims:
    """What `text` commits itself to, in either language."""
    flat = fold(_ADDRESS.sub(" ", text))
    words = all_words(flat)
    figures = frozenset(re.findall(r"\d+", flat)) | _meant("numbers", words)
    names = frozenset(fold(name) for name in _NAME.findall(text))
    kinds = (frozenset(_ADDRESS.findall(text)), figures, _meant("days", words), names)
    content = frozenset(stem(word) for word in words if not is_empty_word(word))
    return Claims(kinds, content, denies=bool(set(words) & _denials()))


def _meant(name: str, words: list[str]) -> frozenset[str]:
    known = _known(name)
    return frozenset(known[word] for word in words if word in known)


@cache
def _known(name: str) -> dict[str, str]:
    """Each word of a list -> what it means."""
    groups = (group.split("=") for group in _lists()[name].split())
    return {word: meant for group, meant in groups for word in group.split(",")}


@cache
def _denials() -> frozenset[str]:
    return frozenset(_lists()["denials"].split())


@cache
def _lists() -> dict[str, str]:
    lists: dict[str, str] = yaml.safe_load(_LISTS.read_text(encoding="utf-8"))
    return lists
