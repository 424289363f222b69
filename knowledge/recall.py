"""What a question recalls: meaning, words and topics fused, filtered by circle and day, with a calibrated chance."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from calls.errors import EngineError
from calls.words import Circle, Language, Match, Person, Preference, Recall
from knowledge.conflicts import differ, overlap, preferred
from knowledge.embedding import Rows
from knowledge.index import Index, Report, day_span, entries
from knowledge.lexical import Lexicon
from knowledge.meaning import Meaning
from knowledge.topics import Subjects, Topics
from knowledge.wording import bare_question, pronoun_for

log = logging.getLogger(__name__)
Scored = tuple[Preference, float]
NEAREST = 60
SAME_MATTER = 1.2
"""From this sum on two preferences are about the same: their nearness, and what follows, at full measure each."""
TOPICS_SHARED, WORDS_SHARED, TOPIC_SHARED = 0.8, 0.2, 0.25
LIKELY = 0.5
"""Chance from which on a preference would answer the question if no better one were there."""
ALIKE = 0.7
"""A nearness from which on two wordings say the same but for single words."""
MATCHES = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the searches become one score, and a score a chance.

    Near what ``python -m evals.knowledge --fit`` finds; the last four by hand, so that somebody who says their name and
    company is not taken to ask about it.
    """

    words: float = 0.2
    """What a full match of words adds to a cosine."""
    topics: float = 0.7
    """What a full match of topics adds."""
    bias: float = -3.0
    slope: float = 6.0
    clear: float = 2.1
    """What it counts that nothing else is asked for as much (`Subjects.stands_out`)."""
    sure: float = 0.839
    """Chance from which the best may be spoken."""


@dataclass(frozen=True, slots=True)
class Found:
    """The five that score best, best first, and how clearly the question asks for the first of them."""

    best: list[Scored]
    clear: float


