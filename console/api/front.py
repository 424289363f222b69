"""What the API stands on, handed in as plain arguments by whoever opens the house."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import Depends, Request

from calls.call import Call
from calls.desk import Desk
from calls.errors import CallClosed, NoSuchCall
from calls.ports import Embed, Office
from calls.sealing import NO_KEYS, Keys
from calls.switchboard import Switchboard
from calls.words import Preference
from console.api.health import Readiness
from console.api.meters import Meters
from console.api.on_file import Study

if TYPE_CHECKING:
    from console.api.learning import Learning
    from console.api.notices import Notices


class Page(Protocol):
    """One page of a list; `next` continues it and is None at its end."""

    @property
    def items(self) -> list[dict[str, Any]]: ...

    @property
    def next(self) -> int | None: ...


class Archive(Protocol):
    """What is kept, read back as the API spells it. Every method raises EngineError("records")."""

    async def call(self, call_id: str) -> dict[str, Any] | None: ...

    async def calls(self, *, limit: int, after: int | None, **sought: Any) -> Page:
        """`sought`: open, number, name, q, since, until (times), outcome."""
        ...

    async def messages(self, limit: int, after: int | None, state: str | None) -> Page: ...

    async def promises(self, limit: int, after: int | None, state: str | None) -> Page: ...

    async def change_message(self, message_id: str, version: int | None, **changes: Any) -> dict[str, Any] | None:
        """As it is now, None if there is none. Raises Stale when it is no longer at `version`."""
        ...

    async def change_promise(self, promise_id: str, version: int | None, **changes: Any) -> dict[str, Any] | None:
        """As it is now, None if there is none. Raises Stale when it is no longer at `version`."""
        ...

    async def hand_offs(self, state: str | None, limit: int, after: int | None) -> Page: ...

    async def rename(self, call_id: str, name: str, by: str, at: datetime) -> dict[str, Any] | None:
        """The call without its events, its caller's name corrected; None if there is none."""
        ...

    async def correct(self, call_id: str, of: int, text: str, by: str, at: datetime) -> dict[str, Any] | None:
        """The event that it becomes; None if nothing was heard at event `of` of a call."""
        ...

    async def take_back(self, call_id: str, of: int, by: str, at: datetime) -> dict[str, Any] | None:
        """The event that takes the last correction of `of` back; None when there is none."""
        ...

    async def facts(self, since: datetime, until: datetime) -> dict[str, list[dict[str, Any]]]:
        """What figures are made of: `calls` that began in that time, their `events`, and `promises`."""
        ...

    async def hand_off(self, hand_off_id: str) -> dict[str, Any] | None: ...


class Shown(Protocol):
    """One event on the live feed; `cursor` is None for one that is not kept."""

    @property
    def event(self) -> dict[str, Any]: ...

    @property
    def cursor(self) -> int | None: ...


class Feed(Protocol):
    """Every event of every open call as it happens."""

    def watch(self, after: int | None = None) -> AsyncGenerator[Shown | None]:
        """What happens from now on, or after a cursor; None is a sign of life. Ends when cut off."""
        ...

    def close(self) -> None:
        """Everybody goes home."""
        ...


class Library(Protocol):
    """What is on file and in force now."""

    @property
    def preferences(self) -> Sequence[Preference]: ...


@dataclass(frozen=True, slots=True)
class Front:
    """The whole front of the house."""

    office: Office
    switchboard: Switchboard
    desk: Desk
    archive: Archive
    feed: Feed
    library: Library
    study: Study
    readiness: Readiness
    meters: Meters = field(default_factory=Meters)
    learning: Learning | None = None
    notices: Notices | None = None
    embed: Embed | None = None
    """Groups what callers wanted by meaning."""
    recordings: Path | None = None
    """The folder of what callers agreed to have recorded: ``CALL_ID.flac``."""
    keys: Keys = NO_KEYS
    """What recordings are sealed with."""

    async def in_progress(self, call_id: str) -> Call:
        """The open call with this id. Raises CallClosed, NoSuchCall."""
        call = self.switchboard.find(call_id)
        if call and call.open:
            return call
        if call:
            raise CallClosed(call_id, call.row.state)
        if kept := await self.archive.call(call_id):
            raise CallClosed(call_id, kept["state"])
        raise NoSuchCall(call_id)

    async def whole_call(self, call_id: str) -> dict[str, Any]:
        """The call as it is kept, in the language of this moment. Raises NoSuchCall."""
        kept = await self.archive.call(call_id)
        if kept is None:
            raise NoSuchCall(call_id)
        return self.as_of_now(kept)

    def recording(self, call_id: str) -> Path | None:
        """The sound of a call that is over, if it is kept; `call_id` must be one on record."""
        file = self.recordings / f"{call_id}.flac" if self.recordings else None
        return file if file and file.is_file() else None

    def as_of_now(self, kept: dict[str, Any]) -> dict[str, Any]:
        """The language of a call in progress is kept only at its end."""
        call = self.switchboard.find(kept["id"])
        return {**kept, "language": call.language} if call else kept


async def _front(request: Request) -> Front:
    front: Front = request.app.state.front
    return front


TheFront = Annotated[Front, Depends(_front)]
