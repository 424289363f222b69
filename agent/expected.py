"""Words whose meaning is plain even where the ears are not sure of every one of them.

The ears tell the chance that most words are right. Of a short answer one word is much, and a name is seldom written
as it is spelled; what matters of them is read back, or asked again, anyway.
"""

from __future__ import annotations

from agent.house.digits import all_digits
from agent.house.intents import Intent, sure_intents
from agent.house.names import introduction
from calls.words import Language
from prompts import pattern

LEAST = 0.02
"""Below this confidence nothing is plain."""
LEAST_DIGITS = 3
_ANSWERS = frozenset({Intent.AFFIRM, Intent.DENY, Intent.THANKS, Intent.GREETING})
"""Plain only where they answer something: noise, too, is often written as one of them."""


def is_plain(text: str, language: Language, confidence: float, asked: str) -> bool:
    """Whether `text` says plainly what its speaker wants, or answers `asked`, which was said to them before."""
    if confidence < LEAST:
        return False
    sure = sure_intents(text)
    if sure - _ANSWERS:
        return True
    if not asked.rstrip().endswith("?"):
        return False
    if sure & {Intent.AFFIRM, Intent.DENY} or len(all_digits(text, language, "ES")) >= LEAST_DIGITS:
        return True
    return introduction(text, language, asked=bool(pattern("asks_who").search(asked))).name is not None
