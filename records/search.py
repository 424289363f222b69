"""How calls are found: by number, name, time and outcome, and by any words said in them, accents aside.

On SQLite the words come from a full-text index, anywhere else from comparing each line; both find the same whole
words and beginnings of words, the second one also what stands inside a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, text
from sqlmodel import col

from records.tables import CallTable, EventTable


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
    where += [col(CallTable.words).contains(word, autoescape=True) for word in fold(sought.name).split()]
    indexed = _indexed(connection)
    return where + [_says(word, indexed) for word in fold(sought.q).split() if re.search(r"\w", word)]


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
