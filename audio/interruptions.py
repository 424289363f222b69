"""Sounds that a listener makes while another speaks: they say "go on", not "stop"."""

from __future__ import annotations

import re

from calls.words import Language

_NODS: dict[Language, str] = {
    "en": "mm hm mmhm mhm hmm uh huh uhhuh ah oh okay ok right yeah yes yep sure mm-hm uh-huh i see",
    "es": "mm hm mmhm aja ajá ah oh ya sí si vale claro bien ok okay eso muy entiendo",
}
_MOST_WORDS = 3


def only_nods(text: str, language: Language) -> bool:
    """True for "mm-hm", "sí, sí", "ok": up to three words, all of them nods."""
    words = re.findall(r"[\w'-]+", text.lower())
    return 0 < len(words) <= _MOST_WORDS and set(words) <= set(_NODS[language].split())
