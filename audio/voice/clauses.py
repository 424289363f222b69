"""Cutting a text into clauses that an engine speaks one by one: a short one first, longer ones while it is heard.

Each sentence is cut the same way wherever it stands, so that what was made ahead is found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ROOM = (36, 72, 140)
"""Most characters of a sentence's first, second and any later clause. An engine needs about 0.4 s for a second of
sound, so each may be twice as long as the one before and still be made in time."""
LEAST = 8
"""A piece of a sentence shorter than this sounds clipped when spoken alone: it joins its neighbour."""

_AFTER_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][»”\"')])\s+|\n+")
_AFTER_MARK = re.compile(r"(?<=[,;:—–])\s+")
_BEFORE_LINK = re.compile(
    r"\s+(?=(?:y|e|o|u|pero|que|porque|para|por|con|cuando|donde|si|de|en|a"
    r"|and|or|but|that|because|for|with|when|where|if|to|at|in|on|of|so)\s)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


def clauses(text: str) -> list[str]:
    """`text` in pieces, in order, nothing lost but white space; one without a letter or digit joins its neighbour."""
    found: list[str] = []
    for sentence in _AFTER_SENTENCE.split(text):
        for piece in _clauses_of(sentence):
            if found and not (_speakable(piece) and _speakable(found[-1])):
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
    return found


def _clauses_of(sentence: str) -> list[str]:
    found: list[str] = []
    for atom in filter(None, map(str.strip, _AFTER_MARK.split(sentence))):
        fits = found and len(found[-1]) + 1 + len(atom) <= ROOM[min(len(found), len(ROOM)) - 1]
        if found and (fits or len(atom) < LEAST or len(found[-1]) < LEAST):
            found[-1] = f"{found[-1]} {atom}"
        else:
            found.extend(_fitted(atom, ROOM[min(len(found), len(ROOM) - 1)]))
    return found


def _fitted(atom: str, room: int) -> Iterator[str]:
    """`atom` whole if it is little longer than `room`, else cut before a linking word, at a space, or anywhere."""
    most = ROOM[-1]
    while len(atom) > room * 1.6:
        at = _last_cut(_BEFORE_LINK, atom, room)
        if not at and len(atom) > most:
            at = _last_cut(_SPACE, atom, most) or most
        if not at:
            break
        yield atom[:at].rstrip()
        atom, room = atom[at:].lstrip(), most
    if atom:
        yield atom


def _last_cut(where: re.Pattern[str], atom: str, room: int) -> int:
    """The last place in the first `room` characters where `where` matches, LEAST from the start; 0 for none."""
    return max((cut.start() for cut in where.finditer(atom[: room + 2]) if LEAST <= cut.start() <= room), default=0)


def _speakable(piece: str) -> bool:
    return any(sign.isalnum() for sign in piece)
