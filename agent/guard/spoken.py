"""Numbers and addresses in a text, however they are spoken: in digits, in words, spaced, "arroba", "dot com"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from agent.guard.normalise import unaccented


def _counted(words: str, first: int = 0, step: int = 1) -> dict[str, int]:
    """`words`, in order, as numbers."""
    return {word: first + step * place for place, word in enumerate(words.split())}


_HUNDREDS = (
    "cien doscient{0}s trescient{0}s cuatrocient{0}s quinient{0}s seiscient{0}s setecient{0}s ochocient{0}s "
    "novecient{0}s"
)
VALUES = {
    **_counted(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
        "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
        "veintiocho veintinueve"
    ),
    **_counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10),
    **_counted(_HUNDREDS.format("o"), 100, 100),
    **_counted(_HUNDREDS.format("a"), 100, 100),
    **_counted(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ),
    **_counted("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    "ciento": 100,
    "veintiun": 21,
    "oh": 0,
}
_TIMES = {"doble": 2, "double": 2, "triple": 3, "treble": 3}
_SCALES = {"hundred": 100, "mil": 1000, "thousand": 1000}
_ONCE = re.compile(r"\bonce\b", re.IGNORECASE)
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")
_LINKS = frozenset({"y", "and", "-", "guion", "dash", ",", ".", "/", "espacio", ")", "("})
_AT = re.compile(r"\s*(?:@|\b(?:arroba|at sign)\b|(?<=\w)\s+at\s+(?=[\w-]+\s*(?:\.|dot|punto)))\s*")
_DOT = re.compile(r"(?<=\w)(?:\s+(?:punto|dot)\s+|\.)(?=\w)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/[\w./-]*)?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def numbers(text: str, language: str = "") -> tuple[tuple[int, str], ...]:
    """Each run of number words or digits in `text` as (value, its digits one after another).

    Where `language` is known to be English, "once" is no number.
    """
    found: list[tuple[int, str]] = []
    for run in _runs(_ONCE.sub(" ", text) if language == "en" else text):
        digits = "".join(written for _, written in run)
        found += [(value, digits) for value in _combined([value for value, _ in run])]
    return tuple(found)


def streams(texts: Iterable[str]) -> list[str]:
    """The digit runs of `texts`."""
    return [digits for text in texts for digits in dict.fromkeys(stream for _, stream in numbers(text))]


@lru_cache(maxsize=4096)
def addresses(text: str) -> frozenset[str]:
    """E-mail and web addresses, also as they are read aloud."""
    text = _DOT.sub(".", _AT.sub("@", unaccented(text.lower())))
    return frozenset(found.strip(".") for found in _ADDRESS.findall(text))


def _runs(text: str) -> list[list[tuple[int, str]]]:
    """Numbers that follow each other, each as its value and as it is written (zeros in front are kept)."""
    runs: list[list[tuple[int, str]]] = [[]]
    times, gap = 1, 0
    for token in _TOKEN.findall(unaccented(text.lower())):
        value = int(token[:12]) if token.isdecimal() else VALUES.get(token)
        if token in _TIMES:
            times = _TIMES[token]
        elif token in _SCALES and runs[-1]:
            value = runs[-1][-1][0] * _SCALES[token]
            runs[-1][-1] = (value, str(value))
        elif value is not None:
            runs[-1] += [(value, token if token.isdecimal() else str(value))] * times
            times, gap = 1, 0
        elif token in _LINKS and runs[-1] and gap < 2:
            gap += 1
        elif runs[-1]:
            runs.append([])
            times, gap = 1, 0
    return [run for run in runs if run]


def _combined(run: list[int]) -> set[int]:
    """The values that a run may mean: each by itself, and ten with unit, hundred with the rest."""
    parts, whole = set(run), []
    for before, after in pairwise(run):
        if (before >= 20 and before % 10 == 0 and before < 100 and 0 < after < 10) or (
            before >= 100 and before % 100 == 0 and 0 < after < 100
        ):
            whole.append(before + after)
    return parts if not whole else (parts - {part for pair in pairwise(run) for part in pair}) | set(whole)
