"""A hand-off is never lost: whatever happens, it ends bridged, resumed, or as a message or a promise to call back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.call import Call
from calls.desk import AlreadyAnswered, Desk
from calls.errors import AntesalaError, EngineError
from calls.keypad import press
from calls.switchboard import Switchboard
from calls.words import HandOff, HandOffState, Heard, Message, Promise, Reason, Say, Staff
from records.store import open_records
from tests.doubles import MONDAY, MemoryRecords, OpenDoor, office
from tests.loops import VirtualTimeLoop

ENDED = {HandOffState.BRIDGED, HandOffState.RESUMED, HandOffState.TIMED_OUT}
HAPPENINGS = (
    "asks", "accept", "decline", "both_accept", "accept_or_decline", "message", "key_1", "speaks", "takes_over",
    "hands_back", "records_fail", "door_fails", "hangs_up",
)  # fmt: skip
STORY = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.floats(0, 30), st.booleans()), min_size=1, max_size=10)
"""What happens, how long after the one before, and whether the next waits for it."""


class Door(OpenDoor):
    """Takes a second for a sentence; breaks when told to."""

    broken = False

    async def speak(self, say: Say) -> None:
        await asyncio.sleep(1)
        if self.broken:
            raise EngineError("voice", "no more sound")
        await super().speak(say)


class World:
    """One call, two desks, and all that can happen to them."""

    def __init__(self, call: Call, switchboard: Switchboard, desk: Desk, records: Any, door: Door):
        self.call, self.switchboard, self.desk, self.records, self.door = call, switchboard, desk, records, door
        self.taken: list[str] = []

    async def happens(self, what: str) -> None:
        with suppress(AntesalaError):
            await getattr(self, what)()

    async def asks(self) -> None:
        await self.call.do(HandOff(Reason.ASKED_FOR_PERSON))

    async def accept(self) -> None:
        await self._answer("accept")

    async def decline(self) -> None:
        await self._answer("decline")

    async def both_accept(self) -> None:
        await self._answer("accept", "accept")

    async def accept_or_decline(self) -> None:
        await self._answer("decline", "accept")

    async def _answer(self, *answers: str) -> None:
        for ringing in self.desk.list(HandOffState.RINGING):
            id = ringing.hand_off.id
            told = await asyncio.gather(*(getattr(self.desk, how)(id) for how in answers), return_exceptions=True)
            assert sum(isinstance(each, HandOff) for each in told) <= 1, "two answers never both count"
            assert all(isinstance(each, HandOff | AntesalaError) for each in told)
            if len(answers) > 1:
                assert any(isinstance(each, AlreadyAnswered) for each in told), "the slower one is told"

    async def message(self) -> None:
        await self.call.do(Message("que me llamen"))

    async def key_1(self) -> None:
        async for _ in press(self.call, "1"):
            pass

    async def speaks(self) -> None:
        await self.call.note(Heard("¿Oiga?", "es"))

    async def takes_over(self) -> None:
        if self.call.hand_off and self.call.hand_off.state is HandOffState.RINGING:
            await self.desk.accept(self.call.hand_off.id)
        await self.call.note(Staff("take_over", "Marta"))

    async def hands_back(self) -> None:
        await self.desk.hand_back(self.call)
        await self.call.note(Staff("hand_back", "Marta"))

    async def records_fail(self) -> None:
        if isinstance(self.records, MemoryRecords):
            self.records.trouble = [EngineError("records", "the disk is full")]

    async def door_fails(self) -> None:
        self.door.broken = not self.door.broken

    async def hangs_up(self) -> None:
        await self.switchboard.end(self.call, "caller")


@asynccontextmanager
async def a_world(records: Any) -> AsyncGenerator[World]:
    desk, door = Desk(), Door()
    house = office(records=records, desk=desk)
    switchboard = Switchboard(house, desk, 1)
    call = await switchboard.answer("sip", number="+34600111222", door=door)
    try:
        yield World(call, switchboard, desk, records, door)
    finally:
        for ringing in desk.list():
            if ringing.timer:
                ringing.timer.cancel()


async def lived(world: World, story: Sequence[tuple[str, float, bool]]) -> None:
    under_way = []
    for what, after, waits in story:
        await asyncio.sleep(after)
        happening = asyncio.create_task(world.happens(what))
        under_way.append(happening)
        if waits:
            await happening
    await asyncio.gather(*under_way)


def check(bodies: Sequence[object]) -> None:
    """Of every hand-off on record."""
    steps = [body for body in bodies if isinstance(body, HandOff)]
    word_left = any(isinstance(body, Promise | Message) for body in bodies)
    for id in {step.id for step in steps}:
        states = [step.state for step in steps if step.id == id]
        assert states[-1] in ENDED, states
    if steps and not any(step.state is HandOffState.BRIDGED for step in steps):
        assert word_left, "nobody came, and nothing is owed"


@given(STORY)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens(story: list[tuple[str, float, bool]]) -> None:
    async def live() -> None:
        records = MemoryRecords()
        async with a_world(records) as world:
            await lived(world, story)
            await asyncio.sleep(60)
            await world.hangs_up()
            check([event.body for event in records.events[world.call.id]])
            assert world.desk.list(HandOffState.RINGING) == []

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(live())


@given(STORY)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_whenever_the_house_burns_down(story: list[tuple[str, float, bool]]) -> None:
    """The process is gone at some moment; the next one finds whom a call back is owed to."""

    async def live(url: str) -> None:
        async with open_records(url) as store, a_world(store) as world:
            await lived(world, story)
        async with open_records(url) as store:
            await store.recover(lambda row: (MONDAY, Promise("assistant", "llamar", id=f"owed-{row.id}")))
            whole = await store.call(world.call.id)
            assert whole and whole["state"] != "open"
            rang = [event for event in whole["events"] if event["kind"] == "hand_off"]
            if rang and whole["state"] == "interrupted":
                assert [event for event in whole["events"] if event["kind"] == "promise"]
            assert (await store.hand_offs("ringing")).items == []

    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(live(f"sqlite:///{Path(folder)}/records.sqlite"))
