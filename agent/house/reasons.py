"""Why someone calls, in their own words, without the greeting around it."""

from __future__ import annotations

import re
from functools import cache

from calls.words import Language
from prompts import alternatives, pattern


@cache
def _around() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Pleasantries before the reason, an introduction before it, and what closes it."""
    lead = rf"^\W*(?:{alternatives('pleasantry')}\b[\s,.!;:]*)+"
    from_where = r"(?:,\s*(?:de|del|from|with)\s[^,.;]*)?"
    introduced = rf"^{alternatives('introduction')}\b[^,.;]*{from_where}[,.;]?\s*(?:(?:y|and)\s+)?"
    closing = rf"(?:[\s,.;]*\b{alternatives('closing')}\b)*[\s,.;!]*$"
    return tuple(re.compile(each, re.IGNORECASE) for each in (lead, introduced, closing))  # type: ignore[return-value]


def stated_reason(text: str, language: Language) -> str | None:
    """The reason, if `text` says in so many words why they call or what should be told."""
    found = pattern(f"reason_{language}").search(text)
    if not found:
        return None
    return _kept(next(group for group in found.groups() if group))


def asked_reason(text: str, language: Language) -> str | None:
    """The reason in an answer to "what is it about?": all of it but the pleasantries."""
    lead, introduced, _ = _around()
    return stated_reason(text, language) or _kept(introduced.sub("", lead.sub("", text.strip())))


def only_a_call(text: str) -> bool:
    """Whether the message is no more than "call me"."""
    lead, _, _ = _around()
    return bool(pattern("only_a_call").match(lead.sub("", text.strip()).strip(" .!")))


def added(reason: str, more: str) -> str:
    """Both, as one message."""
    return reason if more.lower() in reason.lower() else f"{reason}. {more}"


def _kept(text: str) -> str | None:
    text = _around()[2].sub("", text.strip(" ,.;:¡!¿?\n"))
    if len(text) < 3 or pattern("no_reason").match(text) or pattern("only_a_call").match(text):
        return None
    return text[0].upper() + text[1:]
