"""What a question recalls: meaning and words fused, filtered by circle and day, with a calibrated chance."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from calls.errors import EngineError
from calls.words import Circle, Language, Match, Preference, Recall
from knowledge.index import Index, entries
from knowledge.lexical import Lexicon
from knowledge.meaning import Meaning
from knowledge.wording import bare_question

log = logging.getLogger(__name__)
Scored = tuple[Preference, float]
CANDIDATES = 40
MATCHES = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the two searches become one score, and a score a chance. Fitted by ``python -m evals.knowledge --fit``."""

    words: float = 0.5
    """What a full match of words adds to a cosine."""
    bias: float = -2.71
    slope: float = 4.38
    lead: float = 5.81
    """What the distance to the next best adds (and takes away from all others)."""
    sure: float = 0.7
    """Chance from which the best may be spoken."""


class Memory:
    """One state of the preferences, ready to be asked. Immutable: a reload makes a new one."""

    def __init__(
        self, preferences: Sequence[Preference], meaning: Meaning, index: Index, calibration: Calibration | None = None
    ):
        self.entries = entries(preferences)
        self._by_id = {entry.id: entry for entry in self.entries}
        self._preferences = {entry.preference.id: entry.preference for entry in self.entries}
        self._lexicon = Lexicon(list(self._preferences.values()))
        self._meaning, self._index = meaning, index
        self._calibration = calibration or Calibration()

    def index(self) -> int:
        """Blocking: puts what is new into the index, and returns how many entries that were; then it can be asked."""
        return self._index.put(self.entries)

    def recall(self, question: str, circle: Circle, language: Language, day: date) -> Recall:
        """Blocking, about 15 ms: call it from a worker thread."""
        return self._judge(self.scored(question, circle, language, day))

    def scored(self, question: str, circle: Circle, language: Language, day: date) -> list[Scored]:
        """All candidates, best first. A failing encoder or store leaves the search by words."""
        bare = bare_question(question)
        by_words = self._lexicon.best(bare, lambda each: fits(each, circle, day), CANDIDATES)
        try:
            by_meaning = self._index.nearest(self._meaning.question(bare, language), circle, day, CANDIDATES)
        except (EngineError, OSError, RuntimeError, ImportError) as error:
            log.warning("recall goes on with words alone (%s)", type(error).__name__)
            return self._fuse({}, by_words, circle, day, floor=None)
        return self._fuse(by_meaning, by_words, circle, day, floor=min(by_meaning.values(), default=0.0))

    def _fuse(
        self, by_meaning: dict[str, float], by_words: dict[str, float], circle: Circle, day: date, floor: float | None
    ) -> list[Scored]:
        """Preferences with their score, best first, each by the nearest of its entries.

        `floor`: the cosine of what only words found; None when there are no cosines and words stand in for them.
        """
        near: dict[str, float] = {}
        for id_, cosine in by_meaning.items():
            entry = self._by_id.get(id_)
            if entry and fits(entry.preference, circle, day):
                near[entry.preference.id] = max(near.get(entry.preference.id, -1.0), cosine)
        scored = []
        for id_ in {**near, **by_words}:
            said = by_words.get(id_, 0.0)
            cosine = near.get(id_, said / 2 if floor is None else floor)
            scored.append((self._preferences[id_], cosine + self._calibration.words * said))
        return sorted(scored, key=lambda pair: (-pair[1], -Circle(pair[0].audience.value).rank, pair[0].id))

    def _judge(self, scored: list[Scored]) -> Recall:
        tuned = self._calibration
        matches = []
        for place, (preference, score) in enumerate(scored[:MATCHES]):
            rival = next((other for at, (_, other) in enumerate(scored) if at != place), 0.0)
            chance = _sigmoid(tuned.bias + tuned.slope * score + tuned.lead * (score - rival))
            matches.append(Match(preference, chance))
        return Recall(tuple(matches), unsure=not matches or matches[0].score < tuned.sure)


def fits(preference: Preference, circle: Circle, day: date) -> bool:
    """Whether `circle` may hear it and it is valid on `day`."""
    return (
        circle.may_hear(preference.audience)
        and preference.status == "approved"
        and (preference.valid_from is None or preference.valid_from <= day)
        and (preference.valid_until is None or day <= preference.valid_until)
    )


def hidden(preferences: Iterable[Preference], circle: Circle) -> tuple[Preference, ...]:
    """What `circle` must not hear: preferences for nobody and for closer circles."""
    return tuple(each for each in preferences if not circle.may_hear(each.audience))


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))
