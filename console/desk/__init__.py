"""The assistant's desk: `/desk` shows every open call and what is owed, `/desk/calls` finds any call there was.

`/desk/day` tells how the day went, `/desk/notices` who is told of what.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from console.look import Pages, Reader

_PAGES = Pages(Path(__file__).parent)
router = APIRouter(include_in_schema=False)


@router.get("/desk")
async def desk(language: Reader) -> Response:
    """All open calls, what rings, and the inbox."""
    return _PAGES.page("desk", "/desk", language)


@router.get("/desk/calls")
async def calls(language: Reader) -> Response:
    """Finding a call, and the whole record of it."""
    return _PAGES.page("calls", "/desk/calls", language)


@router.get("/desk/day")
async def day(language: Reader) -> Response:
    """The day at a glance."""
    return _PAGES.page("day", "/desk/day", language)


@router.get("/desk/notices")
async def notices(language: Reader) -> Response:
    """Who is told of what while nobody looks at the desk."""
    return _PAGES.page("notices", "/desk/notices", language)


@router.get("/desk/{name}")
async def file(name: str) -> Response:
    """A script or style sheet of the pages."""
    return _PAGES.file(name)
