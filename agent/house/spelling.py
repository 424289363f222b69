"""E-mail addresses and names spelled out, letter by letter."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from calls.words import Language
from prompts import table

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AT = re.compile(r"\s*\barroba\b\s*|\s+at\s+(?=[\w-]+\s*(?:dot|\.))", re.IGNORECASE)
_SIGNS = (
    (re.compile(r"\s*\b(?:punto|dot)\b\s*", re.IGNORECASE), "."),
    (re.compile(r"\s*\b(?:gui[óo]n bajo|underscore)\b\s*", re.IGNORECASE), "_"),
    (re.compile(r"\s*\b(?:gui[óo]n|dash|hyphen)\b\s*", re.IGNORECASE), "-"),
)
_AS_IN = re.compile(r"\b(\w+) (?:de|como|as in|like|for) ([^\W\d_]\w+)", re.IGNORECASE)
LEAST = 3
"""Fewer letters in a row are no spelling."""
_ALIKE = 0.5
"""From this likeness (0..1) a spelled word stands for the part of a name that was heard."""


def email_in(text: str) -> str | None:
    """An e-mail address, typed or spoken ("luis arroba prieto punto es")."""
    text = _AT.sub("@", text)
    if "@" in text:
        for spoken, sign in _SIGNS:
            text = spoken.sub(sign, text)
    found = _MAIL.search(text)
    return found.group().lower().rstrip(".") if found else None


def say_email(address: str, language: Language) -> str:
    """An address as one says it: "luis punto prieto arroba norte punto es"."""
    at, dot = {"es": ("arroba", "punto"), "en": ("at", "dot")}[language]
    return re.sub(r"[.@]", lambda sign: f" {at if sign.group() == '@' else dot} ", address)


def spelled_in(text: str) -> str | None:
    """A word spelled out in three letters or more: "P R I E T O", "pe, erre, i...", "be de Barcelona, a, ..."."""
    best = max(_runs(text), key=len, default="")
    return best.capitalize() if len(best) >= LEAST else None


def all_spelled(text: str) -> str:
    """Everything that is spelled out in `text`, one after another; single letters too where nothing else is said."""
    runs = _runs(text)
    return "".join(run for run in runs if len(run) >= LEAST or len(text.split()) <= 2)


def _runs(text: str) -> list[str]:
    """The letters of `text`, those that follow each other together."""
    for spoken, letter in (("i griega", "y"), ("doble uve", "w"), ("uve doble", "w"), ("double u", "w")):
        text = text.replace(spoken, letter)
    text = re.sub(r"['’]\w+", "", text)
    text = _AS_IN.sub(lambda found: f" {found[2][0]} " if _letter(found[1].lower()) else found.group(), text)
    runs = [""]
    for word in re.findall(r"[^\W\d_]+|[.,]", text.lower()):
        if letter := _letter(word):
            runs[-1] += letter
        elif word not in (",", ".", "y", "and", "then", "luego"):
            runs.append("")
    return [run for run in runs if run]


def respelled(name: str, letters: str) -> str:
    """`name` with the part that sounds like `letters` written as spelled; else `letters` as the surname."""
    parts = name.split()
    alike = [SequenceMatcher(None, part.lower(), letters.lower()).ratio() for part in parts]
    at = max(range(len(parts)), key=alike.__getitem__)
    if alike[at] < _ALIKE:
        return f"{parts[0]} {letters}"
    parts[at] = letters
    return " ".join(parts)


def _letter(word: str) -> str:
    letter: str = word if len(word) == 1 and word.isalpha() else table("letters").get(word, "")
    return letter or table("alphabet").get(word, "")
