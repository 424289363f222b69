"""The browser's socket: tickets, sound both ways, captions that tell nothing private, and how each call ends."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from calls.errors import EngineError
from calls.switchboard import AllBusy
from calls.wire import Arrival, Wire
from calls.words import (
    Body,
    Circle,
    Event,
    Failed,
    Guidance,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Message,
    Partial,
    Promise,
    Proved,
    Reason,
    Recalled,
    Said,
)
from lines import browser, sockets
from lines.tickets import Tickets
from tests.lines.doors import Answerer, Far, ringing, served, tone, until

RATE = 16_000


class Desk:
    """A browser's door and who answers behind it."""

    def __init__(self, address: str, answerer: Answerer, tickets: Tickets):
        self.url, self.answerer, self.tickets = f"ws://{address}/lines/browser", answerer, tickets

    def ring(self) -> Any:
        return ringing(self.url)

    async def begin(self, page: Far, **more: Any) -> None:
        await page.tell(type="start", ticket=self.tickets.issue(Arrival("browser")), **more)


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    answerer, tickets = Answerer(), Tickets()
    async with served(browser.router(answerer, tickets)) as address:
        yield Desk(address, answerer, tickets)
        assert answerer.open == 0, "every call is over"


# --- who is let in ------------------------------------------------------------------------------------


async def test_without_a_ticket_nobody_is_let_in(desk: Desk):
    used = desk.tickets.issue(Arrival("browser"))
    desk.tickets.redeem(used)
    for start in (
        {"type": "start"},
        {"type": "start", "ticket": None},
        {"type": "start", "ticket": 7},
        {"type": "start", "ticket": "made up"},
        {"type": "start", "ticket": used},
        {"type": "hello", "ticket": desk.tickets.issue(Arrival("browser"))},
        {"type": "key", "key": "1"},
        [],
    ):
        async with desk.ring() as page:
            await page.socket.send(json.dumps(start))
            assert await page.closed_with() == sockets.POLICY_VIOLATION, start
    for garbage in ("hello", "[" * 100_000, b"\x00\x01", b""):
        async with desk.ring() as page:
            await page.socket.send(garbage)
            assert await page.closed_with() == sockets.POLICY_VIOLATION
    assert desk.answerer.arrivals == []


async def test_who_says_nothing_is_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sockets, "START_WITHIN_S", 0.05)
    async with desk.ring() as page:
        assert await page.closed_with() == sockets.POLICY_VIOLATION


async def test_a_page_is_answered_in_its_language(desk: Desk):
    given: tuple[Any, ...] = ("es", "en", "fr", None, 3, ["es"])
    for language in given:
        async with desk.ring() as page:
            await desk.begin(page, language=language)
            await page.tell(type="hang_up")
            assert await page.closed_with() == sockets.DONE
    assert [each.language for each in desk.answerer.arrivals] == ["es", "en", None, None, None, None]
    assert {(each.line, each.number) for each in desk.answerer.arrivals} == {("browser", None)}


# --- sound, keys and marks ------------------------------------------------------------------------------


async def test_sound_and_keys_arrive_whatever_their_pieces(desk: Desk):
    said = tone(3200, rate=RATE)
    async with desk.ring() as page:
        await desk.begin(page)
        for piece in np.split(said, [7, 1000, 1001, 3000]):
            await page.socket.send(piece.astype("<i2").tobytes())
        for key in "*19#":
            await page.tell(type="key", key=key)
        await page.tell(type="mark", name="first")
        await page.tell(type="hang_up")
        assert await page.closed_with() == sockets.DONE
    assert [len(pcm) for pcm in desk.answerer.heard] == [320] * 10
    assert np.array_equal(np.concatenate(desk.answerer.heard), said)
    assert desk.answerer.keys == list("*19#") and desk.answerer.marks == ["first"]


async def test_what_is_said_comes_in_order_and_then_the_end(desk: Desk):
    async def greet(wire: Wire) -> None:
        await wire.send(tone(320, rate=RATE))
        await wire.mark("hello")
        await wire.clear()
        await wire.hang_up()

    desk.answerer.manner = greet
    async with desk.ring() as page:
        await desk.begin(page)
        sound, *others = [await page.next() for _ in range(4)]
        await page.tell(type="hang_up")
        assert await page.closed_with() == sockets.DONE
    assert np.array_equal(np.frombuffer(sound, "<i2"), tone(320, rate=RATE))
    assert others == [{"type": "mark", "name": "hello"}, {"type": "clear"}, {"type": "over", "why": "hung_up"}]


