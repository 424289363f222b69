"""What nobody should send to the desk: a clear answer, nothing lost, nothing done."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from calls.words import HandOff, Message, Promise, Reason
from tests.console.conftest import House, OpenHouse
from tests.doubles import MONDAY, ScriptedMind

NASTY = "<script>document.title='mine'</script>"
DONE: list[object] = [
    Message("La propuesta"),
    Promise("assistant", "llamarle", MONDAY + timedelta(hours=4)),
    HandOff(Reason.ASKED_FOR_PERSON),
]
LONG = "a" * 100_000


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    house = await open_house(mind=ScriptedMind([DONE]))
    await house.hear(await house.dial(name=NASTY), "Dígale que me llame")
    return house


async def everything(house: House) -> dict[str, Any]:
    """All that is on record."""
    (call,) = (await house.client.get("/api/calls")).json()["items"]
    lists = {what: (await house.client.get(f"/api/{what}")).json() for what in ("messages", "promises", "hand-offs")}
    return {"call": (await house.client.get(f"/api/calls/{call['id']}")).json(), **lists}


SENT: list[tuple[str, str, Any]] = [
    *(("POST", f"calls/{{call}}/{act}", {"text": LONG}) for act in ("guidance", "say", "utterances")),
    *(("POST", f"calls/{{call}}/{act}", {"text": " \x00\ud800 "}) for act in ("guidance", "say", "utterances")),
    *(("POST", f"calls/{{call}}/{act}", {"by": LONG}) for act in ("take-over", "put-through", "take-message", "seat")),
    ("POST", "calls/{call}/put-through", {"to": NASTY}),
    ("POST", "calls/{call}/guidance", [1, 2]),
    ("PATCH", "messages/{message}", {"state": NASTY}),
    ("PATCH", "promises/{promise}", {"version": 0}),
    ("PATCH", "promises/{promise}", {"version": 99, "state": "kept"}),
    ("PATCH", "promises/{promise}", {"due": "9999-12-31T23:59:59-12:00"}),
    ("PUT", "calls/{call}/caller", {"name": LONG}),
    ("POST", "hand-offs/{message}/accept", {}),
    ("POST", "notices/channels", {"medium": "email", "to": LONG, "kinds": ["message"]}),
]


@pytest.mark.parametrize(("method", "path", "body"), SENT, ids=range(len(SENT)))
async def test_it_is_refused_clearly_and_nothing_changes(house: House, method: str, path: str, body: Any) -> None:
    before = await everything(house)
    ids = {what: before[f"{what}s"]["items"][0]["id"] for what in ("message", "promise")}
    url = "/api/" + path.format(call=before["call"]["id"], **ids)
    headers = {"content-type": "application/json"}
    answer = await house.client.request(method, url, content=json.dumps(body), headers=headers)
    assert 400 <= answer.status_code <= 503 and answer.status_code != 500, answer.text
    if answer.status_code not in (404, 405):
        assert answer.headers["content-type"] == "application/problem+json" and len(answer.text) < 5_000
    assert await everything(house) == before


async def test_a_name_with_a_script_is_text_wherever_it_is_told(house: House) -> None:
    whole = await everything(house)
    assert whole["call"]["name"] == NASTY and NASTY in whole["call"]["summary"][0]["text"]
    for path in ("/api/calls", "/api/day.csv?since=2026-11-23"):
        told = await house.client.get(path)
        assert "html" not in told.headers["content-type"] and told.headers["x-content-type-options"] == "nosniff"


async def test_an_expired_key_opens_nothing(open_house: OpenHouse) -> None:
    house = await open_house(token="a-long-and-secret-key")
    for headers in ({"Authorization": "Bearer old"}, {"Cookie": "antesala=old"}, {"Authorization": "Basic x"}):
        for method, path in (("GET", "calls"), ("GET", "live"), ("GET", "day"), ("POST", "notices/channels")):
            refused = await house.client.request(method, f"/api/{path}", headers=headers, json={})
            assert refused.status_code in (401, 403), f"{method} {path}"
