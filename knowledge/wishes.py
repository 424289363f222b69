"""A wish of the executive as the preference that it becomes, and as it is read back to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from calls.words import LANGUAGES, Action, Circle, Language, Texts
from knowledge.contacts import Contact
from knowledge.days import Span, say_span
from knowledge.orders import Absence, Order, Person, Told, Wish, dated
from knowledge.plain import Plain
from knowledge.reported import reported
from knowledge.wording import guess_language

ABSENCE = "absence"
"""The topic of what is said while the executive cannot be reached."""


class Phrase(Protocol):
    """A fixed line, with the names of the house filled in."""

    def __call__(self, key: str, language: Language | None = None, **slots: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Written:
    """`data`: the preference in its plain form; `read_back`: what it will do, by language."""

    data: Plain
    read_back: dict[Language, list[str]]


class Unclear(Exception):
    """A person who is meant is not on file, or could be several: the phrase that says so."""

    def __init__(self, key: str, who: str):
        self.key, self.who = key, who


def written(wish: Wish, order: Order, meant: Sequence[Contact], today: date, phrase: Phrase) -> Written:
    """`wish` as a preference that holds while the order does. Raises Unclear when it is not clear who is meant."""
    span = order.span or (Span(today, today) if isinstance(wish, Absence) else Span())
    since = span.since if span.since and span.since > today else None
    valid = {"from": since and since.isoformat(), "until": span.until and span.until.isoformat()}
    while_: dict[Language, str] = {}
    for language in LANGUAGES:
        said = say_span(span.since, span.until, today, language)
        while_[language] = f" {said}" if said else ""
    match wish:
        case Absence(state=state):
            made = _absence(state, while_, phrase)
        case Person(do=do, say=say):
            made = _person(_clear(wish, meant), do, dated(say, today, _language(say)), while_, phrase)
        case Told(what=what, about=about):
            made = _told(dated(what, today, _language(what)), about, order, while_, phrase)
    return Written({**made.data, "valid": valid}, made.read_back)


def _clear(wish: Person, meant: Sequence[Contact]) -> Sequence[Contact]:
    if not meant:
        raise Unclear("order_unknown_person", wish.who)
    several = len(meant) > 1 and not any(word in f" {wish.who} " for word in (" y ", " and ", ",", "familia", "family"))
    if several:
        raise Unclear("order_which_person", wish.who)
    return meant


def _absence(state: str, while_: dict[Language, str], phrase: Phrase) -> Written:
    texts: Texts = {language: phrase(f"absence_{state}", language, span=while_[language]) for language in LANGUAGES}
    data: Plain = {
        "topic": ABSENCE,
        "text": texts,
        "say": texts,
        "when": phrase("order_absence_when", "es"),
        "do": Action.TAKE_MESSAGE.value,
    }
    return Written(data, {each: [phrase("order_absence_item", each, text=texts[each])] for each in LANGUAGES})


def _person(meant: Sequence[Contact], do: Action, say: str, while_: dict[Language, str], phrase: Phrase) -> Written:
    who: Texts = {"es": " y ".join(each.name for each in meant), "en": " and ".join(each.name for each in meant)}
    told = _reported(say, phrase) if say else {}
    lowest = min((each.circle.capped(Circle.TRUSTED) for each in meant), key=lambda circle: circle.rank)
    items = {
        each: phrase(
            f"order_{do.value}_item", each, who=who[each], span=while_[each], text=_either(told, each) if told else ""
        )
        for each in LANGUAGES
    }
    data: Plain = {
        "topic": "callers",
        "text": items,
        "say": told,
        "when": phrase("order_person_when", "es", who=who["es"]),
        "do": do.value,
        "audience": lowest.value,
        "callers": [each.id for each in meant],
    }
    return Written(data, {each: [items[each]] for each in LANGUAGES})


def _told(what: str, about: str, order: Order, while_: dict[Language, str], phrase: Phrase) -> Written:
    texts = _reported(what, phrase)
    data: dict[str, Any] = {"topic": about, "text": texts, "audience": order.audience.value}
    if about:
        data |= {"when": phrase("order_about_when", _language(about), about=about), "do": Action.ANSWER.value}
    items = {
        each: phrase(
            "order_told_item", each, audience=order.audience.value, span=while_[each], text=_either(texts, each)
        )
        for each in LANGUAGES
    }
    return Written(data, {each: [items[each]] for each in LANGUAGES})


def _reported(what: str, phrase: Phrase) -> Texts:
    language = _language(what)
    return {language: reported(what, language, phrase("order_executive", language))}


def _language(text: str) -> Language:
    return guess_language(text, "es")


def _either(texts: Texts, language: Language) -> str:
    return texts.get(language) or next(iter(texts.values()))
