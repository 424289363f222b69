"""Who is calling, from their own words: names and companies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from calls.words import Language
from prompts import alternatives, pattern, words


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a caller said of themselves; either may be missing."""

    name: str | None = None
    company: str | None = None


_CAPITAL = r"(?:(?:[A-Z]|Ma|Fco|St|Jr)\.(?=\s[A-Z])|[A-ZÁÉÍÓÚÑÜ][\w'’-]*)"
_JOINED = r"(?: (?:de la|de los|de las|del|de|van|von|der|di|da|dos|la|y|i)| &| and| the)?"
_COMPANY = re.compile(rf"{_CAPITAL}(?:{_JOINED} {_CAPITAL}|\d+)*(?:,? (?:S\.?[AL]\.?U?\.?|Inc\.?|Ltd\.?|LLC))?")
_ENDS_NAME = re.compile(r"[,.;:!?]|\s+(?:de|del|desde|from|with|at|y|and|llamo|calling)\b")
_ENDS_COMPANY = re.compile(r"[,.;:!?]|\s+(?:y|and|para|por|to|about)\b")
_SMALL = frozenset({"de", "del", "la", "los", "las", "y", "and", "of"})


@cache
def _name() -> re.Pattern[str]:
    title = rf"(?:{alternatives('title')}\.? )?"
    return re.compile(rf"{title}{_CAPITAL}(?: {_CAPITAL})*(?: (?:de la|de los|de las|del) {_CAPITAL})?")


def introduction(text: str, language: Language, asked: bool = False) -> Introduction:
    """Name and company that `text` gives. `asked`: it answers "who is calling?", so a bare name counts too."""
    text = text.replace("’", "'").strip()
    name, rest = _stated_name(text, language)
    if name is None and asked:
        name, rest = _bare_name(text)
    company = _company(rest, f"from_{language}", loosely=True) if name else None
    return Introduction(name, company or _company(text, f"calling_from_{language}"))


def first_name(name: str) -> str:
    """How one greets `name`: the first name, or all of it after a title."""
    return name if pattern("title").match(name) else name.split()[0]


def _stated_name(text: str, language: Language) -> tuple[str | None, str]:
    """A name after "soy", "this is" or the like, or before "speaking"; and what follows it."""
    for found in re.finditer(rf"\b{alternatives(f'i_am_{language}')}\s+", text, re.IGNORECASE):
        lead = found.group().strip()
        if lead.lower() == "de parte de" and re.match(r"(?i)(la|el|los|las|mi|una?)\b", text[found.end() :]):
            continue
        if name := _name_at(text, found.end(), lead):
            return _neat(name), text[found.end() + len(name) :]
    on_the_line = alternatives(f"on_the_line_{language}")
    signed = re.search(rf"(?:^|[,.!?] *)({_name().pattern})[, ]+{on_the_line}\b", text)
    if signed and not _is_no_name(signed[1]):
        return _neat(signed[1]), text[signed.end() :]
    return None, text


def _name_at(text: str, at: int, lead: str) -> str | None:
    """The name that begins at `at`: capitalised words, or in all-lower-case typing the words up to a stop word."""
    if found := _name().match(text, at):
        return None if _is_no_name(found.group()) else found.group()
    typed_small = text[1:].islower() and pattern("lower_case_too").fullmatch(lead)
    if not typed_small and not pattern("surely_i_am").fullmatch(lead):
        return None
    name: list[str] = []
    for word in re.split(r"[,.;:!?]", text[at:])[0].split():
        if word.lower() in words("stop") or len(name) == 4:
            break
        name.append(word)
    return " ".join(name) if name and not _is_no_name(name[0]) and all(map(_wordlike, name)) else None


def _bare_name(text: str) -> tuple[str | None, str]:
    """A name that stands by itself, as in the answer "Luis Prieto, de Inversiones Prieto"."""
    plain = re.sub(rf"^\W*(?:{alternatives('pleasantry')}\b[\s,.!;:]*)+", "", text, flags=re.IGNORECASE)
    name = _ENDS_NAME.split(plain, maxsplit=1)[0].strip()
    parts = name.split()
    if not 1 <= len(parts) <= 4 or any(map(_is_no_name, parts)) or not all(map(_wordlike, parts)):
        return None, text
    return _neat(name), plain[plain.find(name) + len(name) :]


def _company(text: str, leads: str, loosely: bool = False) -> str | None:
    """A company after one of `leads`. `loosely`: typed in small letters it counts too."""
    for found in re.finditer(rf"\b{alternatives(leads)}\s+", text, re.IGNORECASE):
        company = _COMPANY.match(text, found.end())
        if company and (" " in company.group() or not _is_no_name(company.group())):
            return company.group().rstrip(",. ")
        after = _ENDS_COMPANY.split(text[found.end() :])[0].strip()
        if not after:
            continue
        small = loosely and text.islower() and len(after.split()) <= 3 and not _is_no_name(after)
        if small or after.split()[0].lower() in words("bodies"):
            return _neat(after)
    return None


def _is_no_name(text: str) -> bool:
    first = text.split()[0].lower().rstrip(".").split("'")[0]
    return first in words("not_names") or text in ("AI", "IA", "OK")


def _wordlike(word: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_][\w.'-]*", word))


def _neat(name: str) -> str:
    """Capitals for a name typed without."""
    name = name.strip(" ,.;:")
    if not name.islower():
        return name
    return " ".join(word if word in _SMALL else word.capitalize() for word in name.split())
