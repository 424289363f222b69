"""The assistant's desk: `/desk` shows every open call and what is owed, `/desk/calls` finds any call there was.

The pages carry no data; everything comes from the API, so whoever may not use the API sees an empty page and the
question for the key.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader

from calls.words import LANGUAGES, Language

HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css"}
FILES = {file.name: KINDS[file.suffix] for file in HERE.iterdir() if file.suffix in KINDS}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@cache
def words() -> dict[Language, dict[str, str]]:
    """Every word of the pages, by language."""
    catalogue: dict[Language, dict[str, str]] = yaml.safe_load((HERE / "words.yaml").read_text())
    return catalogue


@router.get("/desk")
async def desk(lang: str | None = None, accept_language: Annotated[str, Header()] = "") -> Response:
    """All open calls, what rings, and the inbox."""
    return _page("desk", "/desk", _language(lang, accept_language))


@router.get("/desk/calls")
async def calls(lang: str | None = None, accept_language: Annotated[str, Header()] = "") -> Response:
    """Finding a call, and the whole record of it."""
    return _page("calls", "/desk/calls", _language(lang, accept_language))


@router.get("/desk/{name}")
async def file(name: str) -> Response:
    """A script or style sheet of the pages."""
    if name not in FILES:
        return Response(status_code=404)
    return FileResponse(HERE / name, media_type=FILES[name], headers={"Cache-Control": "no-cache"})


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True)


def _page(name: str, path: str, language: Language) -> Response:
    other = next(each for each in LANGUAGES if each != language)
    text = (
        _templates()
        .get_template(f"{name}.html")
        .render(language=language, other=other, words=words()[language], path=path)
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


def _language(wanted: str | None, accepted: str) -> Language:
    """The one asked for, else the browser's first that we speak, else English."""
    for each in [wanted or "", *(part.strip()[:2].lower() for part in accepted.split(","))]:
        for language in LANGUAGES:
            if each == language:
                return language
    return "en"
