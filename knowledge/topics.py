"""What people ring an executive's office about: a bridge from how callers ask to what answers speak of.

``¿a qué hora cierran?`` and ``The office is open nine to six`` share no word and no language. topics.yaml says of each
common subject how callers ask for it and what an answer speaks of, in both languages; so a question is compared with
questions, and what is on file with what is on file. Beside the nearest sentence a linear head for each topic, fitted
on the same sentences, tells how likely each topic is asked for: some topics are there only to be told from others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from calls.words import LANGUAGES, Language
from knowledge.embedding import Rows
from knowledge.lexical import Lexicon
from knowledge.meaning import Meaning
from knowledge.measured import measured

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Said = tuple[str, Language]
_TOPICS = Path(__file__).with_name("topics.yaml")
_BY_WORDS = 0.6
"""What a full match of words adds to a cosine."""
_BY_NEAREST, _BY_HEADS, _SELDOM = 0.5, 0.15, -8.0
"""What the nearest sentence counts, and each unit of log chance above the third, once the heads tell too."""
_FAR = 0.9
"""Below this a question does not ask for a topic: what is of no topic has then as good a chance to be meant."""
_SPREAD = 0.2
"""How fast a preference's second and third topic count less than its first."""
_FAINT, _CLEAR = 0.2, 0.6
"""A preference whose best topic is below the first has none; from the second on it has it for certain."""
_TOPICS_EACH = 6


@cache
def _listed() -> list[dict[str, Any]]:
    """What topics.yaml says. It is long: libyaml reads it ten times faster than Python does."""
    listed: list[dict[str, Any]] = yaml.load(_TOPICS.read_text(encoding="utf-8"), _Loader)  # nosec B506
    return listed


@cache
def _words() -> Lexicon:
    return Lexicon([[*each["es"], *each["en"], *each["about"]] for each in _listed()])


@dataclass(frozen=True, slots=True)
class Subjects:
    """Of each preference its few best topics and their weight 0..1, both of shape (preferences, 6)."""

    topics: NDArray[np.int64]
    weights: Rows

    def scores(self, asked: Rows) -> Rows:
        """For each preference how much it speaks of what is `asked` (a score for each topic)."""
        if not len(self.topics):
            return np.zeros(0, dtype=np.float32)
        best: Rows = (asked[self.topics] * self.weights).max(axis=1)
        return best

    def stands_out(self, number: int, asked: Rows) -> float:
        """How much more is `asked` for what preference `number` speaks of than for anything else; else negative."""
        topics, weights = self.topics[number], self.weights[number]
        others = asked.copy()
        others[topics] *= 1 - weights
        return float((asked[topics] * weights).max() - others.max())


class Topics:
    """All topics, with the rows of their sentences; loads or measures them at the first use."""

    def __init__(self, meaning: Meaning):
        self._meaning = meaning
        listed = _listed()
        abouts = [(n, said) for n, each in enumerate(listed) for said in zip(each["about"], LANGUAGES, strict=False)]
        ways = [(n, (text, key)) for n, each in enumerate(listed) for key in LANGUAGES for text in each[key]]
        self.about: list[Said] = [said for _, said in abouts]
        self._asked: list[Said] = [said for _, said in ways]
        self._about_of, self._asked_of = np.array([n for n, _ in abouts]), np.array([n for n, _ in ways])
        self._words = _words()
        self.count = len(listed)
        self.filed: dict[str, Rows] = {}
        """What each entry on file speaks of (`spoken_of`), by the entry's id."""
        self._kept: dict[str, Rows] = {}
        self._lock = Lock()

    def asked(self, question: str, row: Rows | None) -> Rows:
        """How much a question asks for each topic; `row` is its meaning, None to go by its words alone."""
        by_words: Rows = _BY_WORDS * self._words.scores(question)
        if row is None:
            return by_words
        nearest = by_words + self._best(row @ self.asked_rows().T, self._asked_of)
        heads = measured(self._meaning.name).get("heads")
        if heads is None:
            return nearest
        logits = heads[:, :-1] @ row + heads[:, -1]
        chance = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
        found: Rows = np.maximum(_BY_NEAREST * nearest + _BY_HEADS * np.maximum(chance - _SELDOM, 0) - _FAR, 0)
        return found

    def spoken_of(self, row: Rows) -> Rows:
        """How much a text on file, by its row, speaks of each topic."""
        return self._best(self.about_rows() @ row, self._about_of)

    def subjects(self, spoken_of: Rows, words: Lexicon) -> Subjects:
        """The topics of preferences. `spoken_of`: by meaning, shape (preferences, topics); `words`: their lexicon."""
        score = spoken_of.copy()
        by_words = np.zeros_like(score)
        for (text, _), topic in zip(self.about, self._about_of, strict=True):
            by_words[:, topic] = np.maximum(by_words[:, topic], words.scores(text))
        score += _BY_WORDS * by_words
        best = np.argsort(-score, axis=1)[:, :_TOPICS_EACH]
        top = np.take_along_axis(score, best, axis=1)
        clear = np.clip((top[:, :1] - _FAINT) / (_CLEAR - _FAINT), 0, 1)
        return Subjects(best, (np.exp((top - top[:, :1]) / _SPREAD) * clear).astype(np.float32))

    def _best(self, scores: Rows, of: NDArray[np.int64]) -> Rows:
        """The best of each topic's sentences; -1 for a topic that has none."""
        best = np.full(self.count, -1.0, dtype=np.float32)
        np.maximum.at(best, of, scores)
        return best

    def ways_to_ask(self) -> tuple[Rows, NDArray[np.int64]]:
        """A row for each way to ask, and the number of its topic."""
        return self.asked_rows(), self._asked_of

    def about_rows(self) -> Rows:
        """A row for each `about`."""
        return self._rows("about", self.about, self._meaning.on_file)

    def asked_rows(self) -> Rows:
        """A row for each way to ask."""
        return self._rows("asked", self._asked, self._meaning.questions)

    def _rows(self, name: str, texts: Sequence[Said], measure: Callable[[Sequence[Said]], Rows]) -> Rows:
        with self._lock:
            if name not in self._kept:
                kept = measured(self._meaning.name)
                self._kept[name] = kept[name] if name in kept else measure(texts)
            return self._kept[name]
