"""How a text is spoken so that a person can write it down: numbers in groups, addresses in words, times as said.

Pure text in, text out, Spanish and English. Words are never lost; what an engine already reads well (plain numbers,
English initialisms) is left to it. The result is its own spoken form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

import phonenumbers

from audio.voice import speech_en, speech_es
from audio.voice.speech import Speech
from calls.words import Language

SPEECH: dict[Language, Speech] = {"es": speech_es.SPEECH, "en": speech_en.SPEECH}

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Speech], str]]

_PLAIN_SIGNS = {"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "...": "…", "–": "-", "−": "-"}  # fmt: skip


def spoken(text: str, language: Language) -> str:
    """`text` as it is said in `language`. Never raises; signs that cannot be spoken vanish."""
    speech = SPEECH[language]
    text = unicodedata.normalize("NFC", text)
    for sign, plain in _PLAIN_SIGNS.items():
        text = text.replace(sign, plain)
    for pattern, say in _RULES:
        text = pattern.sub(lambda match, say=say: say(match, speech), text)  # type: ignore[misc]
    for pattern, words in speech.abbreviations:
        text = pattern.sub(words, text)
    return _tidied(text)


# --- addresses and numbers to write down ------------------------------------------------------------


def _address(text: str, speech: Speech) -> str:
    """Each part of an e-mail or web address, a pause after each."""
    parts = re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", text)
    return ", ".join(speech.signs.get(part, speech.endings.get(part.lower(), part)) for part in parts)


def _email(match: re.Match[str], speech: Speech) -> str:
    return _address(match[0], speech)


def _web(match: re.Match[str], speech: Speech) -> str:
    address = re.sub(r"^https?://", "", match[0], flags=re.IGNORECASE)
    bare = address.rstrip(".,;:!?)/")
    tail = address[len(bare) :].replace("/", "")
    return _address(bare, speech) + tail


def _phone(match: re.Match[str], speech: Speech) -> str:
    """Digit by digit in groups of three, the country code first."""
    digits = re.sub(r"\D", "", match[0])
    abroad = match[0].lstrip("(").startswith(("+", "00"))
    code = _country_code(digits.removeprefix("00")) if abroad else ""
    if code:
        digits = digits.removeprefix("00").removeprefix(code)
    said = [" ".join(speech.digits[int(each)] for each in group) for group in in_groups(digits)]
    return ", ".join([speech.country_code(code), *said] if code else said)


def _country_code(digits: str) -> str:
    try:
        return str(phonenumbers.parse(f"+{digits}").country_code)
    except phonenumbers.NumberParseException:
        return ""


def in_groups(digits: str) -> list[str]:
    """Threes from the left; a last group of two or four rather than a lonely digit."""
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        last = groups.pop()
        groups[-1] += last
    return groups


# --- times, dates, amounts --------------------------------------------------------------------------


def _hours(match: re.Match[str], speech: Speech) -> str:
    """An opening time and a closing time."""
    opens, shuts = _minutes(match["h1"], match["m1"]), _minutes(match["h2"], match["m2"])
    return speech.between(opens, shuts)


def _time(match: re.Match[str], speech: Speech) -> str:
    hour, half = int(match["h"]), (match["half"] or "").replace(".", "").replace(" ", "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    sure = bool(half) or hour >= 13 or match["h"].startswith("0") or hour in range(8, 13)
    said = speech.clock(hour * 60 + int(match["m"]), (match["article"] or "").strip(), sure and not match["part"])
    ends = "." if match["half"] and match["half"].endswith(".") and not match.string[match.end() :].strip() else ""
    return said + (match["part"] or "") + ends


def _minutes(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + int(minute or 0)


def _iso_date(match: re.Match[str], speech: Speech) -> str:
    said = _date(match["d"], match["mo"], match["y"], match, speech)
    return said + (" " if match["t"] else "")


def _short_date(match: re.Match[str], speech: Speech) -> str:
    return _date(match["d"], match["mo"], match["y"], match, speech)


def _date(day: str, month: str, year: str | None, match: re.Match[str], speech: Speech) -> str:
    whole = f"20{year}" if year and len(year) == 2 else year
    try:
        date(int(whole or 2024), int(month), int(day))
    except ValueError:
        return match[0]
    return speech.day(int(day), int(month), int(whole) if whole else None)


def _money(match: re.Match[str], speech: Speech) -> str:
    sign = match["before"] or match["after"]
    return speech.money(match["n"] or match["n2"], {"EUR": "€", "USD": "$", "GBP": "£"}.get(sign.upper(), sign))


def _percent(match: re.Match[str], speech: Speech) -> str:
    return f"{speech.amount(match['n'])} {speech.percent}"


def _range(match: re.Match[str], speech: Speech) -> str:
    return f"{match[1]} {speech.to} {match[2]}"


_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CLOCK = r"(?P<h{n}>[01]?\d|2[0-3])(?:[:h](?P<m{n}>[0-5]\d)|\s?h\b)"
_COINS = r"[€$£]|EUR\b|USD\b|GBP\b"
_ALONE = r"(?<![\w.,+])", r"(?!\w|[.,]\d)"
"""Before and after a number that is no part of a longer one."""
_EMAIL = r"[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)+"
_WEB = (
    r"(?:https?://|www\.)[^\s<>\"]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|eu|es|io|example)\b(?:/[^\s<>\"]*)?"
)
_ISO_DATE = r"\b(?P<y>\d{4})-(?P<mo>\d{2})-(?P<d>\d{2})(?:(?P<t>T)(?=\d)|\b)"
_SHORT_DATE = r"(?<![\d/])(?P<d>\d{1,2})/(?P<mo>0[1-9]|1[0-2]|[1-9](?=/))(?:/(?P<y>\d{4}|\d{2}))?(?![\d/])"
_HOURS = rf"(?<![\d:])(?:\b(?:de|from)\s+)?{_CLOCK.format(n=1)}\s?(?:-|\ba\b|\bto\b)\s?{_CLOCK.format(n=2)}(?![\d:])"
_TIME = (
    r"(?<![\d:])(?P<article>\blas?\s+)?(?P<h>[01]?\d|2[0-3])[:h](?P<m>[0-5]\d)(?::[0-5]\d)?"
    r"(?:\s?h(?:oras|rs)?\b)?(?![\d:])(?P<half>\s?[ap]\.?\s?m\b\.?)?"
    r"(?P<part>\s+(?:de la (?:mañana|tarde|noche|madrugada)|del mediodía"
    r"|in the (?:morning|afternoon|evening)|at night))?"
)
_PHONE = (
    r"(?<![\w+])(?:\(?\+|00)\d[\d\s().-]{5,18}\d(?!\w)|"
    + _ALONE[0]
    + r"(?:\d{3}[\s.-]?\d{3}[\s.-]?\d{3}|\d{3}(?:[\s.-]\d{2}){3}"
    + r"|(?:\(\d{3}\)\s?\d{3}|\d{3}-\d{3}|0\d{2,4}[\s-]\d{3,4})[\s-]\d{3,4}|\d{7,15})"
    + _ALONE[1]
)
_MONEY = rf"(?P<before>{_COINS})\s?(?P<n>{_NUMBER})(?!\w)|(?<![\w.,])(?P<n2>{_NUMBER})\s?(?P<after>{_COINS})"
_PERCENT = rf"(?<![\w.,])(?P<n>{_NUMBER})\s?%"
_RANGE = r"(?<![\w.,-])(\d{1,4})\s?-\s?(\d{1,4})(?![\w-]|[.,]\d)"

_RULES: tuple[Rule, ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), say)
    for pattern, say in (
        (_EMAIL, _email),
        (_WEB, _web),
        (_ISO_DATE, _iso_date),
        (_SHORT_DATE, _short_date),
        (_HOURS, _hours),
        (_TIME, _time),
        (_PHONE, _phone),
        (_MONEY, _money),
        (_PERCENT, _percent),
        (_RANGE, _range),
    )
)


# --- the rest ---------------------------------------------------------------------------------------


def _tidied(text: str) -> str:
    """Without signs that cannot be spoken; one space between words, none before a mark."""
    text = re.sub(r"(?<=\s)-(?=\s)", ",", text).replace("—", ", ").replace("|", ", ")
    text = "".join(" " if _unspeakable(sign) else sign for sign in text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ([,;:.!?…])", r"\1", text)
    return re.sub(r"([,;:])[,;:]*(?=[,;:])", "", text).strip(" ,;")


def _unspeakable(sign: str) -> bool:
    return sign in "*_#`<>\\^~{}[]" or unicodedata.category(sign) in {"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn", "Me"}
