"""Days and times as people say them on the phone, heard and spoken."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from calls.words import Hours, Language

_HOURS: dict[Language, list[str]] = {
    "es": "doce una dos tres cuatro cinco seis siete ocho nueve diez once".split(),
    "en": "twelve one two three four five six seven eight nine ten eleven".split(),
}
_MINUTES: dict[Language, dict[int, str]] = {
    "es": {5: "cinco", 10: "diez", 15: "cuarto", 20: "veinte", 25: "veinticinco", 30: "media", 35: "treinta y cinco",
           40: "cuarenta", 45: "cuarenta y cinco", 50: "cincuenta", 55: "cincuenta y cinco"},
    "en": {5: "oh five", 10: "ten", 15: "fifteen", 20: "twenty", 25: "twenty-five", 30: "thirty", 35: "thirty-five",
           40: "forty", 45: "forty-five", 50: "fifty", 55: "fifty-five"},
}  # fmt: skip
_DAYS: dict[Language, list[str]] = {
    "es": "lunes martes miércoles jueves viernes sábado domingo".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}
_MONTHS: dict[Language, list[str]] = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_COUNTS = {
    "un": 1,
    "una": 1,
    "an": 1,
    "a": 1,
    "one": 1,
    "two": 2,
    "dos": 2,
    "tres": 3,
    "three": 3,
    "media": 0.5,
    "half": 0.5,
}
MORNING, AFTERNOON = 12, 17
"""By when a call "in the morning" or "in the afternoon" has to be made, in hours of the day."""


def time_in(text: str, language: Language, now: datetime) -> datetime | None:
    """The time that `text` asks for, in `now`'s timezone and after `now`; None if it names none."""
    text = text.lower()
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


def _from_now(text: str, now: datetime) -> datetime | None:
    found = re.search(
        r"\b(?:dentro de|en|in) (\d+|una?|media|an?|half an?|one|two|three|dos|tres) (horas?|hours?|minutos?|minutes?)\b",
        text,
    )
    if not found:
        return None
    word = found[1].split()[0]
    count = float(word) if word.isdigit() else _COUNTS[word]
    return now + (timedelta(hours=count) if found[2].startswith(("h",)) else timedelta(minutes=count))


def _day(text: str, now: datetime) -> tuple[datetime, bool]:
    if re.search(r"\bpasado mañana\b|\bday after tomorrow\b", text):
        return now + timedelta(days=2), True
    if re.search(r"(?<!la )(?<!esta )\bmañana\b|\btomorrow\b", text):
        return now + timedelta(days=1), True
    for language in _DAYS:
        for weekday, name in enumerate(_DAYS[language]):
            plain = name.lower().translate(str.maketrans("áé", "ae"))
            if re.search(rf"\b({name.lower()}|{plain})\b", text):
                return now + timedelta(days=(weekday - now.weekday() - 1) % 7 + 1), True
    return now, bool(re.search(r"\b(hoy|today|tonight|esta (tarde|mañana)|this (afternoon|morning|evening))\b", text))


def _part(text: str) -> tuple[int, int] | None:
    if re.search(r"\b((por|de|esta) la mañana|esta mañana|morning|primera hora)\b", text):
        return MORNING, 0
    if re.search(r"\b(tarde|afternoon)\b(?! o temprano)", text) and not re.search(
        r"\bbuenas tardes|good afternoon|más tarde\b", text
    ):
        return AFTERNOON, 0
    return None


def _clock(text: str, language: Language) -> tuple[int, int] | None:
    """Hour and minute of the day; hours up to seven are in the afternoon unless the morning is named."""
    hour_words = "|".join(_HOURS[language])
    minute_words = "|".join(sorted(_MINUTES[language].values(), key=len, reverse=True))
    if language == "es":
        pattern = rf"\b(?:a|de|antes de|después de|sobre|hacia|hasta) las? ({hour_words}|\d{{1,2}})(?:[:.h](\d\d)| y ({minute_words})| menos ({minute_words}))?"
    else:
        pattern = rf"\b(?:at|before|after|around|by|for|until) (?:half past |quarter past |quarter to )?({hour_words}|\d{{1,2}})(?:[:.](\d\d)|[ -]({minute_words}))?()\b"
    found = re.search(pattern, text) or re.search(r"\b(\d{1,2})[:.](\d\d)()()\b|\b(\d{1,2}) ?(?=[ap]\.?m\b)", text)
    if not found:
        return None
    word = found[1] or found[5]
    hour = int(word) if word.isdigit() else _HOURS[language].index(word) or 12
    minute = int(found[2]) if found[2] else _minute(found[3], language) - _minute(found[4], language)
    if language == "en" and (past := re.search(r"\b(half past|quarter past|quarter to) ", text)):
        minute = {"half past": 30, "quarter past": 15, "quarter to": -15}[past[1]]
    if hour > 23 or minute > 59:
        return None
    early = re.search(r"de la mañana|\bin the morning|\d ?a\.?m\b", text)
    late = re.search(r"de la (tarde|noche)|in the (afternoon|evening)|\d ?p\.?m\b|\bthis afternoon", text)
    if hour < 12 and (late or (hour <= 7 and not early)):
        hour += 12
    whole = hour * 60 + minute
    return whole // 60, whole % 60


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


def deadline(by: datetime, hours: Hours) -> datetime:
    """`by` moved to the next half hour, which is easier to say, unless the office is closed then."""
    later = by + timedelta(minutes=-by.minute % 30, seconds=-by.second, microseconds=-by.microsecond)
    if later < by:
        later += timedelta(minutes=30)
    minute = later.hour * 60 + later.minute
    is_open = any(start <= minute < end for start, end in hours.open.get(later.weekday(), ()))
    return later if is_open and later.date() == by.date() else by


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
