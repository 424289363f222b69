"""What a text's own words tell: its language, and its words laid bare for comparing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

from calls.words import Language, Person

_WORDS = Path(__file__).with_name("words.yaml")
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]*)?")


_NAME = r"[A-ZÁÉÍÓÚÑ][\w'’.-]*"
_NAMED = rf"{_NAME}(?:\s+(?:{_NAME}|de|del|la|las|los|y|and|from|of|at|with|desde|the)){{0,7}}?"
_INTRODUCED = re.compile(
    r"^(?:(?i:it['’]?s|it is|this is|i['’]?m|i am|my name['’]?s|my name is|soy|me llamo|mi nombre es|le habla|habla)"
    rf"\s+{_NAMED}|{_NAMED}\s+(?i:here|al habla|al aparato))(?:\s*[,.;:]+\s*|\s+(?i:y|and)\s+)(?=\S)"
)
"""A caller who says who they are before they say what they want."""


def guess_language(text: str, otherwise: Language) -> Language:
    """Spanish or English by its commonest words and letters; `otherwise` when they don't tell."""
    found = [word.lower() for word in _WORD.findall(text)]
    spanish = sum(word in _listed("common_es") for word in found) + 2 * len(re.findall(r"[ñáéíóú¿¡]", text.lower()))
    english = sum(word in _listed("common_en") for word in found)
    if spanish == english:
        return otherwise
    return "es" if spanish > english else "en"


def fold(text: str) -> str:
    """Lower case without accents: ``José Ñíguez`` -> ``jose niguez``."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def slug(text: str) -> str:
    """`text` as an id: ``José Ñíguez`` -> ``jose-niguez``."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def all_words(flat: str) -> list[str]:
    """The words of a folded text; an English ``'s`` is taken off."""
    return [re.sub("['’](?:s|ll|re|ve|d|m|t)?$", "", word) for word in _WORD.findall(flat)]


def is_empty_word(word: str) -> bool:
    """Whether a folded word carries no meaning of its own on the telephone."""
    return word in _empty_words()


def stem(word: str) -> str:
    """A folded word without its commonest Spanish and English endings; rough, the same for both languages."""
    for ending in _listed("endings"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def bare_question(text: str) -> str:
    """What a caller says without hesitations, greetings, courtesies and who they are; all of it if nothing is left."""
    bare = re.sub(r"\s+", " ", re.sub(r"\s+([,.?!])", r"\1", _fillers().sub(" ", text)))
    bare = re.sub(r"^[\s,.;:…-]+|[\s,;:…-]+$", "", re.sub(r"([,.])(?:\s*[,.])+", r"\1", bare))
    bare = _INTRODUCED.sub("", bare)
    return bare if len(bare) > 3 else text


def pronoun_for(person: Person) -> Callable[[str, Language], str]:
    """Puts a pronoun where a question names `person`: nearly every caller does, and it says nothing of the matter."""
    spoken = [*person.spoken.values(), person.name]
    full = sorted({name for name in spoken if name}, key=len, reverse=True)
    if not full:
        return lambda text, _: text
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, full))})(?!\w)", re.IGNORECASE)
    he = any(re.match(r"(?:el|don|mr)\b", name, re.IGNORECASE) for name in spoken)
    pronouns: dict[Language, str] = {"es": "él", "en": "he"} if he else {"es": "ella", "en": "she"}
    return lambda text, language: named.sub(pronouns[language], text)


@cache
def _listed(name: str) -> tuple[str, ...]:
    """A word list of words.yaml."""
    lists: dict[str, str | list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    found = lists[name]
    return tuple(found.split() if isinstance(found, str) else found)


@cache
def _empty_words() -> frozenset[str]:
    return frozenset(map(fold, _listed("empty")))


@cache
def _fillers() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_listed('fillers'))})(?!\w)", re.IGNORECASE)
