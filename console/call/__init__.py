"""The page `/call`: the browser as a telephone, with live captions. Public; a call needs a ticket from the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from console.look import Pages, Reader

HERE = Path(__file__).parent
_PAGES = Pages(HERE)


def router(issue: Callable[[], str]) -> APIRouter:
    """The page, its files, and the tickets; `issue` makes a ticket for one call."""
    pages = APIRouter()

    @pages.get("/call", include_in_schema=False)
    async def page(language: Reader) -> Response:
        return _PAGES.page("page", "/call", language)

    @pages.get("/call/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return _PAGES.file(name)

    @pages.post("/api/call-tickets", status_code=201, tags=["lines"], summary="A ticket for one call from a browser")
    async def ticket() -> dict[str, Any]:
        return {"ticket": issue(), "path": "/lines/browser"}

    return pages
