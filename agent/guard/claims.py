"""What a sentence claims to have been done, or promises: it must stand in the call's deeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from agent.guard.normalise import unaccented
from agent.guard.patterns import patterns
from calls.words import Booking, HandOff, HandOffState, Message, Promise, Step

_OVER = frozenset({HandOffState.DECLINED, HandOffState.TIMED_OUT, HandOffState.RESUMED})
_NOT = re.compile(
    r"(?:(?:\b(?:no|not|never|nunca|sin|without|cannot|neither|ni)|n't|n’t)(?: [\w’']+){0,3}"
    r"|\b(?:puedo|podria|podriamos|podemos|can|could|may|might|would)(?: [\w’']+)?"
    r"|\b(?:si|if|cuando|when|en cuanto|once|before|antes de|until|hasta que|unless)(?: [\w’',]+){0,7}) ?$"
)
"""What before a claim takes it back: a negation, a mere possibility, a condition."""
_QUESTION_ES = re.compile(r"¿[^?]*\?")
_QUESTION_EN = re.compile(r"(?:^|(?<=[,;:.!—-]))[^,;:.!?—]*\?")
Fits = Callable[[Step], bool]


def undone(sentence: str, deeds: Sequence[Step], on_file: bool = False) -> bool:
    """Whether `sentence` claims a deed that is not among `deeds`. In wording `on_file`, "I'll tell her" is no claim."""
    text = unaccented(_QUESTION_EN.sub(" ", _QUESTION_ES.sub(" ", sentence)).lower())
    lists = patterns("claims")
    needed: list[tuple[str, Fits]] = [
        ("undoable", lambda step: False),
        ("noted", lambda step: isinstance(step, Message | Promise | Booking)),
        ("will_call", lambda step: isinstance(step, Promise | Booking)),
        ("booked", lambda step: isinstance(step, Booking)),
        ("passed_on", lambda step: isinstance(step, HandOff) and step.state not in _OVER),
    ]
    if not on_file:
        needed.append(("will_tell", lambda step: isinstance(step, Message | Promise | HandOff)))
    return any(_claims(lists[kind], text) and not any(fits(step) for step in deeds) for kind, fits in needed)


def _claims(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _NOT.search(text[: found.start()].rstrip()) for found in pattern.finditer(text))
