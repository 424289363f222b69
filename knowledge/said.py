"""An answer to a question of the first meeting as it is said, in the form in which it is written."""

from __future__ import annotations

import re
from itertools import pairwise

from knowledge.plain import DAYS
from knowledge.wording import fold

_SPANISH_DAYS = dict(zip(("lun", "mar", "mie", "jue", "vie", "sab", "dom"), DAYS, strict=True))
_NUMBERS = (
    "cero|zero", "una|uno|one", "dos|two", "tres|three", "cuatro|four", "cinco|five", "seis|six", "siete|seven",
    "ocho|eight", "nueve|nine", "diez|ten", "once|eleven", "doce|twelve",
)  # fmt: skip
_WORDS = {word: number for number, either in enumerate(_NUMBERS) for word in either.split("|")}
_MINUTES = {"media": 30, "thirty": 30, "cuarto": 15, "fifteen": 15}
_DAY_SPAN = re.compile(
    r"\W*(?:(?:de|from|los|on|el|the)\s+)*(?P<first>[a-z]+)"
    r"(?:\s*(?:-|–|\ba\b|\bal\b|\bto\b|\bhasta\b|\bthrough\b)\s*(?P<last>[a-z]+))?\b(?P<rest>.*)"
)
_CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?(?:\s+(?:y\s+)?(?P<part>media|cuarto|thirty|fifteen)\b)?"
    r"(?:\s*(?:de la\s+)?(?P<half>tarde|noche|p\.?\s?m\b\.?))?"
)
_NOON = 12 * 60


def hours(text: str) -> list[tuple[str, str]]:
    """Office hours by days: "de lunes a viernes de nueve a dos" -> ("mon-fri", "09:00-14:00").

    What cannot be read stays as it is, with nothing for its hours, so that it can be told.
    """
    return [_days(line.strip()) for line in re.split(r"[\n;]|\.\s", text) if line.strip()]


def _days(line: str) -> tuple[str, str]:
    found = _DAY_SPAN.match(fold(line))
    days = [_SPANISH_DAYS.get(day[:3], day[:3]) for day in (found["first"], found["last"]) if day] if found else []
    spans = _spans(found["rest"]) if found and set(days) <= set(DAYS) else []
    return ("-".join(days), ", ".join(spans)) if spans else (line, "")


def _spans(text: str) -> list[str]:
    """The times two by two; one that would lie before the last is of the afternoon, if it is said on twelve hours."""
    flat = re.sub(r"[a-z]+", lambda word: str(_WORDS.get(word.group(), word.group())), text)
    times: list[int] = []
    for found in _CLOCK.finditer(flat):
        at = int(found["hour"]) * 60 + int(found["minute"] or _MINUTES.get(found["part"] or "", 0))
        early = at < _NOON and (found["half"] or (times and at <= times[-1] and not found["minute"]))
        times.append(at + _NOON if early else at)
    whole = len(times) % 2 == 0 and all(one < other for one, other in pairwise(times))
    clocks = [f"{at // 60:02}:{at % 60:02}" for at in times]
    return [f"{since}-{until}" for since, until in zip(clocks[::2], clocks[1::2], strict=False)] if whole else []


def address(text: str) -> str:
    """ "Prensa arroba vidal punto es." -> "prensa@vidal.es"; what was typed stays as it is."""
    if "@" in text and " " not in text.strip():
        return text
    flat = text if "@" in text else re.sub(r"\s*\b(?:arroba|at)\b\s*", "@", text.lower())
    if "@" not in flat:
        return text
    flat = re.sub(r"\s*\b(?:punto|dot)\b\s*", ".", flat, flags=re.IGNORECASE)
    return re.sub(r"\s", "", flat).rstrip(".")


def digits(text: str) -> str:
    """The digits of a code that is said one by one; anything else stays as it is."""
    bare = re.sub(r"[\s.,-]", "", text)
    return bare if bare.isdigit() else text


def one_of(text: str, choices: tuple[str, ...]) -> str:
    """The choice that is named in `text`; anything else stays as it is."""
    named = [each for each in choices if re.search(rf"(?<!\w){re.escape(fold(each))}(?!\w)", fold(text))]
    return named[0] if len(named) == 1 else text
