"""Who is told of what while nobody looks at the desk: channels, and the queue of notices on their way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from calls.errors import EngineError
from calls.notices import Channel, Kind, LetterState, Medium, NotSent, Quiet
from calls.words import LANGUAGES, Language, spell_time
from console.api.front import Page, TheFront
from console.api.lists import Limit, listed
from console.api.problems import PROBLEM, problem
from console.api.shapes import Cursor, Listed, e164

router = APIRouter(prefix="/api/notices", tags=["notices"], responses=PROBLEM)

_MAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


class Channels(Protocol):
    """Where notices go, and those on their way. Every method raises EngineError("records")."""

    async def channels(self) -> Sequence[Channel]: ...

    async def keep(self, channel: Channel) -> None: ...

    async def remove(self, channel_id: str) -> bool: ...

    async def letters(self, state: str | None, limit: int, after: int | None) -> Page: ...

    async def revive(self, letter_id: str, now: datetime) -> bool: ...


class Sends(Protocol):
    """Brings notices to where they should go."""

    @property
    def media(self) -> Sequence[Medium]: ...

    def secret(self, channel: Channel) -> str | None: ...

    def look(self) -> None: ...

    async def try_out(self, channel: Channel) -> None: ...


class Notices:
    """All that there is of notices."""

    def __init__(self, channels: Channels, post: Sends):
        self.channels, self.post = channels, post

    async def one(self, channel_id: str) -> Channel | None:
        return next((each for each in await self.channels.channels() if each.id == channel_id), None)


async def _notices(front: TheFront) -> Notices:
    if front.notices is None:
        raise EngineError("records", "no notices are sent from here")
    return front.notices


TheNotices = Annotated[Notices, Depends(_notices)]


def _clock(at: str) -> str:
    return f"{time.fromisoformat(at):%H:%M}"


Clock = Annotated[str, Field(pattern=r"^\d{2}:\d{2}$", examples=["22:00"]), AfterValidator(_clock)]


class QuietHours(BaseModel):
    """In the office's timezone; urgent notices go through."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    begin: Clock = Field(alias="from")
    until: Clock


class NewChannel(BaseModel):
    """Where notices of some kinds go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    medium: Medium
    to: str = Field(max_length=1_000, description="an e-mail address, a web address, or a number like +34600111222")
    kinds: list[Kind] = Field(min_length=1, max_length=7)
    language: Language = LANGUAGES[0]
    words: bool = Field(True, description="whether callers' words, names and numbers may go there")
    quiet: QuietHours | None = None

    @model_validator(mode="after")
    def _fits(self) -> NewChannel:
        if self.medium == "email" and not _MAIL.fullmatch(self.to):
            raise ValueError("to: write an e-mail address, like marta@vidal.example")
        if self.medium == "sms" and e164(self.to) != self.to:
            raise ValueError("to: write the number with its country code and no spaces, like +34600111222")
        if self.medium in ("webhook", "slack") and not _web_address(self.to):
            raise ValueError("to: write a web address that begins with https:// (http:// only for this machine)")
        return self

    def channel(self, id: str, made: datetime | None) -> Channel:
        hours = self.quiet
        quiet = Quiet(time.fromisoformat(hours.begin), time.fromisoformat(hours.until)) if hours else None
        kinds = tuple(dict.fromkeys(self.kinds))
        return Channel(id, self.medium, self.to, kinds, self.language, self.words, quiet, made)


class ChannelEdit(BaseModel):
    """What is to change of a channel; what is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: str | None = Field(None, max_length=1_000)
    kinds: list[Kind] | None = Field(None, min_length=1, max_length=7)
    language: Language | None = None
    words: bool | None = None
    quiet: QuietHours | None = None


class ChannelsSeen(Listed):
    """`media`: those that are set up on this server."""

    media: list[Medium]


