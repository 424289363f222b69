"""A hand-off on the assistant's own telephone, in every way that it can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from calls.bridge import Bridge
from calls.call import Call
from calls.desk import Desk
from calls.wire import Pcm
from calls.words import HandOff, HandOffState, Language, Promise, Reason, Said, Sentence
from lines.sip.attendant import BRIEF_S, GONE, LEAVE, TAKE, Attendant, Hear, spoken_key
from lines.sip.line import SipCall
from tests.doubles import POLICY, MemoryRecords, SmallKnowledge, office
from tests.lines.doors import tone

pytestmark = pytest.mark.virtual_time


class Telephone:
    """The assistant's; it is dialled, and the test picks it up."""

    def __init__(self, rate: int = 16_000) -> None:
        self.rate, self.dialled, self.sent = rate, [], []  # type: ignore[var-annotated]
        self.told: list[str] = []

    def dial(self, uri: str) -> SipCall:
        self.dialled.append(uri)
        self.leg = SipCall(self, 1)  # type: ignore[arg-type]
        return self.leg

    def sound(self, call: int, pcm: bytes) -> None:
        self.sent.append(np.frombuffer(pcm, "<i2"))

    def tell(self, call: int, what: str, **more: Any) -> None:
        self.told.append(what)

    def pick_up(self) -> None:
        self.leg.heed({"is": "up", "rate": self.rate})

    def press(self, key: str) -> None:
        self.leg.heed({"is": "key", "key": key})

    def put_down(self, why: str = "BYE") -> None:
        self.leg.heed({"is": "gone", "why": why})


@dataclass
class CallersWire:
    """What the caller hears, and may say."""

    rate: int = 8000
    marks: bool = False
    heard: list[Pcm] = field(default_factory=list)
    says: asyncio.Queue[Pcm | None] = field(default_factory=asyncio.Queue)
    on_mark: Any = None
    on_keys: Any = None

    async def frames(self) -> AsyncGenerator[Pcm]:
        while (pcm := await self.says.get()) is not None:
            yield pcm

    async def send(self, pcm: Pcm) -> None:
        self.heard.append(pcm)

    async def mark(self, name: str) -> None: ...
    async def clear(self) -> None: ...
    async def hang_up(self) -> None: ...


class Ringing:
    """A call that rings on a telephone."""

    def __init__(self, call: Call, telephone: Telephone, wire: CallersWire, records: MemoryRecords):
        self.call, self.telephone, self.wire, self._records = call, telephone, wire, records

    @property
    def states(self) -> list[HandOffState]:
        return [body.state for body in self.call.bodies if isinstance(body, HandOff)]

    @property
    def said(self) -> list[str]:
        return [body.text for body in self.call.bodies if isinstance(body, Said)]


@asynccontextmanager
async def ringing(ring_seconds: float = 25.0, rate: int = 16_000, hear: Hear | None = None) -> AsyncGenerator[Ringing]:
    policy = replace(POLICY, hand_off=replace(POLICY.hand_off, ring_seconds=ring_seconds))
    desk, telephone, wire, records = Desk(), Telephone(rate), CallersWire(), MemoryRecords()
    house = replace(office(records=records, knowledge=SmallKnowledge(policy)), desk=desk)
    call, bridge = await Call.answered(house, "sip", number="+34600111222"), Bridge(wire)

    async def speak(text: str, language: Language) -> AsyncGenerator[bytes]:
        yield tone(24_000 * 6).tobytes()

    desk.hang(Attendant(telephone, "sip:201@pbx", desk, lambda _: call, lambda _: bridge, speak, 24_000, hear))

    async def caller() -> None:
        async for _ in bridge.frames():
            pass

    listening = asyncio.create_task(caller())
    await call.do(HandOff(Reason.ASKED_FOR_PERSON))
    await asyncio.sleep(0.1)
    try:
        yield Ringing(call, telephone, wire, records)
    finally:
        if call.open:
            await call.close("caller")
        desk.forget(call)
        wire.says.put_nowait(None)
        with suppress(AttributeError):
            telephone.put_down()
        await listening
        await asyncio.sleep(1)


async def test_one_takes_the_call_after_a_whisper_and_both_are_put_through():
    async with ringing() as desk:
        telephone, wire = desk.telephone, desk.wire
        assert telephone.dialled == ["sip:201@pbx"]
        telephone.pick_up()
        await asyncio.sleep(12)
        whispered = sum(len(pcm) for pcm in telephone.sent) / telephone.rate
        assert 6 < whispered <= BRIEF_S + 0.02, "what to press and the brief, ten seconds at most"
        assert wire.heard == [], "private"
        telephone.press("1")
        await asyncio.sleep(0.2)
        assert desk.states[-1] is HandOffState.BRIDGED
        telephone.sent.clear()
        wire.says.put_nowait(tone(1600))
        telephone.leg.hear(tone(3200, rate=16_000).tobytes())
        await asyncio.sleep(0.2)
        assert 0 < sum(map(len, telephone.sent)) <= 3200 and 0 < sum(map(len, wire.heard)) <= 1600
        telephone.put_down()
        await asyncio.sleep(0.1)
        assert desk.states[-1] is HandOffState.RESUMED and desk.said[-1] == "[receptionist_again]"


