"""Calls that go on for ever, and recordings that ring us: both end kindly, and nobody is forgotten over it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from calls.call import Call
from calls.errors import AntesalaError
from calls.farewell import called_back
from calls.words import Heard

SAME, ROUND = 4, 6
"""So many times the same words in a row, or so many utterances that are only two, are a recording's."""
WORDS = 4
"""Shorter ones a person says again and again."""


async def tire(call: Call, longest: timedelta) -> None:
    """Says goodbye on a call that has lasted `longest`, or that a recording makes; the line then hangs up."""
    if call.door is None or call.ending or not call.open or call.with_staff:
        return
    with suppress(AntesalaError):
        if a_recording(call):
            await _part(call, "going_in_circles")
        elif call.elapsed() >= longest.total_seconds():
            owed = await called_back(call, "brief_time_is_up")
            await _part(call, "time_is_up" if owed else "time_is_up_alone")


def a_recording(call: Call) -> bool:
    """Whether what is heard goes in circles, as a machine's words do."""
    heard = [" ".join(body.text.casefold().split()) for body in call.bodies if isinstance(body, Heard)]
    latest = [set(heard[-count:]) for count in (SAME, ROUND) if len(heard) >= count]
    few = any(len(texts) <= n for n, texts in enumerate(latest, start=1))
    return few and all(len(text.split()) >= WORDS for text in latest[0])


async def _part(call: Call, key: str) -> None:
    call.ending = True
    await call.speak(call.phrase(key))
