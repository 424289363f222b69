"""The routes that everything on file has: its versions, going back to one, undoing the last change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from calls.people import in_person
from calls.versions import Kind, Version
from console.api.front import Front, TheFront
from console.api.on_file import SOMEBODY, Author, Named, Restored, row, told
from console.api.shapes import Cursor, Listed

Who = Annotated[Author, Query(description="who does it")]


def page(found: list[Version], limit: int, after: int | None) -> Listed:
    """One page of what was found, newest change first."""
    rest = [each for each in found if after is None or each.cursor < after]
    shown = rest[:limit]
    return Listed(items=[row(each) for each in shown], next=str(shown[-1].cursor) if len(rest) > limit else None)


async def history(front: Front, kind: Kind, id: str) -> Listed:
    """Every version with what it changed, newest first."""
    kept = await front.study.history(kind, id)
    return Listed(items=[{**row(each), "changes": told(changes)} for each, changes in kept], next=None)


def give_life(router: APIRouter, path: str, kind: Kind) -> None:
    """Adds the routes under `path`, whose ``{id}`` names one."""

    @router.get(path)
    async def one(id: str, front: TheFront) -> dict[str, Any]:
        """As it is now, archived or not."""
        return row(front.study.one(kind, id))

    @router.delete(path)
    async def archive(
        id: str, front: TheFront, version: Annotated[int | None, Query(ge=1)] = None, author: Who = SOMEBODY
    ) -> dict[str, Any]:
        """Archives it: callers hear no more of it, its versions stay. `version`: 409 when there is a newer one."""
        return row(await front.study.set_status(kind, id, "archived", in_person(author), version))

    @router.get(f"{path}/versions")
    async def versions(id: str, front: TheFront, next: Cursor = None) -> Listed:
        """Every version, newest first, each with its `changes`: `{field, before, after}`."""
        return await history(front, kind, id)

    @router.post(f"{path}/restore")
    async def restore(id: str, wanted: Restored, front: TheFront) -> dict[str, Any]:
        """What an earlier version said, as a new version."""
        return row(await front.study.restore(kind, id, wanted.version, wanted.author))

    @router.post(f"{path}/undo")
    async def undo(id: str, front: TheFront, named: Annotated[Named | None, Body()] = None) -> dict[str, Any]:
        """Takes the last change back; something new is archived."""
        return row(await front.study.undo(kind, id, (named or Named()).author))
