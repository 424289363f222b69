"""Phone numbers as callers say them: "seiscientos once, doce, trece", "six double five", "600 11 22", or a mix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from calls.words import Language
from prompts import pattern, table, words

_PLUS = frozenset({"más", "mas", "plus", "+"})
_TOKEN = re.compile(r"\+|\d+|[^\W\d_]+|[^\w\s]")

Joining = Literal["as_paused", "always", "never"]


@dataclass(slots=True)
class _Atom:
    """One spoken number. `size`: what may follow inside it: digits as they stand, unit, ten, hundred or plus."""

    size: Literal["digits", "unit", "ten", "hundred", "plus"]
    value: str
    paused: bool = False
    linked: bool = False
    """An "y" stands before it, as in treinta y dos."""


def digits_in(text: str, language: Language, region: str, least: int = 7) -> str | None:
    """The longest run of at least `least` spoken or written digits in `text`, with ``+`` if it was said."""
    runs = [_best(run, language, region) for run in _runs(text, language)]
    whole = max(runs, key=lambda digits: len(digits.lstrip("+")), default="")
    return whole if len(whole.lstrip("+")) >= least else None


def all_digits(text: str, language: Language, region: str) -> str:
    """All digits of `text` one after another: for an answer to "your number?" with words in between."""
    return "".join(_best(run, language, region) for run in _runs(text, language))


def e164(digits: str, region: str, language: Language, own: str | None = None) -> str | None:
    """`digits` as a whole number in E.164; None if it is no number of `region` or the caller's countries.

    Those are the one of their `own` number, in E.164, and those of their language.
    """
    for country in dict.fromkeys([region, *_home(own), *_countries(digits, language)]):
        if number := _parsed(digits, country):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _home(own: str | None) -> list[str]:
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(own or ""))
    except phonenumbers.NumberParseException:
        return []
    return [country] if country else []


def _countries(digits: str, language: Language) -> list[str]:
    if language == "es":
        return ["ES", "MX"]
    return ["GB", "US"] if digits.startswith("0") else ["US", "GB"]


def beside_digits(text: str, language: Language) -> int:
    """How many words of `text` are no digits."""
    return sum(word[0].isalpha() and _atom(word, language, in_run=True) is None for word in _words(text))


def too_short(digits: str, region: str) -> bool:
    """Whether more digits must follow."""
    plain = digits.lstrip("+")
    if digits.startswith("+") or plain.startswith("00"):
        return len(plain) < 10
    return len(plain) < {"ES": 9, "US": 10, "MX": 10, "GB": 10}.get(region, 8)


def groups(number: str, region: str) -> list[str]:
    """`number` cut for reading back: the prefix of a foreign country first, then groups of three."""
    parsed = _parsed(number, region)
    if parsed is None:
        return _threes(number.lstrip("+"))
    national = str(parsed.national_number)
    at_home = phonenumbers.country_code_for_region(region) == parsed.country_code
    return [*([] if at_home else [f"+{parsed.country_code}"]), *_threes(national)]


def _threes(digits: str) -> list[str]:
    if len(digits) == 10:
        return [digits[:3], digits[3:6], digits[6:]]
    cut = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return [*cut[:-2], cut[-2] + cut[-1]] if len(cut) > 1 and len(cut[-1]) == 1 else cut


def _parsed(digits: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", digits), region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _best(run: list[_Atom], language: Language, region: str) -> str:
    """The reading of `run` that is a number; with none, the one that its pauses suggest."""
    ways: tuple[Joining, ...] = ("as_paused", "always", "never")
    readings = [_read(run, language, joining) for joining in ways]
    return next((each for each in readings if e164(each, region, language)), readings[0])


def _read(run: list[_Atom], language: Language, joining: Joining) -> str:
    """Digits of `run`. `joining`: whether "seiscientos" and a following "once" are 611 or 600 11."""
    out: list[str] = []
    open_to: str = ""
    for atom in run:
        joins = joining == "always" or (joining == "as_paused" and not atom.paused)
        if (
            atom.size == "unit"
            and open_to == "ten"
            and len(atom.value) == 1
            and atom.value != "0"
            and (atom.linked or language == "en")
        ):
            out[-1] = out[-1][:-1] + atom.value
        elif atom.size in ("unit", "ten") and open_to == "hundred" and joins and atom.value != "0":
            out[-1] = out[-1][: -len(atom.value)] + atom.value
        else:
            out.append("+" if atom.size == "plus" else atom.value)
        open_to = atom.size
    return "".join(out)


def _runs(text: str, language: Language) -> Iterator[list[_Atom]]:
    run: list[_Atom] = []
    times, paused, linked = 1, False, False
    for word in _words(text):
        atom = _atom(word, language, bool(run))
        if word in table("times"):
            times = table("times")[word]
        elif atom:
            atom.paused, atom.linked = paused, linked
            run += [atom] if times == 1 or atom.size == "plus" else [_Atom("digits", atom.value * times)]
            times, paused, linked = 1, False, False
        elif word in ("hundred", "cientos") and run and len(run[-1].value) == 1:
            run[-1] = _Atom("hundred", run[-1].value + "00", run[-1].paused)
        elif word in ",.;:":
            paused = True
        elif word in words("between_digits") or not word[0].isalpha():
            linked = word == "y"
        else:
            if run:
                yield run
            run, times, paused, linked = [], 1, False, False
    if run:
        yield run


def _words(text: str) -> list[str]:
    return _TOKEN.findall(re.sub(r"(?<=\w)-(?=\w)", " ", text.lower()))


def _atom(word: str, language: Language, in_run: bool) -> _Atom | None:
    if word.isdigit():
        return _Atom("digits", word)
    if word in _PLUS:
        return _Atom("plus", "") if not in_run else None
    if word in table("hundreds"):
        return _Atom("hundred", str(table("hundreds")[word]))
    if word in table("tens"):
        return _Atom("ten", str(table("tens")[word]))
    if word in table("units"):
        return _Atom("unit", str(table("units")[word]))
    if language == "en" and in_run and word in ("oh", "o"):
        return _Atom("unit", "0")
    return None


def corrected(number: str, text: str, language: Language, region: str) -> str | None:
    """`number` with the end or the beginning that `text` says ("no, termina en cuatro"); None if it says neither."""
    said = all_digits(text, language, region)
    if not said or len(said) >= len(number.lstrip("+")):
        return None
    if pattern("tail").search(text):
        return number[: -len(said)] + said
    if pattern("head").search(text):
        national = phonenumbers.parse(number, region).national_number if number.startswith("+") else number
        prefix = number[: len(number) - len(str(national))]
        return prefix + said + str(national)[len(said) :]
    return None
