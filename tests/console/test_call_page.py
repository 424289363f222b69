"""The page `/call`: its words, its files, and the tickets that let it call."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI

from calls.words import LANGUAGES
from console import call as call_page
from console.door.guard import Guard
from console.door.porter import Porter
from console.look import KINDS

TOKEN = "k9-4f-a-long-one"


def page_at(token: str | None = None, base: str = "http://localhost") -> httpx.AsyncClient:
    issued = iter(f"ticket-{n}" for n in range(100))
    app = FastAPI()
    app.include_router(call_page.router(lambda: next(issued)))
    app.add_middleware(Guard, porter=Porter(token))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)


@pytest.fixture
async def web() -> AsyncGenerator[httpx.AsyncClient]:
    async with page_at() as client:
        yield client


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("", "", "en"),
        ("?lang=es", "en", "es"),
        ("?lang=en", "es-ES", "en"),
        ("?lang=fr", "es-ES,es;q=0.9", "es"),
        ("", "es-ES,es;q=0.9,en;q=0.8", "es"),
        ("", "de-DE,en;q=0.7,es;q=0.5", "en"),
        ("", "fr, de", "en"),
        ("?lang=<script>", ";;;,", "en"),
    ],
)
async def test_the_page_speaks_the_language_of_its_reader(web: httpx.AsyncClient, wanted, accepted, language):
    page = await web.get(f"/call{wanted}", headers={"Accept-Language": accepted})
    assert page.status_code == 200 and f'<html lang="{language}">' in page.text
    assert "<script>" not in page.text, "nothing runs that is not a file of ours"


async def test_nothing_from_elsewhere_runs_on_the_page(web: httpx.AsyncClient):
    page = await web.get("/call")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert (
        not re.search(r'(src|href)="https?:', page.text) and "style=" not in page.text and "onclick=" not in page.text
    )


async def test_its_files_are_there_and_no_others(web: httpx.AsyncClient):
    page = (await web.get("/call")).text
    for name in {"sound.js", *re.findall(r'"/call/([\w.]+)"', page)}:
        file = await web.get(f"/call/{name}")
        assert file.status_code == 200 and file.headers["content-type"].startswith(KINDS[Path(name).suffix])
    for name in ("words.yaml", "__init__.py", "page.html", "..%2f__init__.py", "%2e%2e/api"):
        assert (await web.get(f"/call/{name}")).status_code == 404


def test_every_word_is_there_in_both_languages_and_used():
    words = yaml.safe_load((call_page.HERE / "words.yaml").read_text())
    assert set(words) == set(LANGUAGES)
    assert list(words["es"]) == list(words["en"])
    assert all(text and text == text.strip() for texts in words.values() for text in texts.values())
    source = "".join((call_page.HERE / name).read_text() for name in ("page.html", "call.js"))
    used = set(re.findall(r"words\.(\w+)", source)) | {"receptionist", "you"}
    assert used == set(words["en"])


async def test_each_call_gets_a_ticket_of_its_own(web: httpx.AsyncClient):
    first, second = [await web.post("/api/call-tickets") for _ in range(2)]
    assert first.status_code == 201 and first.json() == {"ticket": "ticket-0", "path": "/lines/browser"}
    assert second.json()["ticket"] == "ticket-1"


async def test_a_ticket_needs_the_token_where_there_is_one_but_the_page_is_public():
    async with page_at(TOKEN) as web:
        assert (await web.get("/call")).status_code == 200
        assert (await web.post("/api/call-tickets")).status_code == 401
        allowed = {"Authorization": f"Bearer {TOKEN}"}
        assert (await web.post("/api/call-tickets", headers=allowed)).status_code == 201


async def test_without_a_token_tickets_are_for_this_machine_only():
    async with page_at(base="http://tunnel.example") as web:
        assert (await web.post("/api/call-tickets")).status_code == 403
    async with page_at() as web:
        assert (await web.post("/api/call-tickets", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
