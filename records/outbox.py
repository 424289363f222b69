"""The queue of notices. Implements calls.notices.Outbox: what is queued survives restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlmodel import col

from calls.notices import Channel, Letter, LetterState, Matter, News
from records.files import Runs
from records.reading import Page, Row, event_of, listed, plain, rows
from records.tables import (
    CallTable,
    ChannelTable,
    CursorTable,
    EventTable,
    HandOffTable,
    LetterTable,
    PromiseTable,
)

NAME = "notices"
"""Of its cursor over the events."""
PAGE = 100
_MINE = col(CursorTable.name) == NAME
_FIELDS = tuple(each.name for each in fields(Letter))


class Letters:
    """Every method raises EngineError("records")."""

    def __init__(self, write: Runs, read: Runs):
        self._write, self._read = write, read

    async def channels(self) -> list[Channel]:
        found = await self._read(partial(rows, select(ChannelTable).order_by(col(ChannelTable.no))))
        return [Channel.from_json(row["id"], row["made"], row["data"]) for row in found]

    async def keep(self, channel: Channel) -> None:
        await self._write(partial(_keep, channel))

    async def remove(self, channel_id: str) -> bool:
        return await self._write(partial(_remove, channel_id))

    async def news(self) -> News:
        return await self._read(_news)

    async def queue(self, letters: Sequence[Letter], cursor: int) -> None:
        await self._write(partial(_queue, letters, cursor))

    async def due(self, now: datetime) -> list[Letter]:
        waiting = select(LetterTable).where(col(LetterTable.state) == "waiting", col(LetterTable.due) <= now)
        found = await self._read(partial(rows, waiting.order_by(col(LetterTable.no)).limit(PAGE)))
        return [Letter(**{name: row[name] for name in _FIELDS}) for row in found]

    async def next_due(self) -> datetime | None:
        return await self._read(_next_due)

    async def claim(self, letter: Letter, until: datetime) -> bool:
        as_seen = (*_one(letter), col(LetterTable.state) == "waiting", col(LetterTable.due) == letter.due)
        return await self._write(partial(_update, as_seen, {"due": until, "tries": letter.tries + 1})) == 1

    async def matter(self, letter: Letter) -> Matter | None:
        return await self._read(partial(_matter, letter))

    async def settle(self, letter: Letter, state: LetterState, at: datetime, why: str = "") -> None:
        await self._write(partial(_update, _one(letter), {"state": state, "settled": at, "why": why}))

    async def postpone(self, letter: Letter, until: datetime, why: str) -> None:
        await self._write(partial(_postpone, letter, until, why))

    async def revive(self, letter_id: str, now: datetime) -> bool:
        given_up = (col(LetterTable.id) == letter_id, col(LetterTable.state) == "failed")
        values = {"state": "waiting", "due": now, "made": now, "tries": 0, "settled": None, "why": ""}
        return await self._write(partial(_update, given_up, values)) == 1

    async def letters(self, state: str | None, limit: int, after: int | None) -> Page:
        """Newest first: a letter's fields, and when it was `settled` and `why`."""
        where = [col(LetterTable.state) == state] if state else []
        return await self._read(partial(listed, LetterTable, where, limit, after))


def _one(letter: Letter) -> tuple[ColumnElement[bool], ...]:
    return (col(LetterTable.id) == letter.id,)


def _keep(channel: Channel, connection: Connection) -> None:
    data = channel.as_json()
    known = update(ChannelTable).where(col(ChannelTable.id) == channel.id)
    if not connection.execute(known.values(data=data)).rowcount:
        connection.execute(insert(ChannelTable), {"id": channel.id, "made": channel.made, "data": data})


def _remove(channel_id: str, connection: Connection) -> bool:
    connection.execute(delete(LetterTable).where(col(LetterTable.channel) == channel_id))
    return bool(connection.execute(delete(ChannelTable).where(col(ChannelTable.id) == channel_id)).rowcount)


def _news(connection: Connection) -> News:
    cursor: int = connection.execute(select(col(CursorTable.no)).where(_MINE)).scalar() or 0
    later = select(EventTable).where(col(EventTable.no) > cursor).order_by(col(EventTable.no)).limit(PAGE)
    events = rows(later, connection)
    warned = select(PromiseTable).where(col(PromiseTable.state) == "open", col(PromiseTable.warned_at).is_not(None))
    return News(
        events[-1]["no"] if events else cursor,
        [{"call_id": row["call_id"], **event_of(row)} for row in events],
        [plain(row) for row in rows(warned, connection)],
    )


def _queue(letters: Sequence[Letter], cursor: int, connection: Connection) -> None:
    known = col(LetterTable.key).in_({each.key for each in letters})
    keys = select(col(LetterTable.channel), col(LetterTable.key)).where(known)
    there = {tuple(row) for row in connection.execute(keys)}
    new = {(each.channel, each.key): each for each in letters if (each.channel, each.key) not in there}
    if new:
        values = [{**{name: getattr(each, name) for name in _FIELDS}, "why": ""} for each in new.values()]
        connection.execute(insert(LetterTable), values)
    connection.execute(update(CursorTable).where(_MINE, col(CursorTable.no) < cursor).values(no=cursor))


def _next_due(connection: Connection) -> datetime | None:
    waiting = select(func.min(col(LetterTable.due))).where(col(LetterTable.state) == "waiting")
    due: datetime | None = connection.execute(waiting).scalar()
    return due


def _update(where: tuple[ColumnElement[bool], ...], values: dict[str, Any], connection: Connection) -> int:
    changed: int = connection.execute(update(LetterTable).where(*where).values(**values)).rowcount
    return changed


def _postpone(letter: Letter, until: datetime, why: str, connection: Connection) -> None:
    waiting = (col(LetterTable.channel) == letter.channel, col(LetterTable.state) == "waiting")
    _update((*waiting, col(LetterTable.due) < until), {"due": until}, connection)
    _update(_one(letter), {"due": until, "why": why}, connection)


def _matter(letter: Letter, connection: Connection) -> Matter | None:
    calls = rows(select(CallTable).where(col(CallTable.id) == letter.call_id), connection)
    about = _promise(letter.promise, connection) if letter.promise else _event(letter, connection)
    if not calls or about is None:
        return None
    call = {name: value for name, value in plain(calls[0]).items() if name != "words"}
    return Matter(call, about, _state(about, connection))


def _promise(promise_id: str, connection: Connection) -> Row | None:
    found = rows(select(PromiseTable).where(col(PromiseTable.id) == promise_id), connection)
    return plain(found[0]) if found else None


def _event(letter: Letter, connection: Connection) -> Row | None:
    of = (col(EventTable.call_id) == letter.call_id, col(EventTable.seq) == letter.seq)
    found = rows(select(EventTable).where(*of), connection)
    return event_of(found[0]) if found else None


def _state(about: Row, connection: Connection) -> str | None:
    if about.get("kind") != "hand_off":
        return about.get("state")
    of = select(col(HandOffTable.state)).where(col(HandOffTable.id) == about["id"])
    state: str | None = connection.execute(of).scalar()
    return state
