"""Every route and WebSocket of the served app: none answers without the right role."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from calls.people import Role, Token
from console.api.meters import Meters
from console.door.rights import REST, needed, rule
from console.door.secret import key_of
from records.store import open_records
from server import create_app
from settings import Settings

PUBLIC = {
    "/", "/login", "/setup", "/logout", "/healthz", "/readyz", "/openapi.json", "/docs", "/call", "/call/{name}",
    "/desk/seat",
}  # fmt: skip
"""Pages that tell nothing of the office, and a door with tickets of its own."""
LINES = "/lines/"
"""Carriers' doors have their signatures and tickets; tests/lines tries them."""
FILES = re.compile(r"/(desk|study|look|door)/(\{name\}|[\w-]+\.\w+)")


def routes(parent: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """(path, methods) of everything that answers; a WebSocket has the method WEBSOCKET."""
    for route in parent.routes:
        if inner := getattr(route, "original_router", None):
            yield from routes(inner)
        elif methods := getattr(route, "methods", None):
            yield route.path, frozenset(methods)
        else:
            yield route.path, frozenset({"WEBSOCKET"})


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[tuple[FastAPI, httpx.AsyncClient]]:
    """The app as it is served, its engines left out: who is not let in needs none. A token for every role."""
    app = create_app(Settings(data=tmp_path, token=SecretStr("the-set-one-7f")))
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        app.state.porter.people, app.state.front = store.people, SimpleNamespace(meters=Meters())
        for role in Role:
            await store.people.add_token(Token(role.value, role.value, role, key_of(role.value), datetime.now(UTC)))
        door = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=door, base_url="http://localhost") as client:
            yield app, client


async def test_every_route_is_in_the_table_and_refuses_whoever_has_not_its_role(
    served: tuple[FastAPI, httpx.AsyncClient],
) -> None:
    app, client = served
    looked_at = 0
    for path, methods in routes(app):
        example = re.sub(r"\{[^}]+\}", "x1", path)
        if FILES.fullmatch(path):
            continue
        assert rule(example) is not REST, f"{path} is not in console/door/rights.py"
        for method in methods - {"HEAD", "WEBSOCKET"}:
            role = needed(method, example)
            if role is None:
                assert path in PUBLIC or path.startswith(LINES), f"{method} {path} answers everybody"
                continue
            looked_at += 1
            refused = await client.request(method, example)
            assert refused.status_code in (401, 303), f"{method} {path} answers without a role"
            for less in Role:
                if not less.may(role):
                    sent = {"Authorization": f"Bearer {less.value}"}
                    refused = await client.request(method, example, headers=sent)
                    assert refused.status_code == 403, f"{method} {path} answers a mere {less.value}"
    assert looked_at > 40


async def test_every_websocket_refuses_pages_of_other_sites(served: tuple[FastAPI, httpx.AsyncClient]) -> None:
    app, _ = served
    sockets = [path for path, methods in routes(app) if methods == {"WEBSOCKET"}]
    assert len(sockets) >= 3
    for path in sockets:
        assert path in PUBLIC or path.startswith(LINES) or needed("GET", path) is not None
        assert await closed_with(app, path, b"https://evil.example") == 1008


async def closed_with(app: FastAPI, path: str, origin: bytes) -> int | None:
    """The code with which a WebSocket from a page at `origin` is turned away; None if it is let in."""
    codes: list[int | None] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        codes.append(message.get("code"))

    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "ws",
        "headers": [(b"host", b"localhost"), (b"origin", origin)], "client": ("127.0.0.1", 1), "subprotocols": [],
    }  # fmt: skip
    await app(scope, receive, send)
    return codes[0]


def test_what_is_not_in_the_table_is_for_admins() -> None:
    assert needed("GET", "/something/new") is Role.ADMIN
    assert needed("POST", "/api/something/new") is Role.ASSISTANT
    assert needed("PUT", "/api/preferences/press") is Role.EXECUTIVE
