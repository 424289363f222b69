"""The first page: what this is and where to go. It tells nothing about the office."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_WORDS = {
    "es": (
        "Antesala",
        "Contesta el teléfono de su despacho.",
        "Llamar desde el navegador",
        "La mesa: las llamadas en curso",
        "La API",
    ),
    "en": (
        "Antesala",
        "It answers your office's phone.",
        "Call from the browser",
        "The desk: calls in progress",
        "The API",
    ),
}
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>body{{font:1.1rem/1.6 system-ui;max-width:32rem;margin:18vh auto;padding:0 1rem;color-scheme:light dark}}</style>
<h1>{name}</h1><p>{what}</p>
<ul><li><a href="/call">{call}</a></li><li><a href="/desk">{desk}</a></li><li><a href="/docs">{api}</a></li></ul>
</html>
"""


@router.get("/", response_class=HTMLResponse)
async def index(accept_language: Annotated[str, Header()] = "") -> str:
    """In the browser's language, as far as it is Spanish or English."""
    wanted = [each.strip()[:2].lower() for each in accept_language.split(",")]
    language = next((each for each in wanted if each in _WORDS), "en")
    name, what, call, desk, api = _WORDS[language]
    return _PAGE.format(language=language, name=name, what=what, call=call, desk=desk, api=api)
