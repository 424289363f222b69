"""What the executive wants known or done: to read, write, approve, archive and restore."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field

from calls.versions import Status, Version
from calls.words import Audience, Language
from console.api.front import Front, TheFront
from console.api.life import give_life, page
from console.api.on_file import Edit, Named, row
from console.api.problems import PROBLEM
from console.api.shapes import Cursor, Listed

router = APIRouter(prefix="/api/preferences", tags=["preferences"], responses=PROBLEM)

Wording = dict[Language, str | None] | str | None


class PreferenceEdit(Edit):
    """A preference, or what is to change of one."""

    version: int = Field(ge=1, description="the version that was edited; 409 when there is a newer one")
    status: Status | None = None
    text: Wording = Field(None, description="`{es, en}`, or a text whose language is found out")
    audience: str | None = Field(None, description="anyone, known, trusted, inner or nobody")
    topic: str | None = Field(None, max_length=200)
    when: str | None = Field(None, description="when the rule applies, in plain words")
    do: str | None = Field(
        None, description="answer, take_message, promise_callback, put_through, redirect, decline, book"
    )
    say: Wording = Field(None, description="what to say then, word for word")
    valid: dict[str, str | None] | None = Field(None, description="`{from, until}`, days; either may be missing")
    callers: list[str] | None = Field(None, max_length=50, description="contacts (ids) whose calls alone it is for")


class NewPreference(PreferenceEdit):
    """A preference that is not yet on file."""

    version: int = Field(1, exclude=True)
    id: str | None = Field(None, max_length=100, pattern=r"^[^\s/?#]+$", description="made of its topic when left out")


@router.get("")
async def preferences(
    front: TheFront,
    q: Annotated[str, Query(max_length=200, description="words in its texts, id, topic or rule")] = "",
    status: Annotated[Status | None, Query(description="else all but the archived")] = None,
    audience: Audience | None = None,
    topic: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    next: Cursor = None,
) -> Listed:
    """Newest change first; those for `nobody` too: this is for the office, not for callers."""
    found = await front.study.found("preference", q, status=status, audience=audience and audience.value, topic=topic)
    return page(list(found), limit, next)


@router.post("", status_code=201)
async def write(new: NewPreference, front: TheFront, response: Response) -> dict[str, Any]:
    """A new preference, approved unless `status` says draft; heard on the next turn of calls in progress."""
    kept = await front.study.add("preference", new.data(), new.author, new.status or "approved")
    response.headers["Location"] = f"/api/preferences/{kept.id}"
    return await _with_conflicts(kept, front)


@router.put("/{id}")
async def edit(id: str, edited: PreferenceEdit, front: TheFront) -> dict[str, Any]:
    """Changes the fields that are sent; 409 with what the others changed when `version` is not the newest."""
    kept = await front.study.change("preference", id, edited.data(), edited.version, edited.author, edited.status)
    return await _with_conflicts(kept, front)


@router.post("/{id}/approve")
async def approve(id: str, front: TheFront, named: Annotated[Named | None, Body()] = None) -> dict[str, Any]:
    """From a draft, or from the archive, to what callers are told."""
    who = named or Named()
    kept = await front.study.set_status("preference", id, "approved", who.author, who.version)
    return await _with_conflicts(kept, front)


async def _with_conflicts(kept: Version, front: Front) -> dict[str, Any]:
    """With `conflicts`: those that answer the same caller differently, both texts, and which is `used` meanwhile."""
    conflicts = [
        {"id": each.other.id, "text": each.other.data["text"], "mine": kept.data["text"], "used": each.used}
        for each in await front.study.conflicts(kept)
    ]
    return {**row(kept), "conflicts": conflicts}


give_life(router, "/{id}", "preference")
