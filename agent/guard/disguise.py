"""Ways of saying something without saying it: letter by letter, backwards, a digit at a time, by a mere yes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agent.guard.normalise import plain
from agent.guard.spoken import streams
from agent.house.spelling import all_spelled
from calls.words import Line

PIECE = 3
"""So many digits in a row are a piece of somebody's number."""
LEAST_LETTERS = 4
_YES_OR_NO = re.compile(
    r"(?:s[ií]|no|yes|yeah|yep|exacto|correcto|cierto|es verdad|as[ií] es|right|correct|exactly|true|indeed"
    r"|that's (?:right|true|correct)|it's true|it is)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"[?¿]|\b(?:verdad|right|isn't it|correcto)\W*$", re.IGNORECASE)


def spelled(lines: Iterable[str]) -> str:
    """All that `lines` spell letter by letter, one after another, in small letters."""
    return "".join(all_spelled(line) for line in lines)


def hides(name: str, sentence: str, letters: str) -> bool:
    """Whether `sentence` has `name` (plain) backwards, or `letters` that were spelled make it up."""
    if len(name) < LEAST_LETTERS:
        return False
    return name in letters or name[::-1] in plain(sentence).replace(" ", "")


def pieces(number: str, sentence: str, before: Sequence[Line], known: Sequence[str]) -> bool:
    """Whether `sentence` gives PIECE digits of `number`, by itself or with the digits said alone before it.

    Digits of numbers that the hearer knows, `known`, give nothing away.
    """
    runs = [run for run in streams([sentence]) if len(run) >= PIECE]
    if _only_digits(sentence):
        ours = (line.text for line in before if line.who == "receptionist" and _only_digits(line.text))
        runs.append("".join("".join(streams([text])) for text in (*ours, sentence))[-PIECE:])
    return any(len(run) >= PIECE and run in number and not any(run in each for each in known) for run in runs)


def confirms(sentence: str, heard: str) -> bool:
    """Whether `sentence` is a yes or a no to a question in `heard`."""
    return bool(_ASKS.search(heard) and _YES_OR_NO.match(sentence.lstrip(" ¡¿\"'«“")))


def _only_digits(text: str) -> bool:
    """Whether a text is digits and hardly anything else."""
    said = streams([text])
    return bool(said) and len(text.split()) <= 2 * sum(map(len, said)) + 1
