"""The assistant's desk: every open call and what is owed, any call there was, the day, and who is told of what.

A page is one entry of PAGES, its template ``NAME.html`` (which extends ``base.html``), its script ``NAME.js`` and, for
words of its own, ``NAME.yaml``.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from console.look import Pages, Reader

PAGES = {"": "desk", "calls": "calls", "day": "day", "notices": "notices"}
"""The pages by what follows ``/desk/`` in their address."""
_PAGES = Pages(Path(__file__).parent)

router = APIRouter(include_in_schema=False)


@router.get("/desk")
@router.get("/desk/{name}")
async def page(language: Reader, name: str = "") -> Response:
    """A page, or a script or style sheet of the pages."""
    if name not in PAGES:
        return _PAGES.file(name)
    return _PAGES.page(PAGES[name], f"/desk/{name}".rstrip("/"), language)
