"""The front of a house of doubles with real records, and a client that speaks to it over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI

from calls.desk import Desk
from calls.ports import Act
from calls.switchboard import Switchboard
from calls.words import Preference, Scene, Sentence
from console.api import api_app
from console.api.front import Front
from console.api.health import Readiness
from house import now
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from records.store import open_records
from tests.doubles import office
from tests.knowledge.quick import WordEncoder, write_office


@dataclass
class SmallLibrary:
    preferences: Sequence[Preference] = ()


@dataclass
class House:
    """A front, and a client at its door."""

    front: Front
    client: httpx.AsyncClient
    app: FastAPI

    async def dial(self, **caller: Any) -> str:
        """Opens a text call; returns its id."""
        answer = await self.client.post("/api/calls", json={"line": "text", **caller})
        assert answer.status_code == 201, answer.text
        call_id: str = answer.json()["id"]
        return call_id

    async def hear(self, call_id: str, text: str, **more: Any) -> dict[str, Any]:
        """The caller says `text`; returns the answer."""
        answer = await self.client.post(f"/api/calls/{call_id}/utterances", json={"text": text, **more})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def events(self, call_id: str) -> list[dict[str, Any]]:
        """What is on record of the call."""
        events: list[dict[str, Any]] = (await self.client.get(f"/api/calls/{call_id}")).json()["events"]
        return events


OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncGenerator[OpenHouse]:
    """Opens a house: `open_house(token=..., most=..., library=..., study=..., readiness=..., mind=..., ...)`."""
    async with AsyncExitStack() as stack:

        async def opened(
            token: str | None = None,
            most: int = 10,
            library: SmallLibrary | None = None,
            readiness: Readiness | None = None,
            study: Any = None,
            **parts: Any,
        ) -> House:
            store = await stack.enter_async_context(open_records(f"sqlite:///{tmp_path}/records.sqlite"))
            desk = Desk()
            people = office(records=store, desk=desk, **parts)
            switchboard = Switchboard(people, desk, most)
            stack.push_async_callback(switchboard.close)
            library, readiness = library or SmallLibrary(), readiness or Readiness({}, {})
            front = Front(people, switchboard, desk, store, store.feed, library, study, readiness)
            app = api_app(nothing_to_open, token)
            app.state.front, app.state.porter.people = front, store.people
            door = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = await stack.enter_async_context(httpx.AsyncClient(transport=door, base_url="http://localhost"))
            return House(front, client, app)

        yield opened


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


class ReadingMind:
    """Reads out the best of what it was given."""

    async def propose(self, scene: Scene, act: Act) -> AsyncGenerator[Sentence]:
        for match in scene.recall.matches[:1]:
            yield Sentence(*match.preference.wording(scene.language))


class TheStudy:
    """A house whose knowledge, study and records are real."""

    def __init__(self, house: House, knowledge: OfficeKnowledge):
        self.house, self.knowledge = house, knowledge

    async def ask(self, method: str, path: str, code: int = 200, /, **body: Any) -> Any:
        answer = await self.house.client.request(method, f"/api/{path}", json=body or None)
        assert answer.status_code == code, answer.text
        if code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)


@pytest.fixture
async def study(open_house: OpenHouse, tmp_path: Path) -> AsyncGenerator[TheStudy]:
    async with open_records(f"sqlite:///{tmp_path}/files.sqlite") as store:
        office = write_office(tmp_path / "office")
        knowledge = await open_knowledge(office, tmp_path, store.versions, [(WordEncoder(), 1.0)])
        house = await open_house(
            knowledge=knowledge,
            library=knowledge,
            study=Study(store.versions, knowledge, now),
            mind=ReadingMind(),
        )
        yield TheStudy(house, knowledge)
        await knowledge.close()


@asynccontextmanager
async def served(house: House, *pages: APIRouter, port: int = 0) -> AsyncGenerator[str]:
    """The house with these pages, at a real address."""
    for each in pages:
        house.app.include_router(each)
    server = uvicorn.Server(uvicorn.Config(house.app, port=port, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        house.front.feed.close()
        server.should_exit = True
        await serving


@asynccontextmanager
async def nothing_to_open(app: FastAPI) -> AsyncGenerator[None]:
    yield
