"""The live feed, over a real connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from calls.people import Role, Token
from console.api import live
from console.door.secret import key_of, new_secret
from tests.console.conftest import House, OpenHouse, served
from tests.doubles import MONDAY

Heard = tuple[str | None, dict[str, Any]]


@pytest.fixture
async def address(house: House) -> AsyncGenerator[str]:
    server = uvicorn.Server(uvicorn.Config(house.app, port=0, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    house.front.feed.close()
    server.should_exit = True
    await serving


@asynccontextmanager
async def watching(address: str, **headers: str) -> AsyncIterator[AsyncGenerator[Heard]]:
    """What the feed says, from the moment that it has begun."""
    async with (
        httpx.AsyncClient(base_url=address) as client,
        client.stream("GET", "/api/live", headers=headers) as feed,
    ):
        assert feed.headers["content-type"].startswith("text/event-stream")
        lines = feed.aiter_lines()
        assert await anext(lines) == ":"
        async with aclosing(_messages(lines)) as messages:
            yield messages


async def _messages(lines: AsyncIterator[str]) -> AsyncGenerator[Heard]:
    cursor = None
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            cursor = value
        if name == "data":
            yield cursor, json.loads(value)
            cursor = None


async def test_every_event_is_seen_as_it_happens(house: House, address: str) -> None:
    async with watching(address) as feed:
        call_id = await house.dial()
        await house.hear(call_id, "Hola")
        seen = [await anext(feed) for _ in range(4)]
    assert [(event["call_id"], event["seq"], event["kind"]) for _, event in seen] == [
        (call_id, 1, "greeted"), (call_id, 2, "heard"), (call_id, 3, "recalled"), (call_id, 4, "said"),
    ]  # fmt: skip
    assert len({cursor for cursor, _ in seen}) == 4


async def test_a_lost_connection_is_resumed(house: House, address: str) -> None:
    async with watching(address) as feed:
        first, second = await house.dial(), await house.dial()
        last, _ = await anext(feed)
    await house.hear(first, "Hola")
    async with watching(address, **{"Last-Event-ID": last or ""}) as feed:
        await house.hear(second, "Buenas")
        seen = [(await anext(feed))[1] for _ in range(7)]
    assert [(event["call_id"], event["seq"]) for event in seen] == [
        (second, 1), (first, 2), (first, 3), (first, 4), (second, 2), (second, 3), (second, 4),
    ]  # fmt: skip


async def test_partial_words_pass_without_an_id(house: House, address: str) -> None:
    call_id = await house.dial()
    call = house.front.switchboard.find(call_id)
    assert call
    async with watching(address) as feed:
        call.overhear("Quería hab", "es")
        cursor, event = await anext(feed)
    assert cursor is None
    assert event["kind"] == "partial" and event["text"] == "Quería hab"


async def test_a_cursor_that_is_none_is_a_problem(house: House) -> None:
    for cursor in ("yesterday", "-1", str(10**30)):
        answer = await house.client.get("/api/live", headers={"Last-Event-ID": cursor})
        assert answer.status_code == 422


async def test_whoever_may_no_longer_watch_sees_no_more(open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who signs out, or whose key is taken back, while the page stays open."""
    monkeypatch.setattr(live, "ASKED_AGAIN_S", 0.0)
    house = await open_house(token="a-long-and-secret-key")
    people, secret = house.front.archive.people, new_secret()  # type: ignore[attr-defined]
    await people.add_token(Token("t1", "screen", Role.VIEWER, key_of(secret), MONDAY))
    house.client.headers["Authorization"] = "Bearer a-long-and-secret-key"
    async with served(house) as base, watching(base, Authorization=f"Bearer {secret}") as feed:
        call_id = await house.dial()
        assert (await anext(feed))[1]["call_id"] == call_id
        await people.revoke("t1")
        await house.hear(call_id, "Esto ya no es para usted")
        assert [event async for event in feed] == []
