"""Twilio's media stream at a real socket: who is let in, what is understood, and how each stream ends."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import pytest

from calls.errors import EngineError
from calls.switchboard import AllBusy
from calls.wire import Arrival, Wire
from lines import g711, sockets, twilio
from lines.tickets import Tickets
from tests.lines.doors import Answerer, Carrier, ringing, served, tone, until

SECRET = "12345678901234567890123456789012"


class Desk:
    """A media door and who answers behind it."""

    def __init__(self, address: str, answerer: Answerer, tickets: Tickets):
        self.url, self.answerer, self.tickets = f"ws://{address}/lines/twilio/media", answerer, tickets

    def ticket(self, number: str = "+34600111222", call: str = "CA1") -> str:
        return self.tickets.issue(Arrival("twilio", number, call))

    def ring(self) -> Any:
        return ringing(self.url, Carrier)


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    answerer, tickets = Answerer(), Tickets()
    async with served(twilio.router(answerer, tickets)) as address:
        yield Desk(address, answerer, tickets)
        assert answerer.open == 0, "every call is over"


@pytest.fixture
async def strict() -> AsyncGenerator[Desk]:
    answerer, tickets = Answerer(), Tickets()
    async with served(twilio.router(answerer, tickets, SECRET)) as address:
        yield Desk(address, answerer, tickets)
        assert answerer.open == 0, "every call is over"


# --- who is let in ------------------------------------------------------------------------------------


async def test_a_ticket_says_who_calls(strict: Desk):
    async with strict.ring() as carrier:
        await carrier.start(strict.ticket())
        await carrier.tell(event="stop", streamSid="MZ1")
        assert await carrier.closed_with() == sockets.DONE
    assert strict.answerer.arrivals == [Arrival("twilio", "+34600111222", "CA1")]


async def test_a_ticket_is_good_once(strict: Desk):
    ticket = strict.ticket()
    async with strict.ring() as first, strict.ring() as second:
        await first.start(ticket)
        await until(lambda: strict.answerer.open == 1)
        await second.start(ticket)
        assert await second.closed_with() == sockets.POLICY_VIOLATION
        assert strict.answerer.open == 1
    await strict.answerer.until_closed()


async def test_a_ticket_is_for_its_own_call(strict: Desk):
    others: tuple[Any, ...] = ("CA2", "", None, 7, {"sid": "CA1"})
    for call in others:
        async with strict.ring() as carrier:
            await carrier.start(strict.ticket(call="CA1"), call=call)
            assert await carrier.closed_with() == sockets.POLICY_VIOLATION, call
    assert strict.answerer.arrivals == []


async def test_without_a_ticket_nobody_is_let_in_where_there_is_a_secret(strict: Desk):
    tokens: tuple[Any, ...] = (None, "", "made up", 7, ["a"], {"a": 1})
    for token in tokens:
        async with strict.ring() as carrier:
            await carrier.start(token)
            assert await carrier.closed_with() == sockets.POLICY_VIOLATION, token
    assert strict.answerer.arrivals == []


async def test_without_a_secret_this_machine_needs_no_ticket(desk: Desk):
    async with desk.ring() as carrier:
        await carrier.start()
        await carrier.tell(event="stop")
        assert await carrier.closed_with() == sockets.DONE
    assert desk.answerer.arrivals == [Arrival("twilio", None, "CA1")]


async def test_a_wrong_ticket_is_worse_than_none(desk: Desk):
    async with desk.ring() as carrier:
        await carrier.start("made up")
        assert await carrier.closed_with() == sockets.POLICY_VIOLATION


OPENINGS: list[str | bytes] = [
    '{"event": "media", "media": {"payload": "/w=="}}',
    '{"event": "stop"}',
    '{"event": "start"}',
    '{"event": "start", "start": "now"}',
    '{"event": "start", "start": {"streamSid": 7}}',
    "hello",
    "[]",
    "null",
    '{"event": ',
    "[" * 200_000,
    '{"event":' * 50_000,
    "9" * 10_000,
    b"\x00\xff\x00",
    b"",
]


async def test_who_does_not_start_with_a_start_is_sent_away(desk: Desk):
    for opening in OPENINGS:
        async with desk.ring() as carrier:
            await carrier.socket.send(opening)
            assert await carrier.closed_with() == sockets.POLICY_VIOLATION, opening[:40]
    assert desk.answerer.arrivals == []


async def test_who_never_starts_is_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sockets, "START_WITHIN_S", 0.05)
    async with desk.ring() as carrier:
        assert await carrier.closed_with() == sockets.POLICY_VIOLATION
    async with desk.ring() as carrier:
        await carrier.tell(event="connected")
        assert await carrier.closed_with() == sockets.POLICY_VIOLATION


async def test_who_leaves_before_the_start_leaves_nothing(desk: Desk):
    async with desk.ring() as carrier:
        carrier.vanish()
    async with desk.ring() as carrier:
        await carrier.tell(event="connected")
    assert desk.answerer.arrivals == []


# --- what is understood ---------------------------------------------------------------------------------


async def test_sound_keys_and_marks_arrive(desk: Desk):
    said = tone(1600)
    async with desk.ring() as carrier:
        await carrier.start()
        coded = g711.encode(said)
        for at in range(0, 1600, 200):  # other lengths than 20 ms are put together
            await carrier.media(base64.b64encode(coded[at : at + 200]).decode())
        await carrier.media(track="outbound")
        for digit in "1#*0":
            await carrier.tell(event="dtmf", streamSid="MZ1", dtmf={"track": "inbound_track", "digit": digit})
        await carrier.tell(event="mark", streamSid="MZ1", mark={"name": "first"})
        await carrier.tell(event="stop", streamSid="MZ1")
        assert await carrier.closed_with() == sockets.DONE
    heard = np.concatenate(desk.answerer.heard)
    assert [len(pcm) for pcm in desk.answerer.heard] == [160] * 10
    assert np.abs(heard.astype(int) - said).max() < 300
    assert desk.answerer.keys == list("1#*0") and desk.answerer.marks == ["first"]


async def test_what_is_sent_is_what_twilio_takes(desk: Desk):
    async def greet(wire: Wire) -> None:
        await wire.send(tone(160))
        await wire.mark("hello")
        await wire.clear()
        await wire.hang_up()

    desk.answerer.manner = greet
    async with desk.ring() as carrier:
        await carrier.start(stream="MZ7")
        media, mark, clear = await carrier.next(), await carrier.next(), await carrier.next()
        assert await carrier.closed_with() == sockets.DONE
    assert [each["streamSid"] for each in (media, mark, clear)] == ["MZ7"] * 3
    assert media["event"] == "media" and list(media["media"]) == ["payload"]
    assert np.abs(g711.decode(base64.b64decode(media["media"]["payload"])).astype(int) - tone(160)).max() < 300
    assert mark == {"event": "mark", "streamSid": "MZ7", "mark": {"name": "hello"}}
    assert clear == {"event": "clear", "streamSid": "MZ7"}


NONSENSE: list[str | bytes] = [
    "hello",
    "[1, 2]",
    "3",
    '{"event": "med',
    "[" * 100_000,
    '{"event": "dance"}',
    '{"event": ["media"]}',
    '{"event": "media"}',
    '{"event": "media", "media": "loud"}',
    '{"event": "media", "media": {"payload": 7}}',
    '{"event": "media", "media": {"payload": "*not base64*"}}',
    '{"event": "media", "media": {"payload": "ñ"}}',
    json.dumps({"event": "media", "media": {"payload": "/" * 200_000}}),
    '{"event": "mark", "mark": {"name": {}}}',
    '{"event": "dtmf", "dtmf": []}',
    b"\x00\x01\xfe\xff",
    "{}",
]


async def test_a_little_nonsense_is_overlooked(desk: Desk):
    async with desk.ring() as carrier:
        await carrier.start()
        for message in NONSENSE:
            await carrier.socket.send(message)
        await carrier.tell(event="dtmf", dtmf={"digit": "12"})
        await carrier.tell(event="dtmf", dtmf={"digit": "5"})
        await carrier.media()
        await carrier.tell(event="stop")
        assert await carrier.closed_with() == sockets.DONE
    assert len(desk.answerer.heard) == 1 and desk.answerer.keys == ["5"]


async def test_nothing_but_nonsense_ends_the_stream(desk: Desk):
    for message in NONSENSE:
        async with desk.ring() as carrier:
            await carrier.start()
            for _ in range(sockets.NONSENSE_ALLOWED + 1):
                await carrier.socket.send(message)
            assert await carrier.closed_with() == sockets.UNSUPPORTED, message[:40]
    await desk.answerer.until_closed(len(NONSENSE))
    assert desk.answerer.heard == []


async def test_a_second_start_changes_nothing(desk: Desk):
    async with desk.ring() as carrier:
        await carrier.start()
        await carrier.start(call="CA2", stream="MZ2")
        await carrier.tell(event="stop")
        assert await carrier.closed_with() == sockets.DONE
    assert [arrival.ref for arrival in desk.answerer.arrivals] == ["CA1"]


# --- how it ends ----------------------------------------------------------------------------------------


async def test_a_monstrous_frame_closes_its_own_stream_only(desk: Desk):
    async with desk.ring() as good, desk.ring() as bad:
        await good.start()
        await bad.start(call="CA2")
        await until(lambda: desk.answerer.open == 2)
        sending = asyncio.create_task(bad.socket.send("x" * 50_000_000))
        assert await bad.closed_with() in (1009, None)  # None: cut off while it was still pushing
        await asyncio.gather(sending, return_exceptions=True)
        await desk.answerer.until_closed(1)
        await good.media()
        await until(lambda: len(desk.answerer.heard) == 1)
        await good.tell(event="stop")
        assert await good.closed_with() == sockets.DONE


async def test_text_that_is_no_text_closes_the_stream(desk: Desk):
    async with desk.ring() as carrier:
        await carrier.start()
        await carrier.socket.send(b"\xff\xfe\xfd", text=True)
        assert await carrier.closed_with() == 1007
    await desk.answerer.until_closed()


@pytest.mark.parametrize("way", ["abort", "close"])
async def test_a_caller_who_vanishes_is_noticed(desk: Desk, way: str):
    async def talk(wire: Wire) -> None:
        for n in range(200):
            await wire.send(tone(160))
            await wire.mark(str(n))
            await asyncio.sleep(0.001)
        await wire.clear()
        await wire.hang_up()

    desk.answerer.manner = talk
    async with desk.ring() as carrier:
        await carrier.start()
        await carrier.next()
        if way == "abort":
            carrier.vanish()
        else:
            await carrier.socket.close()
        await desk.answerer.until_closed()


async def test_a_full_house_says_try_again(desk: Desk):
    desk.answerer.trouble = AllBusy(10)
    async with desk.ring() as carrier:
        await carrier.start()
        assert await carrier.closed_with() == sockets.TRY_AGAIN_LATER


@pytest.mark.parametrize("trouble", [EngineError("records", "the disk is full"), ValueError("what a caller said")])
async def test_a_house_that_cannot_answer_says_so(desk: Desk, trouble: Exception, caplog: pytest.LogCaptureFixture):
    desk.answerer.trouble = trouble
    async with desk.ring() as carrier:
        await carrier.start()
        assert await carrier.closed_with() == sockets.FAILED
    assert type(trouble).__name__ in caplog.text
