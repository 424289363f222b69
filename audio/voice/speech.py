"""What a language needs to say numbers, times and addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Abbreviations = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's way of saying things. Times are minutes since midnight; amounts are written as in the text."""

    digits: tuple[str, ...]
    """0 to 9."""
    signs: dict[str, str]
    """Of e-mail and web addresses."""
    endings: dict[str, str]
    """Parts of addresses that are spelled."""
    abbreviations: Abbreviations
    percent: str
    to: str
    """Between two numbers of a range."""
    country_code: Callable[[str], str]
    clock: Callable[[int, str, bool], str]
    """(minutes, article before it, whether to name the part of the day)."""
    between: Callable[[int, int], str]
    """(opens, shuts)."""
    day: Callable[[int, int, int | None], str]
    """(day, month, year)."""
    amount: Callable[[str], str]
    money: Callable[[str, str], str]
    """(amount, sign)."""


def abbreviations(table: Iterable[tuple[str, str]]) -> Abbreviations:
    """Patterns from a table of (regular expression, words)."""
    return tuple((re.compile(pattern), words) for pattern, words in table)


def value_of(written: str, decimal: str) -> tuple[int, str]:
    """The whole part and the decimals of a number written with `decimal` as its decimal sign.

    A single separator followed by other than three digits is the decimal sign whichever it is.
    """
    parts = re.split(r"[.,]", written)
    if len(parts) == 1:
        return int(written), ""
    last = written[-len(parts[-1]) - 1]
    if len(parts[-1]) != 3 or (last == decimal and len(parts) == 2 and len(parts[0]) > 3):
        return int("".join(parts[:-1])), parts[-1]
    return int("".join(parts)), ""
