"""What an utterance is for: sure patterns first, then the nearest example."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from calls.ports import Embed
from calls.words import LANGUAGES, Language
from prompts import Examples, alternatives, pattern

NEAR = 0.40
"""Centred cosine from which the nearest example counts; set by leave-one-out over the examples."""
VERY_NEAR = 0.60
"""The same for intents that carry no content: taking a reason for a "wait" costs more than asking again."""


class Intent(StrEnum):
    GREETING = "greeting"
    ASKS_EXECUTIVE = "asks_executive"
    WHERE_IS = "where_is"
    QUESTION = "question"
    STATES_REASON = "states_reason"
    LEAVE_MESSAGE = "leave_message"
    WANTS_CALLBACK = "wants_callback"
    NO_CALLBACK = "no_callback"
    BOOK = "book"
    SALES = "sales"
    WRONG_NUMBER = "wrong_number"
    ARE_YOU_HUMAN = "are_you_human"
    WHO_ARE_YOU = "who_are_you"
    ASKS_PERSON = "asks_person"
    REPEAT = "repeat"
    SLOWER = "slower"
    WAIT = "wait"
    AFFIRM = "affirm"
    DENY = "deny"
    CORRECT = "correct"
    GOODBYE = "goodbye"
    NOTHING_ELSE = "nothing_else"
    THANKS = "thanks"
    HOW_ARE_YOU = "how_are_you"
    SPEAK_ES = "speak_es"
    SPEAK_EN = "speak_en"
    NOT_TELLING = "not_telling"
    NEVER_MIND = "never_mind"
    ANSWERING_MACHINE = "answering_machine"
    CHILD = "child"
    SPELL_NAME = "spell_name"


CONTENT = frozenset(
    {
        Intent.ASKS_EXECUTIVE,
        Intent.WHERE_IS,
        Intent.QUESTION,
        Intent.STATES_REASON,
        Intent.LEAVE_MESSAGE,
        Intent.WANTS_CALLBACK,
        Intent.BOOK,
        Intent.SALES,
        Intent.ASKS_PERSON,
    }
)
"""Intents that carry what the call is about."""

_BY_POSITION = frozenset({Intent.AFFIRM, Intent.DENY, Intent.QUESTION})
"""Intents that depend on more than the words: where they stand, or the form of the sentence."""


@cache
def _sure() -> dict[Intent, re.Pattern[str]]:
    """The pattern of every intent whose words leave no doubt."""
    opening = r"^\W*(?:(?:ah|eh|oh|well|pues|bueno|mm+|aj[áa]|que(?= s[íi]\b| no\b))\W+)?"
    return {intent: pattern(intent.value) for intent in Intent if intent not in _BY_POSITION} | {
        Intent.AFFIRM: re.compile(rf"{opening}{alternatives('affirm')}\b(?!\W*no\b)", re.IGNORECASE),
        Intent.DENY: re.compile(rf"{opening}{alternatives('deny')}\b(?! s[ée] si\b)", re.IGNORECASE),
    }


def sure_intents(text: str) -> frozenset[Intent]:
    """What the words themselves say beyond doubt."""
    text = text.replace("’", "'")
    found = {intent for intent, sure in _sure().items() if sure.search(text)}
    if Intent.NO_CALLBACK in found:
        found.discard(Intent.WANTS_CALLBACK)
    if Intent.NOTHING_ELSE in found:
        found.discard(Intent.DENY)
    return frozenset(found)


def asks(text: str) -> bool:
    """Whether `text` has the form of a question."""
    return "?" in text or "¿" in text or bool(pattern("asks").search(text))


class Intents:
    """Finds intents. The examples are embedded once, at the first use or by `warm`. Thread-safe after that."""

    def __init__(self, examples: Sequence[Examples], embed: Embed):
        self._examples = examples
        self._embed = embed
        self._found: dict[str, frozenset[Intent]] = {}

    def warm(self) -> None:
        """Embeds the examples, some seconds of one core."""
        _ = self._vectors

    def of(self, text: str, language: Language) -> frozenset[Intent]:
        """The intents of `text`; a set without content intents when nothing is near enough."""
        if (known := self._found.get(text)) is not None:
            return known
        if len(self._found) > 4096:
            self._found.clear()
        sure = sure_intents(text)
        found = sure if not self._needs_a_look(text, sure) else sure | self._near(text, language, sure)
        self._found[text] = found
        return found

    def _needs_a_look(self, text: str, sure: frozenset[Intent]) -> bool:
        return len(re.findall(r"\w+", text)) > 2 and sure <= {Intent.GREETING, Intent.THANKS}

    def _near(self, text: str, language: Language, sure: frozenset[Intent]) -> frozenset[Intent]:
        intent, score = self.nearest(text, language)
        if score >= (NEAR if intent in CONTENT else VERY_NEAR):
            return frozenset({intent})
        return frozenset({Intent.QUESTION}) if asks(text) else frozenset()

    def nearest(self, text: str, language: Language) -> tuple[Intent, float]:
        """The intent with the nearest example, and its centred cosine in -1..1."""
        vectors, intents, centres = self._vectors
        query = _normal(np.asarray(self._embed([text]))[0] - centres[language])
        scores = vectors @ query
        best = int(np.argmax(scores))
        return intents[best], float(scores[best])

    @cached_property
    def _vectors(self) -> tuple[NDArray[np.float32], list[Intent], dict[Language, NDArray[np.float32]]]:
        rows, intents, centres = [], [], {}
        for language in LANGUAGES:
            texts = [text for each in self._examples for text in each.texts[language]]
            intents += [Intent(each.intent) for each in self._examples for _ in each.texts[language]]
            vectors = np.asarray(self._embed(texts), dtype=np.float32)
            centres[language] = vectors.mean(axis=0)
            rows.append(_normal(vectors - centres[language]))
        return np.concatenate(rows), intents, centres


def _normal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    normal: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-9)
    return normal
