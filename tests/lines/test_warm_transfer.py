"""A warm transfer over SIP from end to end: a caller, the house, and the assistant's telephone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from audio.conversation import Conversation
from calls.bridge import Bridge
from calls.call import Call
from calls.wire import Arrival, Wire
from calls.words import CallRow, HandOff, HandOffState, Language, Promise
from evals.lines import alike, chirp
from evals.lines_peer import SipPeer, ringing_sip
from lines.sip.account import PhoneSet
from tests.lines.doors import SOON_S, tone, until
from tests.lines.test_whole_calls import Served, of_kind, small_house

pytest.importorskip("baresip", reason="the extra `sip` is not installed")
from tests.lines.test_sip import free_port  # isort: split

from lines.exchange import exchange
from lines.sip.attendant import Attendant


async def speak(text: str, language: Language) -> AsyncGenerator[bytes]:
    yield tone(24_000, rate=24_000).tobytes()


def bridge_of(call: Call) -> Bridge | None:
    wire = call.door.wire if isinstance(call.door, Conversation) else None
    return wire if isinstance(wire, Bridge) else None


@dataclass
class Rung:
    """A caller on the line of a house, and the assistant's telephone."""

    house: Served
    caller: SipPeer
    assistant: SipPeer
    call: Call

    @property
    def states(self) -> list[HandOffState]:
        return [hand_off.state for hand_off in of_kind(HandOff, list(self.call.bodies))]


@asynccontextmanager
async def on_the_line() -> AsyncGenerator[Rung]:
    port, assistant = free_port(), SipPeer(0)
    await assistant.open()
    async with small_house() as house:

        async def converse(wire: Wire, arrival: Arrival, watch: object = None) -> CallRow:
            return await house.reception(Bridge(wire), arrival)

        phone = PhoneSet(f"127.0.0.1:{port}")
        async with exchange(phone, None, converse, house.tickets, lambda _: False) as line, ringing_sip(port) as caller:
            assert line
            desk = house.board.office.desk
            desk.hang(Attendant(line, assistant.address, desk, house.board.find, bridge_of, speak, 24_000))  # type: ignore[attr-defined, arg-type]
            assert await caller.final() == 200
            await until(lambda: len(house.board.calls) == 1)
            (call,) = house.board.calls
            yield Rung(house, caller, assistant, call)
            caller.bye()
            await house.only_call()
    await assistant.close()


async def test_the_assistant_hears_a_whisper_takes_the_call_and_gives_it_back():
    async with on_the_line() as rung:
        caller, assistant, call = rung.caller, rung.assistant, rung.call
        await caller.press("1")
        await assistant.pick_up()
        await until(lambda: len(assistant.heard) > 60)
        assert np.abs(assistant.received().astype(int)).max() > 4000, "the whisper"
        await assistant.press("1")
        await until(lambda: call.with_staff)
        said, answered = chirp(), chirp()[::-1].copy()

        def worst() -> float:
            """How like what was said is what was heard, on the side where it is less so."""
            return min(alike(assistant.received(), said[1600:6400]), alike(caller.received(), answered[1600:6400]))

        async with asyncio.timeout(SOON_S):  # said again over the receptionist's last words, and where it was torn
            while worst() <= 0.9:
                assistant.heard.clear()
                caller.heard.clear()
                await asyncio.gather(caller.say(np.tile(said, 2)), assistant.say(np.tile(answered, 2)))
        assistant.bye()
        await until(lambda: not call.with_staff)
        assert rung.states == [*list(HandOffState)[:3], HandOffState.BRIDGED, HandOffState.RESUMED]


async def busy(assistant: SipPeer) -> None:
    assistant.reply(await assistant.rung(), "486 Busy Here")


async def puts_down(assistant: SipPeer) -> None:
    await assistant.pick_up()
    assistant.bye()


async def is_a_machine(assistant: SipPeer) -> None:
    await assistant.pick_up()
    await assistant.say(tone(8000, 1000))


async def presses_two(assistant: SipPeer) -> None:
    await assistant.pick_up()
    await assistant.press("2")


@pytest.mark.slow
async def test_whatever_the_assistants_telephone_does_the_receptionist_is_back():
    async with on_the_line() as rung:
        for ending in (busy, puts_down, is_a_machine, presses_two):
            before = len(rung.states)
            await rung.caller.press("1")
            await ending(rung.assistant)
            await until(lambda before=before: len(rung.states) >= before + 4)  # type: ignore[misc]
            assert rung.states[-2:] == [HandOffState.DECLINED, HandOffState.RESUMED], ending.__name__
        await rung.caller.press("1")
        invite = await rung.assistant.rung()
        rung.assistant.reply(invite, "180 Ringing")
        await rung.house.board.end(rung.call, "caller")
        await until(rung.assistant.cancelled.is_set)
        assert any(isinstance(body, Promise) for body in rung.call.bodies), "who gives up is owed a call back"
