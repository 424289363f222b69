"""Staff listen in: both sides are heard, nothing is said, and the caller knows of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from calls.bridge import Bridge
from calls.call import Call
from calls.disclosure import with_notice
from calls.wire import Pcm
from calls.words import Sentence
from console.desk import seat
from tests.console.conftest import House, OpenHouse, served
from tests.doubles import POLICY, OpenDoor, SmallKnowledge

NOTICE = "[staff_listening]"


@dataclass
class Line:
    """A wire whose caller says what is put in, frame by frame."""

    said: asyncio.Queue[Pcm] = field(default_factory=asyncio.Queue)
    rate: int = 8000
    marks: bool = False
    sent: list[Pcm] = field(default_factory=list)
    on_mark: Callable[[str], None] = print
    on_keys: Callable[[str], None] = print

    async def frames(self) -> AsyncGenerator[Pcm]:
        while True:
            yield await self.said.get()

    async def send(self, pcm: Pcm) -> None:
        self.sent.append(pcm)

    async def mark(self, name: str) -> None: ...

    async def clear(self) -> None: ...

    async def hang_up(self) -> None: ...


@dataclass
class Phone(OpenDoor):
    bridge: Bridge = field(default_factory=lambda: Bridge(Line()))


def bridge_of(call: Call) -> Bridge | None:
    return call.door.bridge if isinstance(call.door, Phone) else None


async def nothing(call: Call, rate: int, frames: AsyncIterator[Pcm]) -> AsyncGenerator[Sentence]:
    for each in list[Sentence]():
        yield each


async def rings(house: House, line: Line) -> Call:
    call = await house.front.switchboard.answer("sip", number="+34600111222", door=Phone(bridge=Bridge(line)))
    await call.greet()
    return call


def pcm(value: int) -> Pcm:
    return np.full(160, value, np.int16)


def loudness(sound: bytes) -> int:
    return int(np.median(np.frombuffer(sound, "<i2")))


async def test_both_sides_are_heard_and_the_caller_is_told_once(house: House) -> None:
    line = Line()
    async with served(house, seat.router(bridge_of, nothing)) as base:
        call = await rings(house, line)
        bridge = bridge_of(call)
        assert bridge
        asked = [await house.client.post(f"/api/calls/{call.id}/listen", json={"by": "Marta"}) for _ in range(2)]
        (spoken,) = call.door.spoken  # type: ignore[union-attr]
        assert spoken.text == NOTICE
        frames = bridge.frames()
        async with connect(base.replace("http", "ws") + asked[-1].json()["path"]) as socket:
            await socket.send(json.dumps({"type": "start", "ticket": asked[-1].json()["ticket"]}))
            while not bridge.taps:  # noqa: ASYNC110  (nothing tells of it)
                await asyncio.sleep(0)
            for _ in range(5):
                await bridge.send(pcm(2000))
                await line.said.put(pcm(1000))
                await anext(frames)
            heard = [loudness(await socket.recv()) for _ in range(3)]  # type: ignore[arg-type]
            assert heard[-1] == pytest.approx(3000, abs=30), "one laid over the other"
            assert all(sent[0] == 2000 for sent in line.sent), "the caller hears nothing of it"
            await bridge.clear()
            await line.said.put(pcm(1000))
            await anext(frames)
        await frames.aclose()
        kinds = [(each["kind"], each.get("action"), each.get("by")) for each in await house.events(call.id)]
        assert kinds.count(("staff", "listen", "Marta")) == 2
        assert not call.with_staff


async def test_where_the_greeting_says_so_nothing_more_is_said(open_house: OpenHouse) -> None:
    house = await open_house(knowledge=SmallKnowledge(replace(POLICY, listening="greeting")))
    async with served(house, seat.router(bridge_of, nothing)):
        call = await rings(house, Line())
        assert NOTICE in (await house.events(call.id))[0]["text"]
        assert (await house.client.post(f"/api/calls/{call.id}/listen")).status_code == 201
        assert call.door.spoken == []  # type: ignore[union-attr]


async def test_who_may_not_listen_and_what_cannot_be_heard(open_house: OpenHouse) -> None:
    house = await open_house(knowledge=SmallKnowledge(replace(POLICY, listening="off")))
    async with served(house, seat.router(bridge_of, nothing)):
        refused = await house.client.post(f"/api/calls/{(await rings(house, Line())).id}/listen")
        assert refused.status_code == 409 and "voice policy" in refused.json()["detail"]
        assert (await house.client.post("/api/calls/nobody/listen")).status_code == 404


async def test_a_call_in_writing_cannot_be_listened_to(house: House) -> None:
    async with served(house, seat.router(bridge_of, nothing)):
        assert (await house.client.post(f"/api/calls/{await house.dial()}/listen")).status_code == 409


@pytest.mark.parametrize(
    ("greeting", "told"),
    [
        (
            "Soy Clara, asistente de IA. ¿En qué puedo ayudarle?",
            "Soy Clara, asistente de IA. N. ¿En qué puedo ayudarle?",
        ),
        ("Ms. Vidal's office, her AI. How may I help?", "Ms. Vidal's office, her AI. N. How may I help?"),
        ("Soy una IA.", "Soy una IA. N."),
        ("Who is calling?", "N. Who is calling?"),
    ],
)
def test_the_notice_stands_before_the_question(greeting: str, told: str) -> None:
    assert with_notice(greeting, "N.") == told


@pytest.mark.virtual_time
async def test_a_seat_that_nobody_takes_is_given_back(house: House) -> None:
    house.app.include_router(seat.router(bridge_of, nothing))
    call_id = await house.dial()
    assert (await house.client.post(f"/api/calls/{call_id}/seat", json={"by": "Marta"})).status_code == 201
    assert (await house.hear(call_id, "¿Hola?"))["said"] == []
    await asyncio.sleep(6)
    assert (await house.events(call_id))[-1]["text"] == "[silence_first]"
    assert (await house.hear(call_id, "¿Sigue ahí?"))["said"] == ["Muy bien."]


async def test_a_page_that_falls_silent_is_gone_though_nothing_was_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lid that is shut sends no farewell. For as long as the page answers, it keeps the call."""
    monkeypatch.setattr(seat, "ASK_EVERY_S", 0.01)
    async with served(house, seat.router(bridge_of, nothing)) as base:
        call_id = await house.dial()
        told = (await house.client.post(f"/api/calls/{call_id}/seat", json={"by": "Marta"})).json()
        async with connect(f"{base.replace('http', 'ws')}{told['path']}") as page:
            await page.send(json.dumps({"type": "start", "ticket": told["ticket"]}))
            for _ in range(20):
                assert await page.recv() == '{"type":"there"}'
                await page.send('{"type":"here"}')
            assert (await house.hear(call_id, "¿Hola?"))["said"] == []
            monkeypatch.setattr(seat, "GONE_AFTER_S", 0.01)
            await page.send('{"type":"here"}')
            while (await house.events(call_id))[-1].get("text") != "[silence_first]":
                with suppress(ConnectionClosed):
                    await page.recv()