ENDINGS = {
    "two": lambda telephone: (telephone.pick_up(), telephone.press("2")),
    "busy": lambda telephone: telephone.put_down("486 Busy Here"),
    "picked up and put down": lambda telephone: (telephone.pick_up(), telephone.put_down()),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_no_of_any_kind_brings_the_receptionist_back_within_two_seconds(ending: str):
    async with ringing() as desk:
        ENDINGS[ending](desk.telephone)
        await asyncio.sleep(2)
        assert desk.states[-2:] == [HandOffState.DECLINED, HandOffState.RESUMED]
        assert desk.said[-1] == "[hand_off_declined]"


async def test_a_machine_presses_nothing_and_gets_nobody():
    async with ringing(ring_seconds=60) as desk:
        desk.telephone.pick_up()
        await asyncio.sleep(20)
        assert desk.states[-1] is HandOffState.RESUMED and desk.telephone.told[-1] == "hang_up"


@pytest.mark.parametrize("rate", [8000, 16_000])
async def test_an_answering_machine_is_known_by_its_beep(rate: int):
    async with ringing(rate=rate) as desk:
        desk.telephone.pick_up()
        await asyncio.sleep(3)
        assert desk.states[-1] is HandOffState.RINGING
        desk.telephone.leg.hear(tone(rate // 2, 1000, rate=rate).tobytes())
        await asyncio.sleep(0.1)
        assert desk.states[-1] is HandOffState.RESUMED and desk.said[-1] == "[hand_off_declined]"


@pytest.mark.parametrize(("answer", "state"), [("Sí, adelante.", "bridged"), ("Ahora no puedo.", "resumed")])
async def test_who_has_no_hand_free_says_so(answer: str, state: str):
    async def hear(call: Call, rate: int, frames: AsyncIterator[Pcm]) -> AsyncGenerator[Sentence]:
        words = iter(("¿Sí?", answer))
        async for _ in frames:
            yield Sentence(next(words), "es")

    async with ringing(hear=hear) as desk:
        desk.telephone.pick_up()
        desk.telephone.leg.hear(bytes(640))
        await asyncio.sleep(5)
        assert desk.states[-1] is HandOffState.RINGING, "how people answer the telephone is no answer yet"
        await asyncio.sleep(6)
        desk.telephone.leg.hear(bytes(640))
        await asyncio.sleep(0.2)
        assert desk.states[-1].value == state


def test_what_people_say_to_take_a_call_or_leave_it():
    for text in ("Sí.", "Vale, pásamela.", "Okay.", "Yes, go ahead."):
        assert spoken_key(text, asked=True) == TAKE
    for text in ("Pásemelo.", "La cojo.", "Put them through, please.", "I'll take it."):
        assert spoken_key(text, asked=False) == TAKE
    for text in ("No.", "Ahora no.", "Mire, no puedo.", "Not now, please.", "I can't."):
        assert spoken_key(text, asked=False) == LEAVE
    for text in ("¿Sí?", "¿Dígame?", "Hello?", "Yes?"):
        assert spoken_key(text, asked=False) == ""
    assert spoken_key("Sí, este es el contestador de Marta Ríos, deje su mensaje", asked=True) == ""
    assert GONE not in (TAKE, LEAVE, "")


async def test_nobody_picks_up():
    async with ringing() as desk:
        await asyncio.sleep(26)
        assert desk.states[-2:] == [HandOffState.TIMED_OUT, HandOffState.RESUMED]
        assert desk.telephone.told[-1] == "hang_up"


async def test_a_caller_who_gives_up_stops_the_telephone_and_is_owed_a_call():
    async with ringing() as desk:
        desk.telephone.pick_up()
        await desk.call.close("caller")
        desk.call.office.desk.forget(desk.call)  # type: ignore[attr-defined]
        await asyncio.sleep(0.1)
        assert desk.telephone.told[-1] == "hang_up"
        assert any(isinstance(body, Promise) for body in desk.call.bodies)


async def test_who_is_faster_at_the_desk_has_the_call():
    async with ringing() as desk:
        telephone = desk.telephone
        telephone.pick_up()
        (rung,) = desk.call.office.desk.list()  # type: ignore[attr-defined]
        await desk.call.office.desk.accept(rung.hand_off.id)  # type: ignore[attr-defined]
        await asyncio.sleep(0.1)
        assert telephone.told[-1] == "hang_up" and desk.states[-1] is HandOffState.BRIDGED
