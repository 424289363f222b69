"""How calls are found: by number, name, time and outcome, and by any words said in them, accents aside.

On SQLite the words come from a full-text index, anywhere else from comparing each line; both find the same whole
words and beginnings of words, the second one also what stands inside a word. Where what is kept is sealed, no words are
kept beside it: calls are opened and looked through, the newest first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, text
from sqlmodel import col

from calls.words import Body, Corrected, Heard, Message, Promise, Said, Staff, from_json
from records.sealed import sealing
from records.tables import CallTable, EventTable

WITH_WORDS = (Heard.kind, Said.kind, Promise.kind, Staff.kind, Corrected.kind, Message.kind)
"""The kinds of events that are searched."""
MOST_FOUND = 2000
"""So many calls, the newest, are found at most where what is kept is sealed."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a call must be like; empty parts ask for nothing. `q`: every word of it in the call, name or number."""

    q: str = ""
    name: str = ""
    number: str | None = None
    open: bool | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Started before this."""


def fold(words: str) -> str:
    """`words` as they are compared in a search: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", words)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()


def conditions(sought: Sought, connection: Connection) -> list[ColumnElement[bool]]:
    """What to ask of the table of calls."""
    where: list[ColumnElement[bool]] = []
    if sought.open is not None:
        where.append((col(CallTable.state) == "open") == sought.open)
    if sought.number is not None:
        where.append(col(CallTable.number) == sought.number)
    if sought.outcome:
        where.append(col(CallTable.outcome) == sought.outcome)
    if sought.since:
        where.append(col(CallTable.started) >= sought.since)
    if sought.until:
        where.append(col(CallTable.started) < sought.until)
    names, words = fold(sought.name).split(), [each for each in fold(sought.q).split() if re.search(r"\w", each)]
    if sealing(connection):
        return [*where, col(CallTable.id).in_(_opened(names, words, where, connection))] if names or words else where
    where += [col(CallTable.words).contains(word, autoescape=True) for word in names]
    indexed = _indexed(connection)
    return where + [_says(word, indexed) for word in words]


def words_of(body: Body) -> str | None:
    """What was said in an event, folded for search."""
    match body:
        case (
            Heard(text=text)
            | Said(text=text)
            | Promise(text=text)
            | Staff(action="spoke", text=text)
            | Corrected(text=text)
        ):
            return fold(text)
        case Message(reason=reason, from_name=name, company=company, number=number):
            return fold(" ".join(filter(None, (reason, name, company, number))))
    return None


def words_of_caller(name: str | None, number: str | None, connection: Connection) -> str:
    """A caller's name and number folded for search; nothing where what is kept is sealed."""
    return "" if sealing(connection) else fold(f"{name or ''} {number or ''}")


def _opened(
    names: Collection[str], words: Collection[str], where: list[ColumnElement[bool]], connection: Connection
) -> list[str]:
    """The calls that fit `where`, whose callers' names have all `names` in them, and that have all `words`."""
    found: list[str] = []
    asked: Any = select(col(CallTable.id), col(CallTable.name), col(CallTable.number)).where(*where)
    for call_id, name, number in connection.execute(asked.order_by(col(CallTable.no).desc())):
        caller = fold(f"{name or ''} {number or ''}")
        missing = [word for word in words if word not in caller]
        if all(each in caller for each in names) and not (missing and _unsaid(missing, call_id, connection)):
            found.append(call_id)
            if len(found) == MOST_FOUND:
                break
    return found


def _unsaid(words: list[str], call_id: str, connection: Connection) -> list[str]:
    """Those of `words` that stand in no event of the call."""
    of_call = (col(EventTable.call_id) == call_id, col(EventTable.kind).in_(WITH_WORDS))
    for kind, data in connection.execute(select(col(EventTable.kind), col(EventTable.data)).where(*of_call)):
        said = words_of(from_json(kind, data)) or ""
        words = [word for word in words if word not in said]
        if not words:
            break
    return words


def _says(word: str, indexed: bool) -> ColumnElement[bool]:
    """The caller's name or number has `word` in it, or something said in the call has."""
    if indexed:
        phrase = '"' + word.replace('"', '""') + '"*'  # https://sqlite.org/fts5.html#fts5_phrases
        found = text("SELECT rowid FROM event_words WHERE event_words MATCH :phrase")
        match: ColumnElement[bool] = col(EventTable.no).in_(found.bindparams(bindparam("phrase", phrase, unique=True)))
    else:
        match = col(EventTable.words).contains(word, autoescape=True)
    said = select(col(EventTable.call_id)).where(match)
    return or_(col(CallTable.words).contains(word, autoescape=True), col(CallTable.id).in_(said))


def _indexed(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'event_words'")).scalar())
