"""Which of the office's languages is spoken: held steady, changed only on evidence."""

from __future__ import annotations

from calls.words import Language

SHORT_S = 0.9
"""A "sí" or an "OK" is too short to tell a language by."""
NEEDED_BRIEF, NEEDED = 0.9, 0.7
"""Odds that another language needs when it is heard for under BRIEF_S, and for longer."""
BRIEF_S = 2.0


def spoken(odds: dict[Language, float], current: Language, speech: float) -> Language:
    """The language of `speech` seconds of speech, given its `odds` and the language of the call so far."""
    likeliest = max(odds, key=lambda language: odds[language])
    if current not in odds:
        return likeliest
    needed = NEEDED_BRIEF if speech < BRIEF_S else NEEDED
    return likeliest if speech >= SHORT_S and odds[likeliest] >= needed else current
