"""Words in common: BM25 (Robertson & Zaragoza 2009) over words laid bare and over bilingual concepts.

It finds proper names and exact words, which sentence vectors blur, and stands in when the vector store fails.
concepts.yaml holds groups of words, Spanish and English, that callers and executives use for the same thing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from knowledge.embedding import Rows
from knowledge.index import Entry
from knowledge.wording import stem, words

_CONCEPTS = Path(__file__).with_name("concepts.yaml")
_K1, _B = 1.2, 0.5


class Lexicon:
    """Immutable once built. `entries` are numbered in their order."""

    def __init__(self, entries: Sequence[Entry]):
        self.entries = tuple(entries)
        bags = [Counter(terms(entry.text)) for entry in entries]
        lengths = np.array([sum(bag.values()) for bag in bags] or [1], dtype=np.float32)
        self._norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0))
        holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            for term, count in bag.items():
                holders[term].append((number, count))
        self._postings = {term: np.array(pairs, dtype=np.int64).T for term, pairs in holders.items()}

    def scores(self, question: str) -> Rows:
        """For each entry 0..1: how much of what the question says, rare words counting more, it says too."""
        total = np.zeros(len(self.entries), dtype=np.float32)
        whole = 0.0
        for term in set(terms(question)):
            weight = self._rarity(term)
            whole += weight
            if term in self._postings:
                numbers, counts = self._postings[term]
                total[numbers] += weight * counts * (_K1 + 1) / (counts + self._norm[numbers]) / (_K1 + 1) * 2
        scores: Rows = np.minimum(total / max(whole, 1.0), 1.0).astype(np.float32)
        return scores

    def _rarity(self, term: str) -> float:
        held = self._postings[term].shape[1] if term in self._postings else 0
        rarity = math.log(1 + (len(self.entries) - held + 0.5) / (held + 0.5))
        return rarity if term in self._postings or not term.startswith("=") else 0.5 * rarity


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning, and ``=concept`` for each concept that they stand for."""
    found: list[str] = []
    for word in words(text):
        stemmed = stem(word)
        found.append(stemmed)
        found += concepts_of(word)
    return found


@cache
def concepts_of(word: str) -> tuple[str, ...]:
    known = _concepts()
    return tuple(dict.fromkeys((*known.get(word, ()), *known.get(stem(word), ()))))


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    """Word or stem -> concepts."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in yaml.safe_load(_CONCEPTS.read_text(encoding="utf-8")):
        group = line.split()
        for word in group:
            for bare in words(word.replace("_", " ")):
                found[bare].append(f"={group[0]}")
                found[stem(bare)].append(f"={group[0]}")
    return {word: tuple(dict.fromkeys(names)) for word, names in found.items()}


Keep = Callable[[Entry], bool]


def best(lexicon: Lexicon, question: str, keep: Keep, count: int) -> dict[str, float]:
    """Entry ids with their score, best first, of those that `keep` lets through."""
    scores = lexicon.scores(question)
    found: dict[str, float] = {}
    for number in np.argsort(-scores, kind="stable"):
        if scores[number] <= 0 or len(found) == count:
            break
        entry = lexicon.entries[number]
        if keep(entry):
            found[entry.id] = float(scores[number])
    return found
