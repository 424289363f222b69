"""Two servers with one set of records: a call that one answered is watched, guided and taken over at the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from calls.desk import Desk
from calls.switchboard import Switchboard
from calls.words import HandOff, Promise, Reason
from console.api import api_app
from console.api.front import Front
from console.api.health import Readiness
from console.door.forward import answers
from evals.house import free_port
from evals.postgres import database, found
from records import elsewhere
from records.store import open_records
from tests.console.conftest import House, SmallLibrary, nothing_to_open, served
from tests.doubles import MONDAY, ScriptedMind, office

pytestmark = pytest.mark.slow


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """PostgreSQL where it is installed, else a file that both servers open."""
    monkeypatch.setattr(elsewhere, "LOOK_S", 0.01)
    monkeypatch.setattr(elsewhere, "PROBE_S", 0.05)
    if found():
        return database(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path}/records.sqlite"


@asynccontextmanager
async def server(url: str, **parts: Any) -> AsyncGenerator[House]:
    """One of the servers, at an address of its own."""
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_records(url, held_by=where))
        desk = Desk()
        people = office(records=store, desk=desk, **parts)
        board = Switchboard(people, desk, 10)
        front = Front(people, board, desk, store, store.feed, SmallLibrary(), None, Readiness({}, {}))  # type: ignore[arg-type]
        app = api_app(nothing_to_open)
        app.state.front, app.state.porter.people, app.state.elsewhere = front, store.people, store.elsewhere
        assert store.elsewhere
        watching = [
            asyncio.ensure_future(store.elsewhere.keep_showing()),
            asyncio.ensure_future(
                store.elsewhere.keep_watch(
                    answers,
                    lambda dead: store.recover(
                        lambda row: (MONDAY, Promise("assistant", "llamar", id=f"owed-{row.id}")), dead
                    ),
                )
            ),
        ]
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=where))
        house = House(front, client, app)
        async with served(house, port=port):
            yield house
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def shown(house: House, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first event on the house's live feed that is wanted, from the beginning of the record."""
    async with asyncio.timeout(30), aclosing(house.front.feed.watch(0)) as feed:
        async for each in feed:
            if each and wanted(each.event):
                return each.event
    raise AssertionError("the feed ended")


async def test_a_call_of_one_server_is_watched_guided_and_taken_over_at_the_other(url: str) -> None:
    asks = ScriptedMind([[HandOff(Reason.ASKED_FOR_PERSON)], ["Muy bien."]])
    async with server(url, mind=asks) as a, server(url) as b:
        call = await a.dial(number="+34600111222")
        seen = asyncio.ensure_future(shown(b, lambda event: event["kind"] == "heard"))
        await a.hear(call, "Quiero hablar con una persona")
        assert (await seen)["text"] == "Quiero hablar con una persona"
        guided = await b.client.post(f"/api/calls/{call}/guidance", json={"text": "Es Luis", "by": "Marta"})
        assert guided.status_code == 200 and guided.json()["text"] == "Es Luis"
        (rings,) = (await b.client.get("/api/hand-offs?state=ringing")).json()["items"]
        accepted = await b.client.post(f"/api/hand-offs/{rings['id']}/accept")
        assert accepted.status_code == 200, accepted.text
        again = await b.client.post(f"/api/hand-offs/{rings['id']}/accept")
        assert again.status_code == 409, "two answers never both count"
        said = await b.client.post(f"/api/calls/{call}/say", json={"text": "Soy Marta", "by": "Marta"})
        assert said.status_code == 200
        assert (await b.client.post(f"/api/calls/{call}/hand-back", json={"by": "Marta"})).status_code == 200
        assert (await b.client.post(f"/api/calls/{call}/take-over", json={"by": "Marta"})).status_code == 200
        assert (await b.hear(call, "¿Hola?"))["open"], "whoever the load balancer asks"
        assert (await b.client.post(f"/api/calls/{call}/hang-up")).status_code == 200
        kinds = [event["kind"] for event in await b.events(call)]
        assert kinds.count("staff") >= 2 and (await a.client.get(f"/api/calls/{call}")).json()["state"] == "closed"


async def test_when_a_server_dies_the_other_sees_to_its_calls_and_to_no_others(url: str) -> None:
    async with server(url) as b:
        mine = await b.dial()
        async with server(url) as a:
            lost = await a.dial(number="+34600111222")
            await a.hear(lost, "Llamo por los planos")
        async with asyncio.timeout(30):
            while (await b.client.get(f"/api/calls/{lost}")).json()["state"] == "open":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await b.client.get(f"/api/calls/{lost}")).json()["state"] == "interrupted"
        assert [each["id"] for each in (await b.client.get("/api/promises")).json()["items"]] == [f"owed-{lost}"]
        assert (await b.client.get(f"/api/calls/{mine}")).json()["state"] == "open"


async def test_one_server_alone_does_what_is_done_once_and_another_takes_it_up(postgres: Any) -> None:
    url, led, changed = database(postgres), [], asyncio.Event()

    async def chore(name: str) -> None:
        led.append(name)
        changed.set()
        await asyncio.Event().wait()

    async with open_records(url) as a, open_records(url) as b:
        first = asyncio.ensure_future(a.while_leading(lambda: [chore("a")]))
        await changed.wait()
        second = asyncio.ensure_future(b.while_leading(lambda: [chore("b")]))
        await asyncio.sleep(0.1)
        assert led == ["a"]
        changed.clear()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        async with asyncio.timeout(30):
            await changed.wait()
        assert led == ["a", "b"]
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
