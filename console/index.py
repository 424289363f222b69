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
        "El estudio: lo que se puede saber",
        "La API",
        "Entrar o salir",
    ),
    "en": (
        "Antesala",
        "It answers your office's phone.",
        "Call from the browser",
        "The desk: calls in progress",
        "The study: what may be known",
        "The API",
        "Sign in or out",
    ),
}
_PLACES = ("/call", "/desk", "/study", "/docs", "/login")
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{name}</title>
  <link rel="stylesheet" href="/door/door.css"><link rel="icon" href="data:,">
</head>
<body><main><h1>{name}</h1><p>{what}</p><ul>{places}</ul></main></body>
</html>
"""


@router.get("/")
async def index(accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
    """In the browser's language, as far as it is Spanish or English."""
    wanted = [each.strip()[:2].lower() for each in accept_language.split(",")]
    language = next((each for each in wanted if each in _WORDS), "en")
    name, what, *told = _WORDS[language]
    links = zip(_PLACES, told, strict=True)
    places = "".join(f'<li><a href="{place}">{text}</a></li>' for place, text in links)
    page = _PAGE.format(language=language, name=name, what=what, places=places)
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})
