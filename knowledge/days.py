"""Days and spans of days as people say them: "hasta el lunes", "del 3 al 10 de agosto", "for a week"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from calls.words import Language
from knowledge.wording import fold

_LISTS = Path(__file__).with_name("days.yaml")


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day, both included; either may be open."""

    since: date | None = None
    until: date | None = None


def span_in(text: str, today: date) -> Span | None:
    """The span that `text` names, in either language; None when it names none. `today` is the office's."""
    flat = fold(text)
    if open_ended := _pattern("open").search(flat):
        return Span(_after(flat[: open_ended.start()], today))
    if between := _pattern("from_to").search(flat):
        first = day_in(between["first"], today) or _day_of_month(between["first"], day_in(between["last"], today))
        last = first and (day_in(between["last"], first) or _day_of_month(between["last"], first))
        if first and last and last >= first:
            return Span(first, last)
    if whole := _whole(flat, today):
        return whole
    if lasting := _pattern("for").search(flat):
        return Span(today, today + timedelta(days=_count(lasting["count"]) * _unit(lasting["unit"])))
    if (until := _pattern("until").search(flat)) and (last := day_in(until["last"], today)):
        return Span(_after(flat[: until.start()], today) or today, last)
    if since := _after(flat, today):
        return Span(since)
    day = day_in(flat, today)
    return Span(day, day) if day else None


def day_in(text: str, today: date) -> date | None:
    """The first day that `text` names, never before `today`; a weekday is the next one after today."""
    flat = fold(text)
    if found := _pattern("dated").search(flat):
        month = _table("months")[found["month_a"] or found["month_b"]]
        return _ahead(_number(found["day_a"] or found["day_b"]), month, today)
    for name, ahead in _table("relative").items():
        if re.search(rf"\b{name}\b", flat):
            return today + timedelta(days=ahead)
    if _pattern("month_end").search(flat):
        return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    for name, weekday in _table("weekdays").items():
        if re.search(rf"\b{name}\b", flat):
            return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if found := _pattern("feast").search(flat):
        day, month = _table("feasts")[re.sub(r"\W+", " ", found.group())]
        return _ahead(day, month, today)
    if found := _pattern("day_of_month").search(flat):
        return _next_number(_number(found["day_a"] or found["day_b"]), today)
    return None


def say_day(day: date, language: Language) -> str:
    """ "el lunes 30 de noviembre", "Monday, November 30"."""
    names = _table("spoken")[language]
    weekday, month = names["weekdays"].split()[day.weekday()], names["months"].split()[day.month - 1]
    return f"el {weekday} {day.day} de {month}" if language == "es" else f"{weekday}, {month} {day.day}"


def say_span(since: date | None, until: date | None, today: date, language: Language) -> str:
    """ "hasta el lunes 30 de noviembre", "on Friday, January 8"; empty when both ends are open."""
    es = language == "es"
    if until and since and since == until:
        if since in (today, today + timedelta(days=1)):
            return {"es": ("hoy", "mañana"), "en": ("today", "tomorrow")}[language][(since - today).days]
        return say_day(since, language) if es else f"on {say_day(since, language)}"
    ahead = since if since and since > today else None
    if ahead and until:
        begin, end = say_day(ahead, language), say_day(until, language)
        return f"desde {begin} hasta {end}" if es else f"from {begin} to {end}"
    if until:
        return f"hasta {say_day(until, language)}" if es else f"until {say_day(until, language)}"
    if ahead:
        return f"desde {say_day(ahead, language)}" if es else f"from {say_day(ahead, language)}"
    return ""


def _whole(flat: str, today: date) -> Span | None:
    """A week, a month or a weekend that is named as such."""
    monday = today - timedelta(days=today.weekday())
    if _pattern("next_week").search(flat):
        return Span(monday + timedelta(days=7), monday + timedelta(days=13))
    if _pattern("weekend").search(flat):
        return Span(None if _pattern("until").search(flat) else monday + timedelta(days=5), monday + timedelta(days=6))
    if _pattern("this_week").search(flat):
        return Span(today, monday + timedelta(days=6))
    if found := _pattern("in_month").search(flat):
        first = _ahead(1, _table("months")[found["month"]], today.replace(day=1))
        assert first is not None
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return Span(max(first, today), last)
    return None


def _after(flat: str, today: date) -> date | None:
    found = _pattern("since").search(flat)
    return day_in(found["first"], today) if found else None


def _day_of_month(text: str, last: date | None) -> date | None:
    """ "del 3" of "del 3 al 10 de agosto"."""
    found = re.search(_pieces()["number"], text)
    return _valid(last.year, last.month, _number(found.group())) if found and last else None


def _ahead(day: int, month: int, today: date) -> date | None:
    this_year = _valid(today.year, month, day)
    return this_year if this_year and this_year >= today else _valid(today.year + 1, month, day)


def _next_number(day: int, today: date) -> date | None:
    """The next day that has this number in its month."""
    year, month = today.year, today.month
    for _ in range(3):
        found = _valid(year, month, day)
        if found and found > today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number(word: str) -> int:
    digits = re.sub(r"\D", "", word)
    return int(digits) if digits else int(_table("numbers")[word])


def _count(word: str) -> int:
    return int(word) if word.isdigit() else int(_table("numbers").get(word, 1))


def _unit(word: str) -> int:
    return int(next(days for name, days in _table("units").items() if word.startswith(name)))


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load(_LISTS.read_text(encoding="utf-8"))
    return lists


def _table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _lists()[name]
    return found


@cache
def _pieces() -> dict[str, str]:
    """What the patterns are made of."""
    named = {
        name: "|".join(sorted(map(str, _table(f"{name}s")), key=len, reverse=True)) for name in ("number", "month")
    }
    feasts = "|".join(str(name).replace(" ", r"\W+") for name in _table("feasts"))
    return {"number": rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{named['number']})", "month": named["month"], "feast": feasts}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    text: str = _table("patterns")[name]
    for piece, value in _pieces().items():
        text = text.replace(f"{{{piece}}}", value)
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)")
