"""Whether a caller asks for a human being: honoured the first time, however it is put."""

from __future__ import annotations

from agent.guard.normalise import plain
from agent.guard.patterns import patterns


def asks_for_person(text: str, assistant: str) -> bool:
    """Whether the caller wants a human, in general or the `assistant` by name. Asking for the executive is not that."""
    words, lists = plain(text), patterns("asks", called=_called(assistant))
    words = lists["refuses"].sub(" ", words).strip()
    return any(lists[each].search(words) for each in ("asks", "alone", "by_name"))


def _called(name: str) -> str:
    """A pattern for `name` in full, or its first name or surname, with or without a title."""
    names = plain(name).split()
    forms = "|".join([" ".join(names), *names]) or "(?!)"
    return rf"(?:la |el |don |dona )?(?:senora |senor |senorita |ms |mr |mrs )?(?:{forms})"
