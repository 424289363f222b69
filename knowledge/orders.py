"""What an executive says by phone that they want changed, as wishes; patterns and words are in orders.yaml."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from calls.words import Action, Audience, Circle, Language
from knowledge.contacts import Contact
from knowledge.days import Span, say_day, span_in
from knowledge.wording import fold

A_WEEK = 7
_LISTS = Path(__file__).with_name("orders.yaml")
_SOON = re.compile(
    r"(?<!por la )(?<!de la )(?<!a la )(?<!esta )\b(?:pasado )?mañana\b|\bhoy\b"
    r"|\b(?:the day after )?tomorrow\b|\btoday\b",
    re.IGNORECASE,
)
_MINE = ("mi", "my", "el", "la", "the", "a")


@dataclass(frozen=True, slots=True)
class Absence:
    """The executive cannot be reached: holiday, travel, meeting, busy or away."""

    state: str


@dataclass(frozen=True, slots=True)
class Person:
    """What to do with one person's calls. `who`: as the executive named them; `say`: what to tell them."""

    who: str
    do: Action
    say: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What to tell everybody who asks."""

    what: str
    about: str = ""


Wish = Absence | Person | Told


@dataclass(frozen=True, slots=True)
class Order:
    """All that was wished for in one breath. `span`: while it holds, None when no time was named."""

    wishes: tuple[Wish, ...] = ()
    span: Span | None = None
    audience: Audience = Audience.ANYONE


def order_in(text: str, today: date) -> Order:
    """The wishes in `text`, in either language; none when it is something else."""
    text = unicodedata.normalize("NFC", text)
    flat = fold(text) if len(fold(text)) == len(text) else text.lower()
    wishes: list[Wish] = []
    rest, told = _persons(text, flat, wishes)
    rest = _told(text, rest, wishes, told)
    if discreet := words_of("discreet", rest):
        rest = rest.replace(discreet, " ")
    state = next((state for state in word_lists()["absence"] if _pattern("absence", state).search(rest)), None)
    if state:
        wishes.insert(0, Absence("busy" if discreet else state))
    span = span_in(rest, today) or next(filter(None, (_while_true(each, today) for each in wishes)), None)
    return Order(tuple(wishes), span, _audience(flat))


def words_of(name: str, text: str) -> str:
    """The words of `text` that fit a pattern of the lists; empty when none do."""
    found = _pattern(name).search(fold(text))
    return found.group() if found else ""


def dated(text: str, today: date, language: Language) -> str:
    """`text` with "tomorrow" and "today" as the days that they are now."""

    def day(found: re.Match[str]) -> str:
        span = span_in(found.group(), today)
        return say_day(span.since, language) if span and span.since else found.group()

    return _SOON.sub(day, text)


def people(who: str, contacts: Iterable[Contact]) -> list[Contact]:
    """Whom the executive means by "my brother", "Luis" or "my family"; several when it could be any of them."""
    known = [each for each in contacts if each.circle is not Circle.BLOCKED]
    several = re.split(r"\s*(?:,|\by\b|\band\b)\s*(?:al?\s+)?", who)
    if len(several) > 1:
        found = [people(each, known) for each in several]
        return [each[0] for each in found] if all(len(each) == 1 for each in found) else []
    if _pattern("family").fullmatch(fold(who)):
        return [each for each in known if each.circle is Circle.INNER]
    words = [
        word for word in re.findall(r"\w+(?:-\w+)*", fold(who)) if word not in ("mi", "my", "el", "la", "the", "a")
    ]
    meant = [_related(word) for word in words]
    named = [each for each in known if all(w in re.findall(r"\w+", fold(each.name)) for w in words)]
    if named or not words:
        return named
    about = ((each, re.findall(r"\w+(?:-\w+)*", fold(f"{each.name} {each.notes} {each.company}"))) for each in known)
    return [each for each, told in about if all(any(w in told for w in either) for either in meant)]


def _persons(text: str, flat: str, wishes: list[Wish]) -> tuple[str, bool]:
    """Takes the wishes about single people out of `flat`; whether any of them is a telling."""
    told = False
    for do in word_lists()["person"]:
        for found in _each(do, flat):
            who = found["who"].strip()
            if _pattern("anybody").fullmatch(who):
                continue
            what = text[found.start("what") : found.end("what")] if "what" in found.groupdict() else ""
            wishes.append(Person(text[found.start("who") : found.end("who")].strip(), Action(do), what.strip(" .")))
            told |= bool(what)
            flat = flat[: found.start()] + " " * len(found.group()) + flat[found.end() :]
    return flat, told


def _each(do: str, flat: str) -> Iterator[re.Match[str]]:
    """Every place that fits, of overlapping ones the first."""
    taken: list[tuple[int, int]] = []
    for pattern in _person_patterns(do):
        for found in pattern.finditer(flat):
            if all(found.end() <= begin or end <= found.start() for begin, end in taken):
                taken.append(found.span())
                yield found


def _told(text: str, flat: str, wishes: list[Wish], settled: bool) -> str:
    for pattern in () if settled else _told_patterns():
        if found := pattern.search(flat):
            about = found.groupdict().get("about") and text[found.start("about") : found.end("about")].strip()
            what = text[found.start("what") : found.end("what")].strip(" .")
            wishes.append(Told(what, about or ""))
            return flat[: found.start()] + flat[found.end() :]
    return flat


def _while_true(wish: Wish, today: date) -> Span | None:
    """Until when it is news: what is told of a day in the coming week holds until then."""
    what = wish.what if isinstance(wish, Told) else wish.say if isinstance(wish, Person) else ""
    span = span_in(what, today)
    near = span and span.until and (span.until - today).days <= A_WEEK
    return Span(today, span.until) if span and near else None


def _audience(flat: str) -> Audience:
    for name in word_lists()["audience"]:
        if _pattern("audience", name).search(flat):
            return Audience(name)
    return Audience.ANYONE


def _related(word: str) -> tuple[str, ...]:
    return next((tuple(group) for group in word_lists()["relations"] if word in group), (word,))


@cache
def word_lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load(_LISTS.read_text(encoding="utf-8"))
    return lists


def _compiled(text: str) -> re.Pattern[str]:
    for name, piece in word_lists()["pieces"].items():
        text = text.replace(f"{{{name}}}", piece)
    return re.compile(rf"(?<!\w)(?:{text})" if not text.startswith("^") else text)


@cache
def _pattern(name: str, part: str | None = None) -> re.Pattern[str]:
    return _compiled(word_lists()[name][part] if part else word_lists()[name])


@cache
def _person_patterns(do: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(_compiled, word_lists()["person"][do]))


@cache
def _told_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(map(_compiled, word_lists()["told"]))
