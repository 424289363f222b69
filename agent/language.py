"""The language of typed words. Steady: what tells nothing (names, digits, "OK", "no") keeps the current language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.words import Language

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENOUGH = 2
"""Evidence needed to say which language it is; also how far one must lead to replace the current one."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRONG: dict[Language, frozenset[str]] = {
    "es": _words(
        """hola buenas buenos días gracias adiós adios sí vale soy
        está esta estoy usted quiero quería quisiera puedo puede
        qué cómo cuándo dónde quién cuál llamo llamaba llámame llámenme dígame dígale perdone perdón oiga mañana hasta
        luego favor señora señor recado nada nadie también llamado ninguno muchas habla hablar inglés español"""
    ),
    "en": _words(
        """hello hi hey thanks thank goodbye bye yes yeah please the this is are i'm i'd i'll it's that's don't can't
        what's what how when where who which why would could should calling speak sorry afternoon evening
        message nothing tomorrow morning spanish english call"""
    ),
}
_PLAIN: dict[Language, frozenset[str]] = {
    "es": _words(
        """el la los las un una unos unas de del al y o que en con por para se lo le les su sus mi mis tu es son eres
        pero si como más muy ya ahora aquí eso esto ese llamar llama llame dejar hoy bien tengo tiene hay ser ha he
        tarde noche tardes noches reunión oficina empresa sobre desde cuando donde quien nombre número teléfono
        cero uno dos tres cuatro cinco seis siete ocho nueve doble acaba termina espere momento otro otra"""
    ),
    "en": _words(
        """i you he she we they it my your his her our me him them a an and or but of to for from with about at on by as
        do does did have has had can will was were be am there here not need want like know get got if so just back
        leave talk meeting office company name number phone may might let let's okay right great sure go in keep switch
        zero one two three four five six seven eight nine double ends hold minute other another last"""
    ),
}
_WISHED: dict[Language, re.Pattern[str]] = {
    "es": re.compile(r"\ben (?:español|castellano)\b", re.IGNORECASE),
    "en": re.compile(r"\bin english\b", re.IGNORECASE),
}
"""Said in the very language that is asked for: "¿Habla inglés?" is still Spanish."""
_BOTH = frozenset({"no", "a", "me", "he", "as", "on", "son", "ha", "an", "so", "si"})


def language_of(text: str, languages: Sequence[Language], current: Language) -> Language:
    """The language of `text` among `languages`; `current` when the words don't tell."""
    evidence = {language: _evidence(text, language) for language in languages}
    best = max(evidence, key=lambda language: (evidence[language], language == current), default=current)
    others = [evidence[language] for language in languages if language != best]
    lead = evidence[best] - max(others, default=0)
    return best if lead >= _ENOUGH else current


def _evidence(text: str, language: Language) -> int:
    """Points that `text` is in `language`. Names (a capital inside a sentence) say nothing."""
    points = 2 * bool(language == "es" and re.search(r"[¿¡]", text)) + bool(_WISHED[language].search(text))
    for found in _WORD.finditer(text):
        word = found.group()
        if word[0].isupper() and not _starts_sentence(text, found.start()) and not word.startswith("I"):
            continue
        points += _points(word.lower().replace("’", "'"), language)
    return points


def _points(word: str, language: Language) -> int:
    if word in _STRONG[language]:
        return 2
    if word in _BOTH:
        return 0
    if word in _PLAIN[language]:
        return 1
    if language == "es":
        return int(bool(re.search(r"[áéíóúñ]|ción$|mente$|ando$|iendo$", word)))
    return int(bool(re.search(r"ing$|n't$|'(s|re|ve|ll|d)$|ght|tion$|^wh", word)))


def _starts_sentence(text: str, at: int) -> bool:
    return not text[:at].strip() or bool(re.search(r"[.!?…¿¡]\s*$", text[:at])) or text.isupper()
