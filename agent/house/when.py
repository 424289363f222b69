"""Days and times as people say them on the phone, heard and spoken."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache

from calls.words import Hours, Language
from prompts import pattern, table

_HOURS: dict[Language, list[str]] = {
    "es": ["doce", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once"],
    "en": ["twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"],
}
_MINUTES: dict[Language, dict[int, str]] = {
    "es": {5: "cinco", 10: "diez", 15: "cuarto", 20: "veinte", 25: "veinticinco", 30: "media", 35: "treinta y cinco",
           40: "cuarenta", 45: "cuarenta y cinco", 50: "cincuenta", 55: "cincuenta y cinco"},
    "en": {5: "oh five", 10: "ten", 15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty", 35: "thirty-five",
           40: "forty", 45: "forty-five", 50: "fifty", 55: "fifty-five"},
}  # fmt: skip
_DAYS: dict[Language, list[str]] = {
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_MONTHS: dict[Language, list[str]] = {
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_BARE = str.maketrans("áé", "ae")
MORNING, AFTERNOON = 12, 17
"""By when a call "in the morning" or "in the afternoon" has to be made, in hours of the day."""


def time_in(text: str, language: Language, now: datetime) -> datetime | None:
    """The time that `text` asks for, in `now`'s timezone and after `now`; None if it names none."""
    text = _without_dated_things(text.lower())
    if soon := _from_now(text, now):
        return soon
    day, named = _day(text, now)
    clock = _clock(text, language) or _part(text)
    if clock is None:
        return (
            day.replace(hour=AFTERNOON, minute=0, second=0, microsecond=0)
            if named and day.date() > now.date()
            else None
        )
    at = day.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)
    return at + timedelta(days=1) if at <= now and not named else at


def _without_dated_things(text: str) -> str:
    """`text` without days that belong to something else ("la propuesta del martes", "Tuesday's meeting")."""
    for owned in _owned_days():
        text = owned.sub(" ", text)
    return text


@cache
def _owned_days() -> tuple[re.Pattern[str], ...]:
    english = "|".join(day.lower() for day in _DAYS["en"])
    spanish = "|".join({form for day in _DAYS["es"] for form in (day, day.translate(_BARE))})
    parts = r"y|media|cuarto|menos|antes|despu[ée]s|partir|hora|ma[ñn]ana|tarde|noche|mediod[ií]a"
    point = rf"(?:{'|'.join(_HOURS['es'])}|\d+|{parts})"
    return (
        re.compile(rf"(?<!\w)(?!{point} )[^\W\d_]+ (?:del (?:{spanish})|de (?:hoy|ayer|ma[ñn]ana))\b"),
        re.compile(rf"\b(?:{spanish}) pasado\b|\b(?:pasado|last) (?:{spanish}|{english})\b"),
        re.compile(rf"\b(?:{english}|today|tomorrow|yesterday)['’]s\b"),
        re.compile(rf"\b(?:the|our|your) (?:{english}) (?!morning|afternoon|evening|at\b|before|after|by\b)\w+"),
        re.compile(rf"\b(?:from|of) (?:{english})\b(?! (?:on|onwards|at|morning|afternoon))"),
    )


def _from_now(text: str, now: datetime) -> datetime | None:
    found = pattern("from_now").search(text)
    if not found:
        return None
    word = found["count"].split()[0]
    count = float(word) if word.isdigit() else table("counts")[word]
    return now + (timedelta(hours=count) if found["unit"].startswith("h") else timedelta(minutes=count))


def _day(text: str, now: datetime) -> tuple[datetime, bool]:
    """The day that `text` names, at the hour of `now`; today, and False, if it names none."""
    if pattern("day_after").search(text):
        return now + timedelta(days=2), True
    if pattern("tomorrow").search(text):
        return now + timedelta(days=1), True
    for names in _DAYS.values():
        for weekday, name in enumerate(names):
            plain = name.lower().translate(_BARE)
            if re.search(rf"\b({name.lower()}|{plain})\b", text):
                return now + timedelta(days=(weekday - now.weekday() - 1) % 7 + 1), True
    return now, bool(pattern("today").search(text))


def _part(text: str) -> tuple[int, int] | None:
    if pattern("morning").search(text):
        return MORNING, 0
    return (AFTERNOON, 0) if pattern("afternoon").search(text) else None


