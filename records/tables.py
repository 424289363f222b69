"""The tables. Rows of messages, promises, bookings and hand-offs are written together with the events they come from.

Every table counts its rows in `no`: lists are ordered by it, pages continue from it, and for events it is the cursor
of the live feed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from records.sealed import SealedJson, SealedText


class Moment(TypeDecorator[datetime]):
    """A timezone-aware time, kept in UTC; SQLite itself knows no timezones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


def _moment(nullable: bool = False) -> Any:
    return Column(Moment, nullable=nullable)


class CallTable(SQLModel, table=True):
    """One row a call. `words`: the caller's name and number, folded for search; empty where what is kept is sealed.

    `held_by`: the server's address.
    """

    __tablename__ = "calls"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    line: str
    ref: str | None = Field(default=None, index=True)
    number: str | None = Field(default=None, index=True)
    name: str | None = Field(default=None, sa_type=SealedText)
    circle: str
    language: str
    state: str = Field(index=True)
    outcome: str | None = None
    started: datetime = Field(sa_column=_moment())
    ended: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    held_by: str | None = Field(default=None, index=True)
    words: str = Field(default="", sa_type=Text)
    proof: str | None = None
    diverted: str | None = None


class EventTable(SQLModel, table=True):
    """What happened, append-only. `words`: what was said in it, folded for search; none where it is sealed."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("call_id", "seq"), {"sqlite_autoincrement": True})

    no: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(foreign_key="calls.id")
    seq: int
    at: datetime = Field(sa_column=_moment())
    kind: str
    data: dict[str, Any] = Field(sa_column=Column(SealedJson, nullable=False))
    words: str | None = Field(default=None, sa_type=Text)


class MessageTable(SQLModel, table=True):
    __tablename__ = "messages"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    from_name: str | None = Field(default=None, sa_type=SealedText)
    company: str | None = Field(default=None, sa_type=SealedText)
    number: str | None = None
    reason: str = Field(sa_type=SealedText)
    urgency: str
    taken_at: datetime = Field(sa_column=_moment())
    state: str
    owner: str = Field(default="assistant", sa_column_kwargs={"server_default": "assistant"})
    snoozed_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class PromiseTable(SQLModel, table=True):
    __tablename__ = "promises"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    owner: str
    due: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    text: str = Field(sa_type=SealedText)
    quote: str = Field(sa_type=SealedText)
    state: str
    warned_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    made_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    snoozed_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class BookingTable(SQLModel, table=True):
    __tablename__ = "bookings"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    start: datetime = Field(sa_column=_moment())
    end: datetime = Field(sa_column=_moment())
    with_: str = Field(sa_column=Column("with", SealedText, nullable=False))


class HandOffTable(SQLModel, table=True):
    """In its present state; `at` is when it was offered."""

    __tablename__ = "hand_offs"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    call_id: str = Field(foreign_key="calls.id", index=True)
    state: str = Field(index=True)
    reason: str
    to: str
    brief: str = Field(sa_type=SealedText)
    at: datetime = Field(sa_column=_moment())


class VersionTable(SQLModel, table=True):
    """What the executive wants known and done, version by version, append-only; the newest version is in force.

    `data` holds a preference (text, audience, topic, when, do, say, valid), a contact or the voice policy.
    """

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("kind", "id", "number"), {"sqlite_autoincrement": True})

    no: int | None = Field(default=None, primary_key=True)
    kind: str
    id: str
    number: int
    status: str
    author: str
    at: datetime = Field(sa_column=_moment())
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    source: str | None = None
    batch: str | None = Field(default=None, index=True)


class ChannelTable(SQLModel, table=True):
    """Where notices go. `data`: medium, to, kinds, language, words, quiet."""

    __tablename__ = "channels"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    made: datetime = Field(sa_column=_moment())
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class LetterTable(SQLModel, table=True):
    """A notice on its way, without any words: what it says is read from the records when it is sent."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("channel", "key"),)

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    channel: str = Field(index=True)
    kind: str
    key: str
    call_id: str = Field(foreign_key="calls.id", index=True)
    seq: int | None = None
    promise: str | None = None
    urgent: bool
    made: datetime = Field(sa_column=_moment())
    due: datetime = Field(sa_column=_moment())
    tries: int
    state: str = Field(index=True)
    settled: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    why: str = Field(default="", sa_type=Text)


class CursorTable(SQLModel, table=True):
    """How far somebody who reads all events has come."""

    __tablename__ = "cursors"

    name: str = Field(primary_key=True)
    no: int
