"""Who is told of what, over HTTP and on the desk's page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from calls.notices import Channel, NotSent
from console.api.notices import Notices
from records.store import Store
from tests.console.conftest import House, OpenHouse
from tests.doubles import ScriptedMind

MARTA: dict[str, Any] = {
    "medium": "email",
    "to": "marta@vidal.example",
    "kinds": ["message", "hand_off"],
    "quiet": {"from": "22:00", "until": "08:00"},
}
SLACK: dict[str, Any] = {"medium": "slack", "to": "https://hooks.slack.example/T0/B0/secret", "kinds": ["message"]}


class Post:
    """Sends nothing."""

    media = ("email", "webhook", "slack")

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.trouble: NotSent | None = None

    def secret(self, channel: Channel) -> str | None:
        return "whsec_x" if channel.medium == "webhook" else None

    def look(self) -> None: ...

    async def try_out(self, channel: Channel) -> None:
        self.tried.append(channel.to)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def house(open_house: OpenHouse, post: Post) -> House:
    house = await open_house(mind=ScriptedMind())
    return with_notices(house, post)


def with_notices(house: House, post: Post) -> House:
    store = house.front.archive
    assert isinstance(store, Store)
    house.front = replace(house.front, notices=Notices(store.outbox, post))
    house.app.state.front = house.front
    return house


async def channels(house: House) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await house.client.get("/api/notices/channels")).json()["items"]
    return items


async def test_a_channel_is_made_changed_tried_and_removed(house: House, post: Post) -> None:
    made = (await house.client.post("/api/notices/channels", json=MARTA)).json()
    assert made["quiet"] == MARTA["quiet"] and made["words"] is True
    url = f"/api/notices/channels/{made['id']}"
    changed = await house.client.patch(url, json={"kinds": ["call"], "quiet": None, "language": "en"})
    assert changed.status_code == 200
    assert await channels(house) == [{**made, "kinds": ["call"], "quiet": None, "language": "en"}]
    assert (await house.client.post(f"{url}/try")).json() == {"sent": True}
    post.trouble = NotSent("the mail server refused the address (550)", again=False)
    failed = await house.client.post(f"{url}/try")
    assert failed.status_code == 502 and "refused the address" in failed.json()["detail"]
    assert (await house.client.delete(url)).status_code == 204
    assert [(await house.client.delete(url)).status_code, await channels(house)] == [404, []]


async def test_secrets_are_told_once_or_never(house: House) -> None:
    hook = {**MARTA, "medium": "webhook", "to": "https://in.vidal.example/hook"}
    assert (await house.client.post("/api/notices/channels", json=hook)).json()["secret"] == "whsec_x"
    slack = (await house.client.post("/api/notices/channels", json=SLACK)).json()
    assert slack["to"] == "https://hooks.slack.example/…cret"
    kept = await house.client.patch(f"/api/notices/channels/{slack['id']}", json={"to": slack["to"], "words": False})
    assert kept.status_code == 200
    store = house.front.archive
    assert isinstance(store, Store)
    assert [each.to for each in await store.outbox.channels()] == [hook["to"], SLACK["to"]]
    assert "secret" not in str(await channels(house)).replace("/…cret", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {**MARTA, "to": "marta"},
        {**MARTA, "to": "a@b\r\nBcc: all@x"},
        {**MARTA, "to": "a" * 100_000 + "@x"},
        {**MARTA, "kinds": []},
        {**MARTA, "kinds": ["gossip"]},
        {**MARTA, "quiet": {"from": "25:00", "until": "08:00"}},
        {**MARTA, "quiet": {"from": "22:00"}},
        {**MARTA, "medium": "sms", "to": "+34600111222"},
        {**SLACK, "to": "http://hooks.slack.example/x"},
        {**SLACK, "to": "https://user:pass@hooks.slack.example/x"},
        {**SLACK, "to": "file:///etc/passwd"},
        {**SLACK, "to": "https://[::1"},
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_kept(house: House, wrong: dict[str, Any]) -> None:
    answer = await house.client.post("/api/notices/channels", json=wrong)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert await channels(house) == []


async def test_what_nobody_knows(house: House) -> None:
    assert (await house.client.patch("/api/notices/channels/x", json={})).status_code == 404
    assert (await house.client.post("/api/notices/channels/x/try")).status_code == 404
    assert (await house.client.post("/api/notices/x/again")).status_code == 409
    assert (await house.client.get("/api/notices?state=failed")).json() == {"items": [], "next": None}