def _clock(text: str, language: Language) -> tuple[int, int] | None:
    """Hour and minute of the day; hours up to seven are in the afternoon unless the morning is named."""
    found = re.search(_said(language), text) or re.search(_WRITTEN, text)
    if not found:
        return None
    at = found.groupdict()
    hour = int(at["hour"]) if at["hour"].isdigit() else _HOURS[language].index(at["hour"]) or 12
    minute = int(at.get("digits") or 0) + _minute(at.get("past"), language) - _minute(at.get("to"), language)
    minute += _ENGLISH_QUARTERS.get(at.get("quarter") or "", 0)
    if hour < 12 and (pattern("late").search(text) or (hour <= 7 and not pattern("early").search(text))):
        hour += 12
    whole = hour * 60 + minute
    return divmod(whole, 60) if hour <= 23 and 0 <= whole < 24 * 60 else None


_ENGLISH_QUARTERS = {"half past": 30, "quarter past": 15, "quarter to": -15}
_WRITTEN = r"\b(?P<hour>\d{1,2})(?:[:.h](?P<digits>[0-5]\d)\b| ?(?=[ap]\.?m\b))"


def _said(language: Language) -> str:
    """The pattern of a clock time as people say it."""
    hour = rf"(?P<hour>{'|'.join(_HOURS[language])}|\d{{1,2}})"
    minutes = "|".join(sorted(_MINUTES[language].values(), key=len, reverse=True))
    if language == "es":
        before = r"(?:a|de|antes de|después de|sobre|hacia|hasta) las?"
        return rf"\b{before} {hour}(?:[:.h](?P<digits>[0-5]\d)| y (?P<past>{minutes})| menos (?P<to>{minutes}))?"
    before = rf"(?:at|before|after|around|by|for|until) (?:(?P<quarter>{'|'.join(_ENGLISH_QUARTERS)}) )?"
    return rf"\b{before}{hour}(?:[:.](?P<digits>[0-5]\d)|[ -](?P<past>{minutes}))?\b"


def _minute(word: str | None, language: Language) -> int:
    return next((minute for minute, each in _MINUTES[language].items() if each == word), 0)


# --- spoken -----------------------------------------------------------------------------------------


def say_time(at: datetime, now: datetime, language: Language) -> str:
    """ "mañana a las cuatro y media de la tarde", "tomorrow at four thirty in the afternoon"."""
    at = _whole(at)
    link = {"es": "a la" if at.hour % 12 == 1 else "a las", "en": "at"}[language]
    return f"{_say_day(at, now, language)} {link} {_say_clock(at, language)}"


def say_deadline(by: datetime, now: datetime, language: Language) -> str:
    """ "hoy antes de las seis de la tarde", "today before six in the evening"."""
    by = _whole(by)
    link = {"es": "antes de la" if by.hour % 12 == 1 else "antes de las", "en": "before"}[language]
    return f"{_say_day(by, now, language)} {link} {_say_clock(by, language)}"


def before_closing(by: datetime, hours: Hours) -> datetime:
    """`by`, or the minute before if the office closes just then: closing time itself is outside the opening."""
    minute = by.hour * 60 + by.minute
    closes = any(minute == end for _, end in hours.open.get(by.weekday(), ()))
    return by - timedelta(minutes=1) if closes else by


def _whole(at: datetime) -> datetime:
    """`at` on the five minutes before, so that nobody is promised more than is true."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def _say_day(at: datetime, now: datetime, language: Language) -> str:
    days = (at.date() - now.date()).days
    if days in (0, 1):
        return {"es": ("hoy", "mañana"), "en": ("today", "tomorrow")}[language][days]
    weekday = _DAYS[language][at.weekday()]
    if 0 < days < 7:
        return {"es": f"el {weekday}", "en": f"on {weekday}"}[language]
    month = _MONTHS[language][at.month - 1]
    return {"es": f"el {weekday} {at.day} de {month}", "en": f"on {weekday}, {month} {at.day}"}[language]


def _say_clock(at: datetime, language: Language) -> str:
    hour = _HOURS[language][at.hour % 12]
    minute = _MINUTES[language].get(at.minute, "")
    if language == "es":
        part = "de la mañana" if at.hour < 12 else "de la tarde" if at.hour < 21 else "de la noche"
        part = "del mediodía" if at.hour == 12 else part
        return " ".join(filter(None, (hour, minute and f"y {minute}", part)))
    part = (
        ""
        if at.hour == 12
        else "in the morning"
        if at.hour < 12
        else "in the afternoon"
        if at.hour < 18
        else "in the evening"
    )
    return " ".join(filter(None, (hour, minute, part)))
