"""The page `/call`: the browser as a telephone, with live captions. Public; a call needs a ticket from the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader

from calls.words import LANGUAGES, Language

HERE = Path(__file__).parent
FILES = {"call.js": "text/javascript", "sound.js": "text/javascript", "call.css": "text/css"}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"


@cache
def words() -> dict[Language, dict[str, str]]:
    """Every word of the page, by language."""
    catalogue: dict[Language, dict[str, str]] = yaml.safe_load((HERE / "words.yaml").read_text())
    return catalogue


def router(issue: Callable[[], str]) -> APIRouter:
    """The page, its files, and the tickets; `issue` makes a ticket for one call."""
    pages = APIRouter()
    template = Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template("page.html")

    @pages.get("/call", include_in_schema=False)
    async def page(lang: str | None = None, accept_language: Annotated[str, Header()] = "") -> Response:
        language = _language(lang, accept_language)
        text = template.render(language=language, words=words()[language], other=_other(language))
        return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})

    @pages.get("/call/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        if name not in FILES:
            return Response(status_code=404)
        return FileResponse(HERE / name, media_type=FILES[name], headers={"Cache-Control": "no-cache"})

    @pages.post("/api/call-tickets", status_code=201, tags=["lines"], summary="A ticket for one call from a browser")
    async def ticket() -> dict[str, Any]:
        return {"ticket": issue(), "path": "/lines/browser"}

    return pages


def _language(wanted: str | None, accepted: str) -> Language:
    """The one asked for, else the browser's first that we speak, else English."""
    for each in [wanted or "", *(part.strip()[:2].lower() for part in accepted.split(","))]:
        for language in LANGUAGES:
            if each == language:
                return language
    return "en"


def _other(language: Language) -> Language:
    return next(each for each in LANGUAGES if each != language)
