"""What a text's own words tell: its language, and its words laid bare for comparing."""

from __future__ import annotations

import re
import unicodedata

from calls.words import Language

_COMMON: dict[Language, str] = {
    "es": "el la los las un una de del al y o que en con por para se es son está están no si su sus le les lo me mi más "
    "pero como cuando donde qué quién cuál cómo señora señor llamada llame llama llaman pide escriban puede debe hay ha",
    "en": "the a an of and or to in with for by is are be not if her his she he it they this that who what when where "
    "how please call calls write ask can may must there has have without about on at from will our we you your",
}
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")


def guess_language(text: str, otherwise: Language) -> Language:
    """Spanish or English by its commonest words and letters; `otherwise` when they don't tell."""
    found = [word.lower() for word in _WORD.findall(text)]
    spanish = sum(word in _COMMON["es"].split() for word in found) + 2 * len(re.findall(r"[ñáéíóú¿¡]", text.lower()))
    english = sum(word in _COMMON["en"].split() for word in found)
    if spanish == english:
        return otherwise
    return "es" if spanish > english else "en"


def fold(text: str) -> str:
    """Lower case without accents: ``José Ñíguez`` -> ``jose niguez``."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
