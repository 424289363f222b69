"""The desk by the Model Context Protocol: the official client, the same reads and acts, the same roles."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from calls.people import Role, Token
from calls.words import HandOff, Message, Promise, Reason
from console.door.secret import key_of, new_secret
from console.mcp import mcp_open
from records.store import Store
from tests.console.conftest import House, OpenHouse, TheStudy, served
from tests.doubles import MONDAY, ScriptedMind

TOKEN = "a-long-and-secret-key"
OWED: list[object] = [
    Message("La propuesta", "Luis Prieto"),
    Promise("assistant", "llamarle", MONDAY + timedelta(hours=4)),
    "Anotado.",
]


@asynccontextmanager
async def client_of(house: House, token: str | None = None) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        mcp_open(house.app),
        served(house) as base,
        httpx2.AsyncClient(headers=headers) as web,
        Client(streamable_http_client(f"{base}/mcp", http_client=web)) as client,
    ):
        yield client


async def told(client: Client, tool: str, **given: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, given)
    assert not result.is_error, result
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refused(client: Client, tool: str, **given: Any) -> str:
    result = await client.call_tool(tool, given)
    assert result.is_error
    return str(result.content[0])


async def test_an_ai_tool_reads_and_acts_as_the_desk_does(open_house: OpenHouse) -> None:
    ring: list[object] = [HandOff(Reason.ASKED_FOR_PERSON), "Un momento."]
    mind = ScriptedMind([OWED, ring])
    house = await open_house(mind=mind)
    async with client_of(house) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"find_calls", "read_call", "list_promises", "guide", "say", "put_through", "hang_up"} <= names
        call_id = await house.dial(name="Luis Prieto")
        await house.hear(call_id, "Dígale que me llame por la propuesta")
        (found,) = (await told(client, "find_calls", q="propuesta", open=True))["items"]
        assert found["id"] == call_id
        assert (await told(client, "read_call", call_id=call_id))["summary"]
        (promise,) = (await told(client, "list_promises"))["items"]
        kept = await told(client, "change_promise", promise_id=promise["id"], state="kept", version=1)
        assert (kept["state"], kept["version"]) == ("kept", 2)
        late = await refused(client, "change_promise", promise_id=promise["id"], owner="executive", version=1)
        assert "Changed meanwhile" in late
        (message,) = (await told(client, "list_messages"))["items"]
        assert (await told(client, "change_message", message_id=message["id"], state="done"))["state"] == "done"
        await told(client, "guide", call_id=call_id, text="Ofrézcale el martes", by="Marta")
        await house.hear(call_id, "Quiero hablar con una persona")
        assert mind.scenes[-1].guidance == ("Ofrézcale el martes",)
        (rings,) = (await told(client, "list_hand_offs"))["items"]
        answered = await told(client, "answer_hand_off", hand_off_id=rings["id"], answer="decline")
        assert answered["state"] == "resumed"
        assert (await told(client, "say", call_id=call_id, text="Ahora le llamamos."))["said"] == ["Ahora le llamamos."]
        assert (await told(client, "day_at_a_glance", since="2026-11-23"))["calls"] == 1
        assert (await told(client, "take_over", call_id=call_id, by="Marta"))["action"] == "take_over"
        assert (await told(client, "hand_back", call_id=call_id))["action"] == "hand_back"
        assert (await told(client, "hang_up", call_id=call_id))["state"] == "closed"
        right = "Dígale que me llame por la apuesta"
        assert (await told(client, "correct_line", call_id=call_id, of=2, text=right))["text"] == right
        assert "over" in await refused(client, "say", call_id=call_id, text="¿Oiga?")
        assert "No such call" in await refused(client, "read_call", call_id="nobody")
        assert "pattern" in await refused(client, "read_call", call_id="../accounts")
        assert "5000" in await refused(client, "say", call_id=call_id, text="a" * 100_000)


async def test_the_token_opens_it_and_nothing_else_does(open_house: OpenHouse) -> None:
    house = await open_house(token=TOKEN)
    async with client_of(house, TOKEN) as client:
        assert (await told(client, "find_calls"))["items"] == []
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            answer = await house.client.post("/mcp", json={}, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_a_viewer_reads_and_does_not_act(open_house: OpenHouse) -> None:
    house = await open_house(token=TOKEN)
    key = await key_for(house, Role.VIEWER)
    house.client.headers["Authorization"] = f"Bearer {TOKEN}"
    call_id = await house.dial()
    async with client_of(house, key) as client:
        assert len((await told(client, "find_calls"))["items"]) == 1
        assert "needs the role assistant" in await refused(client, "say", call_id=call_id, text="Hola")


async def test_an_assistant_acts_and_does_not_read_what_is_the_executive_s(open_house: OpenHouse) -> None:
    house = await open_house(token=TOKEN)
    key = await key_for(house, Role.ASSISTANT)
    house.client.headers["Authorization"] = f"Bearer {TOKEN}"
    call_id = await house.dial()
    async with client_of(house, key) as client:
        assert (await told(client, "say", call_id=call_id, text="Ahora mismo."))["said"] == ["Ahora mismo."]
        assert "needs the role executive" in await refused(client, "read_digest")


async def test_what_a_caller_would_be_told_can_be_asked(study: TheStudy) -> None:
    async with client_of(study.house) as client:
        answer = await told(client, "what_callers_hear", question="¿A qué hora abren?", circle="anyone")
        assert answer["said"] and answer["preferences"]


async def key_for(house: House, role: Role) -> str:
    """A token of that role, as an admin gives it out."""
    store = house.front.archive
    assert isinstance(store, Store)
    secret = new_secret()
    await store.people.add_token(Token(f"t-{role}", f"ai {role}", role, key_of(secret), MONDAY))
    return secret


async def test_a_page_of_another_site_cannot_reach_it_through_the_browser(house: House) -> None:
    async with mcp_open(house.app):
        door = httpx.ASGITransport(house.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=door, base_url="http://evil.example") as web:
            assert (await web.post("/mcp", json={})).status_code == 403
        answer = await house.client.post("/mcp", json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
