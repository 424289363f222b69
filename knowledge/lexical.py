"""Words in common: how much of what a caller says a text on file says too, rare words counting more.

It finds proper names and exact words, which sentence vectors blur, and stands in when the vector store fails. A word
also matches by its concept: concepts.yaml holds groups of words, Spanish and English, that people use for the same
thing. Rarity is that of BM25 (Robertson & Zaragoza 2009, section 3.1); repetition tells nothing in texts this short.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import yaml

from knowledge.embedding import Rows
from knowledge.wording import all_words, fold, is_empty_word, stem

_CONCEPTS = Path(__file__).with_name("concepts.yaml")
_BY_CONCEPT = 0.85
"""What a word counts that is met only by another of the same concept."""
_LONG = 0.1
"""How much a document with many words is held back."""


class Lexicon:
    """Immutable once built. `documents`: of each the texts that tell what it is about."""

    def __init__(self, documents: Sequence[Sequence[str]]):
        bags = [{term for text in texts for term in _filed(text)} for texts in documents]
        holders: dict[str, list[int]] = defaultdict(list)
        for number, bag in enumerate(bags):
            for term in bag:
                holders[term].append(number)
        self._count = len(bags)
        self._holders = {term: np.array(numbers) for term, numbers in holders.items()}
        sizes = np.array([max(len(bag), 1) for bag in bags], dtype=np.float32)
        self._held_back = 1 + _LONG * np.log(np.maximum(sizes / max(float(sizes.sum()), 1) * len(bags), 0.2))

    def scores(self, question: str) -> Rows:
        """For each document the share of the question's words, by rarity, that it has; about 0..1."""
        total = np.zeros(self._count, dtype=np.float32)
        whole = 0.0
        for exact, *concepts in dict.fromkeys(terms(question)):
            weight = max(self._rarity(term) for term in (exact, *concepts))
            whole += weight
            met = np.zeros_like(total)
            for concept in concepts:
                met[self._holders.get(concept, _NONE)] = _BY_CONCEPT
            met[self._holders.get(exact, _NONE)] = 1.0
            total += weight * met
        scores: Rows = (total / max(whole, 1.0) / self._held_back).astype(np.float32)
        return scores

    def _rarity(self, term: str) -> float:
        held = len(self._holders.get(term, _NONE))
        count = self._count
        return math.log(1 + (count - held + 0.5) / (held + 0.5)) if held else 0.6 * math.log(2 * count + 2)


_NONE = np.array([], dtype=np.int64)


def terms(text: str) -> list[tuple[str, ...]]:
    """For each word that carries meaning its stem and its concepts (``=parking``), which whole phrases may add to."""
    flat = fold(text)
    found = [("", *dict.fromkeys(names)) for names in (_phrases_in(flat), _signs_in(text)) if names]
    for word in all_words(flat):
        concepts = concepts_of(word)
        if concepts or not is_empty_word(word):
            found.append((stem(word), *concepts))
    return found


@lru_cache(maxsize=200_000)
def _filed(text: str) -> frozenset[str]:
    """All terms of a text on file: an edit of one preference reads no other again."""
    return frozenset(term for word in terms(text) for term in word)


@cache
def concepts_of(word: str) -> tuple[str, ...]:
    known, _ = _concepts()
    return known.get(word) or known.get(f"{stem(word)}~") or ()


_SIGNS = (
    (re.compile(r"@"), "=email"),
    (re.compile(r"\+\d|\b\d{3} \d{3} \d{3}\b"), "=phone"),
    (re.compile(r"\w\.(?:com|es|example|org)/"), "=online"),
)


def _signs_in(text: str) -> list[str]:
    return [concept for sign, concept in _SIGNS if sign.search(text)]


def _phrases_in(flat: str) -> list[str]:
    _, phrases = _concepts()
    return [concept for phrase, concept in phrases if phrase.search(flat)]


@cache
def _concepts() -> tuple[dict[str, tuple[str, ...]], list[tuple[re.Pattern[str], str]]]:
    """Word, or stem with ``~``, -> concepts; and the phrases of several words."""
    found: dict[str, list[str]] = defaultdict(list)
    phrases: list[tuple[re.Pattern[str], str]] = []
    for line in yaml.safe_load(_CONCEPTS.read_text(encoding="utf-8")):
        name, *group = line.split()
        for word in map(fold, group):
            if "_" in word:
                phrases.append((re.compile(rf"\b{word.replace('_', ' ')}\b"), f"={name}"))
                continue
            found[word].append(f"={name}")
            found[f"{stem(word)}~"].append(f"={name}")
    return {word: tuple(dict.fromkeys(names)) for word, names in found.items()}, phrases