class Memory:
    """One state of the preferences. Immutable once `index` has run: a reload makes a new one.

    `executive`: whose preferences they are, named in most questions.
    """

    def __init__(
        self,
        preferences: Sequence[Preference],
        index: Index,
        meaning: Meaning,
        topics: Topics,
        tuned: Calibration | None = None,
        executive: Person | None = None,
    ):
        self.entries = entries(preferences)
        listed = list({entry.preference.id: entry.preference for entry in self.entries}.values())
        self._preferences = listed
        self._number = {each.id: number for number, each in enumerate(listed)}
        self._owner = {entry.id: self._number[entry.preference.id] for entry in self.entries}
        self._words = Lexicon([_texts(each) for each in listed])
        self._rank = np.array([Circle(each.audience.value).rank for each in listed])
        self._span = np.array([day_span(each) for each in listed]).reshape(-1, 2)
        self._index, self._meaning, self._topics = index, meaning, topics
        self._subjects: Subjects | None = None
        self._waiting = np.zeros(len(listed), dtype=bool)
        self._tuned = tuned or Calibration()
        self._unnamed = pronoun_for(executive or Person(""))
        self._conflicts: dict[frozenset[str], bool] = {}
        self._rows: dict[str, list[tuple[bool, Rows]]] = {}

    def index(self, report: Report | None = None) -> int:
        """Blocking: puts what is new into the index, and returns how many entries that were; then it can be asked."""
        added = self._index.put(self.entries, report)
        self.classify()
        return added

    def classify(self) -> None:
        """Blocking: finds out by what is in the index which topics each preference speaks of."""
        new = [entry.id for entry in self.entries if entry.id not in self._topics.filed]
        for id_, row in self._index.rows(new).items():
            self._topics.filed[id_] = self._topics.spoken_of(row)
        spoken_of = np.full((len(self._preferences), self._topics.count), -1.0, dtype=np.float32)
        for id_, owner in self._owner.items():
            if (found := self._topics.filed.get(id_)) is not None:
                spoken_of[owner] = np.maximum(spoken_of[owner], found)
        self._waiting = spoken_of.max(axis=1, initial=-1.0) <= -1.0
        self._subjects = self._topics.subjects(spoken_of, self._words)

    def recall(self, question: str, circle: Circle, language: Language, day: date) -> Recall:
        """Blocking, about 15 ms: call it from a worker thread."""
        return self._judge(self.scored(question, circle, language, day))

    def scored(self, question: str, circle: Circle, language: Language, day: date) -> Found:
        """What is nearest to the question. A failing encoder or store leaves the search by words and topics."""
        bare = bare_question(self._unnamed(question, language))
        words = self._words.scores(bare)
        try:
            row = self._meaning.questions([(bare, language)])[0]
            near = self._near(self._index.nearest(row, circle, day, NEAREST))
            near = np.where(self._waiting, np.maximum(near, words * np.float32(0.5)), near)
        except (EngineError, OSError, RuntimeError, ImportError) as error:
            log.warning("recall goes on with words alone (%s)", type(error).__name__)
            row, near = None, words * np.float32(0.5)
        asked = self._topics.asked(bare, row)
        about = self._subjects.scores(asked) if self._subjects else np.zeros_like(words)
        best = self._best(near + self._tuned.words * words + self._tuned.topics * about, circle, day)
        clear = self._subjects.stands_out(self._number[best[0][0].id], asked) if self._subjects and best else 0.0
        return Found(best, clear)

    def _near(self, found: dict[str, float]) -> Rows:
        """The cosine of each preference's nearest entry; what the index did not return is as far as its last."""
        near = np.full(len(self._preferences), min(found.values(), default=0.0), dtype=np.float32)
        for id_, cosine in found.items():
            if (owner := self._owner.get(id_)) is not None:
                near[owner] = max(near[owner], cosine)
        return near

    def _allowed(self, circle: Circle, day: date) -> NDArray[np.bool_]:
        """Which preferences `circle` may hear on `day`."""
        today = day.toordinal()
        allowed: NDArray[np.bool_] = (
            (self._rank <= circle.rank) & (self._span[:, 0] <= today) & (today <= self._span[:, 1])
        )
        return allowed

    def _best(self, score: Rows, circle: Circle, day: date) -> list[Scored]:
        """Of what may be heard; at the same score, what is meant for a closer circle comes first."""
        numbers = np.flatnonzero(self._allowed(circle, day))
        order = numbers[np.lexsort((-self._rank[numbers], -score[numbers]))][:MATCHES]
        best = [(self._preferences[number], float(score[number])) for number in order]
        return [(each, value) for each, value in best if circle.may_hear(each.audience)]

    def _judge(self, found: Found) -> Recall:
        """The first is right with its calibrated chance; any other only if the first is not."""
        matches: list[Match] = []
        for preference, score, over in self._settled(found):
            chance = self._chance(score, found.clear)
            matches.append(Match(preference, chance if not matches else chance * (1 - matches[0].score), over))
        return Recall(tuple(matches), unsure=not matches or matches[0].score < self._tuned.sure)

    def _chance(self, score: float, clear: float) -> float:
        tuned = self._tuned
        return 1 / (1 + math.exp(-(tuned.bias + tuned.slope * score + tuned.clear * clear)))

    # --- conflicts ----------------------------------------------------------------------------------

    def _settled(self, found: Found) -> Iterator[tuple[Preference, float, tuple[str, ...]]]:
        """Of those that answer what the best one answers, only the one that is preferred, with whom it stands for."""
        if not found.best:
            return
        (best, score), *others = found.best
        close = [each for each, value in others if self._chance(value, found.clear) >= LIKELY]
        same = [best, *(each for each in close if self._conflict(best, each))]
        used = reduce(preferred, same)
        yield used, score, tuple(each.id for each in same if each is not used)
        yield from ((each, score, ()) for each, score in others if each not in same)

    def rivals(self, id: str) -> list[Preference]:
        """Blocking: who answers the same caller differently than preference `id`, the most alike first."""
        if id not in self._number:
            return []
        number = self._number[id]
        mine, everyone = self._preferences[number], np.arange(len(self._preferences))
        nearest = np.argsort(-self._shared(number, everyone))[: NEAREST + 1]
        likely = [self._preferences[each] for each in nearest]
        with suppress(EngineError):
            self._fetch([mine, *likely])
        return [other for other in likely if self._conflict(mine, other)]

    def _conflict(self, one: Preference, other: Preference) -> bool:
        key = frozenset((one.id, other.id))
        if key not in self._conflicts:
            apart = len(key) == 2 and overlap(one, other) and differ(one, other, near=True)
            self._conflicts[key] = apart and self._same_matter(one, other)
        return self._conflicts[key]

    def _same_matter(self, one: Preference, other: Preference) -> bool:
        """Whether both answer the same, and not in the same words. What cannot be compared now does not count."""
        shared = float(self._shared(self._number[one.id], np.array([self._number[other.id]]))[0])
        if shared + WORDS_SHARED + 1 < SAME_MATTER:
            return False
        near = self._nearness(one, other)
        words = max(self._in_words(one, other), self._in_words(other, one))
        return near + shared + WORDS_SHARED * words >= SAME_MATTER and differ(one, other, near >= ALIKE)

    def _shared(self, number: int, others: NDArray[np.int64]) -> Rows:
        """How much each of `others` is about the same topics; the executive's own labels count too."""
        label = self._preferences[number].topic
        same = [TOPIC_SHARED * (label != "" and label == self._preferences[other].topic) for other in others]
        shared = np.array(same, dtype=np.float32)
        if self._subjects is None:
            return shared
        topics, weights = self._subjects.topics, self._subjects.weights
        mine = np.zeros(self._topics.count, dtype=np.float32)
        mine[topics[number]] = weights[number]
        length = np.linalg.norm(weights[others], axis=1) * np.linalg.norm(mine)
        about: Rows = (mine[topics[others]] * weights[others]).sum(axis=1) / np.maximum(length, 1e-6)
        return shared + np.float32(TOPICS_SHARED) * about

    def _nearness(self, one: Preference, other: Preference) -> float:
        """The best cosine of a wording with a wording, or of a `when` with a `when`."""
        try:
            mine, theirs = self._rows_of(one), self._rows_of(other)
        except EngineError:
            return 0.0
        return max((float(a @ b) for rule, a in mine for kind, b in theirs if rule == kind), default=0.0)

    def _rows_of(self, preference: Preference) -> list[tuple[bool, Rows]]:
        """The row of each of its entries, and whether that is its `when`."""
        if preference.id not in self._rows:
            self._fetch([preference])
        return self._rows[preference.id]

    def _fetch(self, preferences: Iterable[Preference]) -> None:
        """Brings their rows out of the index, all at once."""
        wanted = {each.id: entries([each]) for each in preferences if each.id not in self._rows}
        found = self._index.rows([entry.id for of in wanted.values() for entry in of])
        for id, of in wanted.items():
            self._rows[id] = [(entry.kind == "when", found[entry.id]) for entry in of if entry.id in found]

    def _in_words(self, one: Preference, other: Preference) -> float:
        """The share of the words of `one` that `other` has."""
        texts = [*one.text.values(), *([one.when] if one.when else [])]
        return max(float(self._words.scores(text)[self._number[other.id]]) for text in texts)


def _texts(preference: Preference) -> list[str]:
    """All that tells what a preference is about, its id and topic too."""
    labels = (preference.when, preference.topic, re.sub(r"[-_]", " ", preference.id))
    return [*preference.text.values(), *preference.say.values(), *(label for label in labels if label)]


def hidden(preferences: Iterable[Preference], circle: Circle) -> tuple[Preference, ...]:
    """What `circle` must not hear: preferences for nobody and for closer circles."""
    return tuple(each for each in preferences if not circle.may_hear(each.audience))
