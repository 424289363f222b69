"""What a question recalls: meaning and words fused, filtered by circle and day, with a calibrated chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from calls.errors import EngineError
from calls.words import Circle, Language, Match, Preference, Recall
from knowledge.index import Index, entries
from knowledge.lexical import Lexicon, best
from knowledge.meaning import Meaning
from knowledge.wording import bare_question

CANDIDATES = 40
MATCHES = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the two searches become one score, and a score a chance. Fitted by ``python -m evals.knowledge --fit``."""

    words: float = 0.6
    """What a full match of words adds to a cosine."""
    bias: float = -6.0
    slope: float = 10.0
    lead: float = 8.0
    """What the distance to the next best adds (and takes away from all others)."""
    sure: float = 0.5
    """Chance from which the best may be spoken."""


class Memory:
    """One state of the preferences, ready to be asked. Immutable: a reload makes a new one."""

    def __init__(
        self, preferences: Sequence[Preference], meaning: Meaning, index: Index, calibration: Calibration | None = None
    ):
        self.entries = entries(preferences)
        self._by_id = {entry.id: entry for entry in self.entries}
        self._lexicon = Lexicon(self.entries)
        self._meaning, self._index = meaning, index
        self._calibration = calibration or Calibration()

    def recall(self, question: str, circle: Circle, language: Language, day: date) -> Recall:
        """Blocking, about 15 ms: call it from a worker thread. Raises EngineError when neither search works."""
        bare = bare_question(question)
        by_words = best(self._lexicon, bare, lambda entry: fits(entry.preference, circle, day), CANDIDATES)
        try:
            by_meaning = self._index.nearest(self._meaning.question(bare, language), circle, day, CANDIDATES)
        except EngineError:
            by_meaning = {}
        scored = self._fuse(by_meaning, by_words, circle, day)
        return self._judge(scored)

    def _fuse(
        self, by_meaning: dict[str, float], by_words: dict[str, float], circle: Circle, day: date
    ) -> list[tuple[Preference, float]]:
        """Preferences with their score, best first; each by the best of its entries in either search."""
        floor = min(by_meaning.values(), default=0.0)
        near: dict[str, float] = {}
        said: dict[str, float] = {}
        found: dict[str, Preference] = {}
        for id_ in {**by_meaning, **by_words}:
            entry = self._by_id.get(id_)
            if entry is None or not fits(entry.preference, circle, day):
                continue
            name = entry.preference.id
            found[name] = entry.preference
            near[name] = max(near.get(name, floor), by_meaning.get(id_, floor))
            said[name] = max(said.get(name, 0.0), by_words.get(id_, 0.0))
        scored = [(each, near[name] + self._calibration.words * said[name]) for name, each in found.items()]
        return sorted(scored, key=lambda pair: (-pair[1], -Circle(pair[0].audience.value).rank, pair[0].id))

    def _judge(self, scored: list[tuple[Preference, float]]) -> Recall:
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