@router.get("/channels")
async def channels(notices: TheNotices) -> ChannelsSeen:
    """Where notices go: `{id, medium, to, kinds, language, words, quiet}`. Slack's addresses are secrets and masked."""
    items = [_seen(each) for each in await notices.channels.channels()]
    return ChannelsSeen(items=items, next=None, media=list(notices.post.media))


@router.post("/channels", status_code=201, response_model=None)
async def add(new: NewChannel, front: TheFront, notices: TheNotices) -> dict[str, Any] | JSONResponse:
    """A new channel, told of what happens from now on. For a webhook its `secret` is told, this once."""
    if new.medium not in notices.post.media:
        return problem(422, "Not set up", f"{new.medium} is not set up on this server: see docs/notices.md.")
    channel = new.channel(uuid4().hex[:16], front.office.now())
    await notices.channels.keep(channel)
    secret = notices.post.secret(channel)
    return {**_seen(channel), **({"secret": secret} if secret else {})}


@router.patch("/channels/{channel_id}", response_model=None)
async def change(channel_id: str, edit: ChannelEdit, notices: TheNotices) -> dict[str, Any] | JSONResponse:
    """Other kinds, another language, other quiet hours (`null`: none)."""
    channel = await notices.one(channel_id)
    if channel is None:
        return _unknown(channel_id)
    changes = edit.model_dump(exclude_unset=True, by_alias=True)
    if "to" in changes and changes["to"] == _masked(channel):
        del changes["to"]
    try:
        changed = NewChannel.model_validate({**channel.as_json(), **changes}).channel(channel.id, channel.made)
    except ValidationError as invalid:
        return problem(
            422, "Not valid", "; ".join(each["msg"].removeprefix("Value error, ") for each in invalid.errors())
        )
    await notices.channels.keep(changed)
    return _seen(changed)


@router.delete("/channels/{channel_id}", status_code=204, response_model=None)
async def remove(channel_id: str, notices: TheNotices) -> Response:
    """With all that was on its way there."""
    return Response(status_code=204) if await notices.channels.remove(channel_id) else _unknown(channel_id)


@router.post("/channels/{channel_id}/try", response_model=None)
async def try_out(channel_id: str, notices: TheNotices) -> dict[str, Any] | JSONResponse:
    """Sends a trial at once. 502 tells why it did not arrive."""
    channel = await notices.one(channel_id)
    if channel is None:
        return _unknown(channel_id)
    try:
        await notices.post.try_out(channel)
    except NotSent as error:
        return problem(502, "It did not arrive", f"The other side: {error.what}.")
    return {"sent": True}


@router.get("")
async def letters(
    notices: TheNotices, state: LetterState | None = None, limit: Limit = 50, next: Cursor = None
) -> Listed:
    """Notices, newest first: `{id, channel, kind, call_id, seq, urgent, made, due, tries, state, settled, why}`."""
    return listed(await notices.channels.letters(state, limit, next))


@router.post("/{letter_id}/again", response_model=None)
async def again(letter_id: str, front: TheFront, notices: TheNotices) -> dict[str, Any] | JSONResponse:
    """Sends one anew that was given up."""
    if not await notices.channels.revive(letter_id, front.office.now()):
        return problem(409, "Not given up", f"There is no notice {letter_id!r} that was given up.")
    notices.post.look()
    return {"state": "waiting"}


def _seen(channel: Channel) -> dict[str, Any]:
    made = channel.made and spell_time(channel.made)
    return {"id": channel.id, **channel.as_json(), "to": _masked(channel), "made": made}


def _masked(channel: Channel) -> str:
    if channel.medium != "slack":
        return channel.to
    return f"{urlsplit(channel.to).scheme}://{urlsplit(channel.to).netloc}/…{channel.to[-4:]}"


def _web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    here = host in ("localhost", "127.0.0.1", "::1")
    clean = not re.search(r"[\s\x00-\x1f]", url) and parts.username is None
    return bool(host) and clean and (parts.scheme == "https" or (parts.scheme == "http" and here))


def _unknown(channel_id: str) -> JSONResponse:
    return problem(404, "No such channel", f"There is no channel {channel_id!r}.")
