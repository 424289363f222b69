"""How long to wait in a pause before answering: what was said, how it sounded, and the caller's own pace.

Smart Turn alone calls most mid-sentence pauses finished; the words tell better, and both together best.
"""

from __future__ import annotations

import re
import unicodedata

from calls.words import Language

SURE_S = 0.24
"""After a sentence that is plainly finished."""
LIKELY_S = 0.48
DOUBT_S = 0.8
GREETING_S = 0.9
"""A bare greeting is mostly followed by the reason for the call."""
NUMBER_S = 1.4
"""A telephone number is spoken in groups."""
UNFINISHED_S = 1.6
HOLD_S = 1.8
"""The caller has asked us to wait."""

UNSURE = 0.25
"""Of a word that breaks off half-way Whisper makes another one, and is unsure of it."""

_WORD = re.compile(r"[\w']+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLERS: dict[Language, frozenset[str]] = {
    "en": _words("uh um er erm ah hm hmm uhm like well so"),
    "es": _words("eh em ehm mmm mm este pues bueno esto o sea"),
}
_LEADS_ON: dict[Language, frozenset[str]] = {
    "en": _words(
        """a an the thee to of for with from at in on by about into and or but because which if when while as than my
        your his our their its i'm i'd i'll we're it's he's she's would could should mr mrs ms dr some any"""
    ),
    "es": _words(
        """el la los las un una unos unas lo a al de del con para por en sobre entre hasta desde sin y e o u ni pero
        porque que mi mis su sus tu tus nuestro nuestra me te le les nos muy senor senora don dona cuyo segun soy"""
    ),
}
"""After these a sentence has to go on, however it is written."""
_MAY_LEAD_ON: dict[Language, frozenset[str]] = {
    "en": _words(
        """i we they she is are was were am be been that who where how what why whose may might want need has have had
        very let's these those just"""
    ),
    "es": _words(
        """yo es era son estoy estaba quiero queria quisiera querria necesito puedo podria puede tengo tiene hay mas
        quien cuando donde"""
    ),
}
"""After these it has to, unless it is a question."""
_GREETINGS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"^(hello|hi|hey|good (morning|afternoon|evening))\b(?: \w+){0,2}?( how (are|is) \w+( \w+)?)?$"),
    "es": re.compile(
        r"^(hola|buen[oa]s(?: (dias|tardes|noches))?|oiga|diga|digame)\b(?: \w+){0,2}?"
        r"( (que tal|como (esta|estas))( \w+)?)?$"
    ),
}
_HOLD: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(hold on|hang on|(wait|just|give me) (a|one|just a) (second|minute|moment|sec)|one (second|moment|minute)|"
        r"let me (see|check|look|think|try)|wait for a (second|minute|moment)|(a|one) (second|minute|moment|sec))"
        r"(?: please)?(?: \w+){0,2}( (while|until|if|so) .*)?$"
    ),
    "es": re.compile(
        r"\b((espere|espera)(?: un (momento|segundo|minuto|momentito))?|un (momento|segundo|momentito|minuto)|"
        r"dejeme (ver|mirar|pensar|buscar|que)|a ver|no cuelgue)(?: por favor)?(?: \w+){0,2}( (mientras|hasta|si) .*)?$"
    ),
}
_DONE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(please|thanks|thank you|thank you very much|bye|goodbye|yes|yeah|yep|no|nope|correct|right|okay|ok|sure|"
        r"that's (all|it|right))$"
    ),
    "es": re.compile(
        r"\b(por favor|gracias|muchas gracias|adios|hasta luego|si|no|correcto|exacto|eso es|vale|de acuerdo|claro|"
        r"nada mas|perfecto)$"
    ),
}
_DIGITS: dict[Language, frozenset[str]] = {
    "en": _words("zero oh one two three four five six seven eight nine double triple"),
    "es": _words("cero uno una dos tres cuatro cinco seis siete ocho nueve"),
}
FULL_NUMBER = 9
"""Digits of a Spanish number without its prefix."""


def patience(text: str, language: Language, finished: float, pace_s: float = 0.0, confidence: float = 1.0) -> float:
    """Seconds of silence to wait before answering `text`.

    finished: Smart Turn's probability 0..1. pace_s: the longest pause that this caller has made inside this turn.
    confidence: the ears' in these words, 0..1.
    """
    folded = _fold(text)
    words = _WORD.findall(folded)
    if not words:
        return LIKELY_S
    plain = " ".join(words)
    if _HOLD[language].search(plain):
        return HOLD_S
    if _leads_on(text, words, language):
        return UNFINISHED_S
    if _mid_number(words, language):
        return NUMBER_S
    if _GREETINGS[language].search(plain):
        return GREETING_S
    by_pace = min(0.8 * pace_s, DOUBT_S) if finished < 0.9 else 0.0
    by_doubt = DOUBT_S if confidence < UNSURE else 0.0
    return max(_by_sound(text, plain, words, language, finished), by_pace, by_doubt)


def _by_sound(text: str, plain: str, words: list[str], language: Language, finished: float) -> float:
    """The words could end here: how it sounded decides."""
    known = bool(_DONE[language].search(plain))
    if len(words) == 1 and not known:
        return DOUBT_S
    if finished >= 0.5:
        return SURE_S if known or len(words) > 2 else LIKELY_S
    return LIKELY_S if finished >= 0.15 or known else DOUBT_S


def _leads_on(text: str, words: list[str], language: Language) -> bool:
    last, asked = words[-1], text.rstrip().endswith("?")
    return (
        _breaks_off(text)
        or last in _FILLERS[language]
        or last in _LEADS_ON[language]
        or (last in _MAY_LEAD_ON[language] and not asked)
    )


def _mid_number(words: list[str], language: Language) -> bool:
    digits = sum(len(word) if word.isdigit() else word in _DIGITS[language] for word in words)
    at_the_end = words[-1].isdigit() or words[-1] in _DIGITS[language]
    return at_the_end and digits >= 2 and digits < FULL_NUMBER


def _breaks_off(text: str) -> bool:
    """Whisper writes a dash, dots or a comma where a voice breaks off."""
    return text.rstrip().endswith(("...", "…", "-", "–", "—", ",", ":"))


def _fold(text: str) -> str:
    """Lower case, accents dropped, hyphens as spaces."""
    plain = unicodedata.normalize("NFD", text.lower().replace("-", " "))
    return "".join(char for char in plain if unicodedata.category(char) != "Mn")
