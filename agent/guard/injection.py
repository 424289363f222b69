"""Attempts to steer the receptionist or to talk private things out of her: a signal; the defence is what she knows."""

from __future__ import annotations

from agent.guard.normalise import plain
from agent.guard.patterns import patterns
from calls.words import Verdict

_MARKUP = ("<|", "[inst]", "[/inst]", "</system", "<system", "<<sys", "{{", "```", "###")


def suspicion(text: str, executive: str) -> Verdict:
    """What `text` tries: BLOCK when it steers us, or claims authority and demands private things.

    GREY when it only claims to be the `executive`.
    """
    words, lists = plain(text), patterns("injection", executive=_titled(executive))
    if lists["steers"].search(words) or any(mark in text.lower() for mark in _MARKUP):
        return Verdict.BLOCK
    is_executive = lists["is_executive"].search(words) is not None
    if (is_executive or lists["claims"].search(words)) and lists["private"].search(words):
        return Verdict.BLOCK
    return Verdict.GREY if is_executive else Verdict.PASS


def _titled(name: str) -> str:
    """A pattern for `name` in full or in part, with or without a title."""
    names = plain(name).split()
    forms = "|".join([" ".join(names), *names]) or "(?!)"
    return rf"(?:(?:la |el |don |dona )?(?:senora?|sr|sra|mrs|ms|mr|dr|dra|doctora?) )?(?:{forms})"
