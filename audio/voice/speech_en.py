"""English as said on the phone. Dates put the day first: the office is in Europe."""

from __future__ import annotations

from num2words import num2words

from audio.voice.speech import Speech, abbreviations, value_of

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
COINS = {"€": ("euro", "euros", "cent", "cents"), "$": ("dollar", "dollars", "cent", "cents"),
         "£": ("pound", "pounds", "penny", "pence")}  # fmt: skip


def number(value: int) -> str:
    return str(num2words(value, lang="en")).replace(",", "")


def country_code(code: str) -> str:
    return "plus " + " ".join(DIGITS[int(each)] for each in code)


def clock(minutes: int, article: str, part: bool) -> str:
    """16:30 is "four thirty in the afternoon"."""
    before = f"{article} " if article else ""
    return f"{before}{_hour(minutes)}{_part(minutes) if part else ''}"


def between(opens: int, shuts: int) -> str:
    return f"from {_hour(opens)}{_part(opens)} to {_hour(shuts)}{_part(shuts)}"


def day(day: int, month: int, year: int | None) -> str:
    said = f"{MONTHS[month - 1]} {num2words(day, to='ordinal', lang='en')}"
    return said + (f", {num2words(year, to='year', lang='en')}" if year else "")


def amount(written: str) -> str:
    whole, decimals = value_of(written, ".")
    return number(whole) + (" point " + " ".join(DIGITS[int(each)] for each in decimals) if decimals else "")


def money(written: str, sign: str) -> str:
    one, many, cent, cents = COINS[sign]
    whole, decimals = value_of(written, ".")
    small = int(decimals.ljust(2, "0")[:2]) if decimals else 0
    said = f"{number(whole)} {one if whole == 1 else many}"
    return said + (f" and {number(small)} {cent if small == 1 else cents}" if small else "")


def _hour(minutes: int) -> str:
    hour, past = divmod(minutes, 60)
    if not past:
        return {0: "midnight", 12: "noon"}.get(hour, number(hour % 12))
    return f"{number(hour % 12 or 12)} {f'oh {DIGITS[past]}' if past < 10 else number(past)}"


def _part(minutes: int) -> str:
    if minutes in (0, 12 * 60):
        return ""
    hour = minutes // 60
    if hour >= 21 or hour < 4:
        return " at night"
    return " in the morning" if hour < 12 else " in the afternoon" if hour < 18 else " in the evening"


_ABBREVIATIONS = (
    (r"\bMs\.|\bMs\b(?=\s[A-Z])", "Miz"),
    (r"\bMrs\.|\bMrs\b(?=\s[A-Z])", "Missus"),
    (r"\bMr\.|\bMr\b(?=\s[A-Z])", "Mister"),
    (r"\bDr\.(?=\s[A-ZÁÉÍÓÚ])", "Doctor"),
    (r"\bProf\.", "Professor"),
    (r"\bSt\.(?=\s[A-Z])", "Saint"),
    (r"(?<=[a-z]\s)St\.", "Street"),
    (r"\bAve\.", "Avenue"),
    (r"\bRd\.", "Road"),
    (r"\b[Ee]xt\.", "extension"),
    (r"\b[Aa]pprox\.", "approximately"),
    (r"\b[Ee]\.\s?g\.", "for example"),
    (r"\b[Ii]\.\s?e\.", "that is"),
    (r"\betc\.(?=\s*$)", "et cetera."),
    (r"\betc\.", "et cetera"),
    (r"\bvs\.", "versus"),
    (r"\bInc\.", "Incorporated"),
    (r"\bLtd\.", "Limited"),
    (r"\b[Nn]o\.\s?(?=\d)", "number "),
    (r"\b(\d+)\s?a\.?\s?m\b\.?", r"\1 in the morning"),
    (r"\b(1[01]|[89])\s?p\.?\s?m\b\.?", r"\1 at night"),
    (r"\b([67])\s?p\.?\s?m\b\.?", r"\1 in the evening"),
    (r"\b(\d+)\s?p\.?\s?m\b\.?", r"\1 in the afternoon"),
    (r"\b(\d+)\s?km\b", r"\1 kilometres"),
    (r"\b(\d+)\s?min\b\.?", r"\1 minutes"),
    (r"\band/or\b", "or"),
    (r"\s?&\s?", " and "),
    (r"(?<=[^\W\d_])/(?=[^\W\d_])", ", "),
    (r"\s?@\s?", " at "),
    (r"#(?=\d)", "number "),
    (r"\s?\+\s?(?=\w)", " plus "),
    (r"(?<=\w)\s?=\s?(?=\w)", " equals "),
)

SPEECH = Speech(
    digits=DIGITS,
    signs={"@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus", "/": "slash"},
    endings={"www": "w w w", "es": "E S", "eu": "E U", "io": "I O"},
    abbreviations=abbreviations(_ABBREVIATIONS),
    percent="percent",
    to="to",
    country_code=country_code,
    clock=clock,
    between=between,
    day=day,
    amount=amount,
    money=money,
)
