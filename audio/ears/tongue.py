"""Which of the office's languages is spoken: held steady, changed only on evidence."""

from __future__ import annotations

from calls.words import Language

SHORT_S = 0.6
"""Seconds of loud sound: a "sí" or an "OK" is too short to tell a language by."""
BRIEF_S = 1.5
"""Up to here more evidence is asked for."""
NEEDED: dict[Language, tuple[float, float]] = {"es": (0.8, 0.6), "en": (0.98, 0.95)}
"""Odds that a language needs to be taken up, when briefly heard and else. Whisper takes noise and bad lines for
English (odds 0.9 and more), and gives Spanish on the telephone as little as 0.6."""


def spoken(odds: dict[Language, float], current: Language, speech: float) -> Language:
    """The language of `speech` seconds of loud sound, given its `odds` and the language of the call so far."""
    likeliest = max(odds, key=lambda language: odds[language])
    if current not in odds:
        return likeliest
    brief, else_ = NEEDED[likeliest]
    needed = brief if speech < BRIEF_S else else_
    return likeliest if speech >= SHORT_S and odds[likeliest] >= needed else current
