"""Distress, threats, harassment reported to us, emergencies: not for a machine, but for a human at once."""

from __future__ import annotations

from agent.guard.normalise import plain
from agent.guard.patterns import patterns
from calls.words import Reason


def plight(text: str) -> Reason | None:
    """EMERGENCY, DISTRESS, or None when `text` tells of neither."""
    lists = patterns("distress")
    words = lists["figure"].sub(" ", plain(text))
    if lists["emergency"].search(words):
        return Reason.EMERGENCY
    return Reason.DISTRESS if lists["distress"].search(words) else None
