"""Which role each address needs. What is not in this table is for admins only.

One table, so that it can be read and checked as a whole (tests/console/test_rights.py walks every route).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.people import Role

READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Rule:
    """For whom the addresses are that `path` matches: to read, and to change. None: for everybody."""

    path: re.Pattern[str]
    read: Role | None
    change: Role | None
    noted: bool = True
    """Whether changes go into the audit log."""


def _rule(path: str, read: Role | None, change: Role | None, noted: bool = True) -> Rule:
    return Rule(re.compile(path), read, change, noted)


_PUBLIC = (
    _rule(r"/", None, Role.ADMIN),
    _rule(r"/(login|setup)", None, None),
    _rule(r"/login/company(/done)?", None, Role.ADMIN),
    _rule(r"/logout", Role.VIEWER, None),
    _rule(r"/(healthz|readyz|openapi\.json|docs)", None, Role.ADMIN),
    _rule(r"/call(/[\w.-]+)?", None, Role.ADMIN),
    _rule(r"/(desk|study|look|door)/[\w-]+\.(js|css|svg|png|woff2)", None, Role.ADMIN),
    _rule(r"/lines/.*", None, None, noted=False),  # signatures and tickets of their own
    _rule(r"/desk/seat", None, Role.ADMIN),  # a WebSocket; its ticket is had from /api/calls/{id}/seat
)
_PAGES = (
    _rule(r"/desk/calls", Role.VIEWER, Role.ADMIN),
    _rule(r"/desk(/.*)?", Role.ASSISTANT, Role.ADMIN),
    _rule(r"/study(/.*)?", Role.EXECUTIVE, Role.ADMIN),
)
_CALLING = r"/api/calls(/[^/]+/(utterances|keys|hang-up))?"
_STUDY = (
    r"preferences|voice-policy|contacts|proposals|imports|autonomy"
    r"|digest|replay|first-meeting|questions|study|warmth|budget"
)
_API = (
    _rule(r"/metrics", Role.VIEWER, Role.ADMIN),
    _rule(r"/mcp", Role.VIEWER, Role.VIEWER, noted=False),  # each tool is a request of its own to the API
    _rule(r"/api/calls/[^/]+/recording", Role.ASSISTANT, Role.EXECUTIVE),
    _rule(_CALLING, Role.VIEWER, Role.ASSISTANT, noted=False),  # the call itself is the record of it
    _rule(r"/api/(screen|preferences/ask|call-tickets|sandbox)(/.*)?", Role.VIEWER, Role.ASSISTANT, noted=False),
    _rule(r"/api/digest(/.*)?", Role.EXECUTIVE, Role.EXECUTIVE),
    _rule(rf"/api/({_STUDY})(/.*)?", Role.VIEWER, Role.EXECUTIVE),
    _rule(r"/api/notices/channels(/.*)?", Role.ASSISTANT, Role.EXECUTIVE),
    _rule(r"/api/(accounts|tokens|audit|erasures)(/.*)?", Role.ADMIN, Role.ADMIN),
    _rule(r"/api/.*", Role.VIEWER, Role.ASSISTANT),
)
RULES = (*_PUBLIC, *_PAGES, *_API)
REST = _rule(r".*", Role.ADMIN, Role.ADMIN)

_WORDS_OF_CALLERS = re.compile(
    r"/api/(calls|messages|promises|hand-offs|live|day|day.csv|digest|proposals|replay|notices|threads|summaries|recordings|callers)(/.*)?"
)


def rule(path: str) -> Rule:
    """The first that fits."""
    return next((each for each in RULES if each.path.fullmatch(path)), REST)


def needed(method: str, path: str) -> Role | None:
    """The role that a request needs; None: none."""
    found = rule(path)
    return found.read if method in READING else found.change


def is_noted(method: str, path: str) -> bool:
    """Whether the audit log tells of it: every change, and every reading of what callers said."""
    if method in READING:
        return bool(_WORDS_OF_CALLERS.fullmatch(path))
    return rule(path).noted