# --- captions -------------------------------------------------------------------------------------------

PRIVATE = "the private part"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HAPPENED: list[Body] = [
    Partial("Buenos", "es"),
    Heard("Buenos días", "es", 0.9, 1.0, 2.0),
    Recalled((PRIVATE,), False),
    Guidance(PRIVATE),
    Proved(Circle.INNER),
    Said("s1", "Dígame.", "es"),
    Message("los planos", "Ana", id="m1", call_id=PRIVATE),
    Promise("assistant", PRIVATE, due=AT, quote=PRIVATE, id="p1"),
    HandOff(Reason.DISTRESS, state=HandOffState.RINGING, id="h1", brief=PRIVATE),
    Failed("mind", PRIVATE, "house"),
    HangUp(),
]


async def test_captions_tell_nothing_private(desk: Desk):
    async with desk.ring() as page:
        await desk.begin(page)
        await until(lambda: desk.answerer.open == 1)
        for seq, body in enumerate(HAPPENED, 1):
            desk.answerer.watch(Event(seq, AT, body))
        shown = [(await page.next())["event"] for _ in range(7)]
        await page.tell(type="hang_up")
        assert await page.closed_with() == sockets.DONE
    told = [{name: value for name, value in event.items() if name not in ("seq", "at")} for event in shown]
    assert told == [
        {"kind": "partial", "text": "Buenos", "language": "es"},
        {"kind": "heard", "text": "Buenos días", "language": "es"},
        {"kind": "said", "id": "s1", "text": "Dígame.", "language": "es"},
        {"kind": "message"},
        {"kind": "promise", "due": "2026-11-23T09:00:00.000+00:00"},
        {"kind": "hand_off", "state": "ringing"},
        {"kind": "hung_up", "by": "receptionist"},
    ]
    assert PRIVATE not in json.dumps(shown) and "distress" not in json.dumps(shown)


# --- how it ends ----------------------------------------------------------------------------------------

NONSENSE: list[str | bytes] = [
    "hello",
    "{}",
    '{"type": "key", "key": "12"}',
    '{"type": "key", "key": ""}',
    '{"type": "key", "key": ["1"]}',
    '{"type": "mark"}',
    '{"type": "start"}',
    "[" * 100_000,
    b"\x00\x01\x02",
    b"\x00" * (browser.MOST_SOUND + 2),
]


async def test_nonsense_is_overlooked_for_a_while(desk: Desk):
    async with desk.ring() as page:
        await desk.begin(page)
        for message in NONSENSE:
            await page.socket.send(message)
        await page.socket.send(bytes(640))
        await page.tell(type="hang_up")
        assert await page.closed_with() == sockets.DONE
    assert len(desk.answerer.heard) == 1 and desk.answerer.keys == []


async def test_nothing_but_nonsense_ends_the_call(desk: Desk):
    for message in NONSENSE:
        async with desk.ring() as page:
            await desk.begin(page)
            for _ in range(sockets.NONSENSE_ALLOWED + 1):
                await page.socket.send(message)
            assert await page.closed_with() == sockets.UNSUPPORTED, message[:40]


async def test_a_page_that_vanishes_is_noticed(desk: Desk):
    async def talk(wire: Wire) -> None:
        for _ in range(10):
            await wire.send(tone(320, rate=RATE))
        await wire.hang_up()

    desk.answerer.manner = talk
    async with desk.ring() as page:
        await desk.begin(page)
        await page.next()
        page.vanish()
        await desk.answerer.until_closed(1)
    async with desk.ring() as page:
        await desk.begin(page)
        await page.next()
    await desk.answerer.until_closed(2)


async def test_a_page_is_told_why_it_is_not_answered(desk: Desk):
    for trouble, code in (
        (AllBusy(10), sockets.TRY_AGAIN_LATER),
        (EngineError("records", "full"), sockets.FAILED),
        (ValueError(PRIVATE), sockets.FAILED),
    ):
        desk.answerer.trouble = trouble
        async with desk.ring() as page:
            await desk.begin(page)
            assert await page.closed_with() == code
