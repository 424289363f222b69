"""`/docs`: what the API offers, on one page without any script."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from console.door.rights import needed

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>API · Antesala</title>
  <link rel="stylesheet" href="/door/door.css"><link rel="icon" href="data:,">
</head>
<body>
  <header><a class="brand" href="/">Antesala</a></header>
  <main class="wide">
    <h1>API</h1>
    <p>{{ about }} The whole description is <a href="/openapi.json">openapi.json</a>.</p>
    {% for path, method, role, told in routes %}
    <h2><code>{{ method }} {{ path }}</code></h2>
    <p>{{ told }} <em>{{ role }}</em></p>
    {% endfor %}
  </main>
</body>
</html>
""")


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every route with the role that it needs."""
    described = request.app.openapi()
    about = described["info"]["description"]
    page = _PAGE.render(about=about, routes=[each for path in described["paths"].items() for each in _told(*path)])
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _told(path: str, methods: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (path, method.upper(), needed(method.upper(), path) or "everybody", route.get("description", ""))
        for method, route in methods.items()
    ]
