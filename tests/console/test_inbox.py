"""What is owed, over HTTP: settled, snoozed, moved, given to somebody else, and warned of in time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from calls.owed import Watchman
from calls.words import Message, Promise
from records.store import Store
from tests.console.conftest import House, OpenHouse
from tests.doubles import MONDAY, ScriptedMind

OWED: list[object] = [
    Message("La propuesta del martes", "Luis Prieto"),
    Promise("assistant", "devolverle la llamada", MONDAY + timedelta(hours=4), "le llamamos hoy"),
    "Anotado.",
]


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    house = await open_house(mind=ScriptedMind([OWED]))
    await house.hear(await house.dial(name="Luis Prieto", number="+34600111222"), "Dígale que me llame")
    return house


async def only(house: House, what: str, **asked: str) -> dict[str, Any]:
    (item,) = (await house.client.get(f"/api/{what}", params=asked)).json()["items"]
    return dict(item)


async def test_a_message_is_done_snoozed_and_given_away(house: House) -> None:
    message = await only(house, "messages", state="open")
    assert (message["owner"], message["caller"]["name"], message["version"]) == ("assistant", "Luis Prieto", 1)
    until = (MONDAY + timedelta(hours=1)).isoformat()
    for change in ({"snoozed_until": until}, {"owner": "executive"}, {"state": "done"}):
        told = await house.client.patch(f"/api/messages/{message['id']}", json=change)
        assert told.status_code == 200
    told = told.json()
    assert (told["owner"], told["state"], told["version"]) == ("executive", "done", 4)
    assert (await house.client.get("/api/messages?state=open")).json()["items"] == []


async def test_who_changes_what_somebody_else_changed_is_told_how_it_stands(house: House) -> None:
    promise = await only(house, "promises")
    url = f"/api/promises/{promise['id']}"
    assert (await house.client.patch(url, json={"version": 1, "owner": "executive"})).status_code == 200
    late = await house.client.patch(url, json={"version": 1, "state": "kept"})
    assert (late.status_code, late.json()["now"]["owner"]) == (409, "executive")
    assert (await only(house, "promises"))["state"] == "open"


@pytest.mark.parametrize(
    ("what", "change", "status"),
    [
        ("promises", {"due": "2020-01-01T00:00:00Z"}, 422),
        ("promises", {"due": "2026-11-23T12:00:00"}, 422),
        ("promises", {"state": "done"}, 422),
        ("messages", {"owner": "nobody"}, 422),
        ("messages", {"reason": "other words"}, 422),
    ],
)
async def test_what_makes_no_sense_changes_nothing(house: House, what: str, change: Any, status: int) -> None:
    item = await only(house, what)
    assert (await house.client.patch(f"/api/{what}/{item['id']}", json=change)).status_code == status
    assert await only(house, what) == item


async def test_what_nobody_knows_is_404(house: House) -> None:
    for what in ("messages", "promises"):
        assert (await house.client.patch(f"/api/{what}/x", json={"owner": "assistant"})).status_code == 404


@pytest.mark.virtual_time
async def test_at_three_quarters_of_its_time_its_owner_is_warned_and_a_note_is_drafted(house: House) -> None:
    store = house.front.archive
    assert isinstance(store, Store)
    watchman = Watchman(store, house.front.office.now)
    store.on_promise = watchman.look
    watch = asyncio.create_task(watchman.keep_watch())
    promise = await only(house, "promises")
    snooze = {"snoozed_until": (MONDAY + timedelta(hours=9)).isoformat()}
    await house.client.patch(f"/api/promises/{promise['id']}", json=snooze)
    made = datetime.fromisoformat(promise["made_at"])
    three_quarters = 0.75 * (datetime.fromisoformat(promise["due"]) - made).total_seconds()
    until_then = three_quarters - (house.front.office.now() - made).total_seconds()
    await asyncio.sleep(until_then - 60)
    assert (await only(house, "promises"))["warned_at"] is None
    await asyncio.sleep(120)
    warned = await only(house, "promises")
    assert warned["warned_at"] and warned["snoozed_until"] is None, "a warning wakes what was snoozed"
    for part in ("Luis Prieto", "la señora Vidal", "devolverle la llamada", "23/11 a las 14:00"):
        assert part in warned["notice"]
    later = {"due": (MONDAY + timedelta(hours=24)).isoformat()}
    moved = (await house.client.patch(f"/api/promises/{promise['id']}", json=later)).json()
    assert (moved["warned_at"], moved["notice"]) == (None, None)
    await asyncio.sleep(15 * 3600 + 60)
    assert (await only(house, "promises"))["warned_at"]
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
