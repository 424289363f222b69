"""Any call, whatever happens in it: callers who cut in, talk on or hang up, engines that are slow, hang or fail.

Each seed is one call on virtual time. Whatever the order of things, the record is whole and true.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from calls.call import Call
from calls.desk import AlreadyAnswered, Desk
from calls.errors import CallClosed, EngineError
from calls.keypad import press
from calls.switchboard import Switchboard
from calls.turn import Turn
from calls.words import (
    CallRow,
    Checked,
    Done,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Keys,
    Message,
    Outcome,
    Party,
    Promise,
    Reason,
    Ruling,
    Said,
    Say,
    Scene,
    Sentence,
    Staff,
    Step,
    Utterance,
)
from tests.doubles import MONDAY, MemoryRecords, OpenDoor, OpenRules, SmallKnowledge, kinds, office, play

pytestmark = pytest.mark.virtual_time
CLAIM = "Hecho: "
"""A sentence that begins so claims the deed whose id follows."""


class Luck(random.Random):
    """What happens next in one call."""

    def trouble(self, engine: str) -> float | BaseException:
        """Mostly nothing, sometimes slow, seldom hanging or failing."""
        kind = self.choices(["none", "slow", "hangs", "fails"], [12, 4, 1, 1])[0]
        return {"none": 0.0, "slow": self.uniform(0, 4), "hangs": 3600.0}.get(kind, EngineError(engine, "broken"))

    def step(self) -> Step:
        due = MONDAY + timedelta(hours=self.uniform(-1, 5))
        return self.choice(
            [Message("que me llame"), Promise("assistant", "llamar", due), HandOff(Reason.NOT_KNOWN), HangUp()]
        )


@dataclass
class CarefreeMind:
    """Says and proposes anything, and claims what it was told is done."""

    luck: Luck
    done: list[Step] = field(default_factory=list)

    async def propose(self, scene: Scene, act: object) -> AsyncGenerator[Sentence]:
        for _ in range(self.luck.randint(0, 4)):
            await play(self.luck.trouble("mind"))
            if self.luck.random() < 0.5:
                yield Sentence("Veamos.", scene.language)
            else:
                outcome: Outcome = await act(self.luck.step())  # type: ignore[operator]
                if isinstance(outcome, Done):
                    self.done.append(outcome.step)
                    yield Sentence(f"{CLAIM}{getattr(outcome.step, 'id', '')}", scene.language)


@dataclass
class MoodyRules(OpenRules):
    luck: Luck = field(default_factory=Luck)

    async def hear(self, heard: Utterance, *_: object) -> Ruling:  # type: ignore[override]
        await play(self.luck.trouble("rules"))
        if self.luck.random() < 0.1:
            return Ruling(say=("Llamo a Marta.",), step=HandOff(Reason.ASKED_FOR_PERSON))
        return Ruling()

    async def speak(self, sentence: Sentence, *_: object) -> Checked:  # type: ignore[override]
        await play(self.luck.trouble("rules"))
        return Checked(sentence.text, sentence.language)


class MoodyKnowledge(SmallKnowledge):
    luck: Luck

    async def recall(self, *asked: object) -> object:  # type: ignore[override]
        await play(self.luck.trouble("knowledge"))
        return await super().recall(*asked)  # type: ignore[arg-type]


class MoodyRecords(MemoryRecords):
    """Slow or failing, never hanging; like a thread that writes, it goes on when whoever waits for it is gone."""

    luck: Luck

    async def append(self, *written: object) -> None:  # type: ignore[override]
        writing = asyncio.ensure_future(self._written(*written))
        writing.add_done_callback(lambda done: done.exception())
        await asyncio.shield(writing)

    async def _written(self, *written: object) -> None:
        trouble = self.luck.trouble("records")
        await play(trouble if trouble != 3600.0 else 1.0)
        await super().append(*written)  # type: ignore[arg-type]


@dataclass
class MoodyBell:
    luck: Luck

    async def ring(self, call: CallRow, hand_off: HandOff) -> None:
        await play(self.luck.trouble("bell"))


@dataclass
class Happenings:
    """One call and everything that goes on around it at the same time."""

    luck: Luck
    call: Call
    desk: Desk
    confirmed: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    under_way: list[asyncio.Task[None]] = field(default_factory=list)

    async def speaks(self, words: str) -> None:
        """The caller says something: prepared, then confirmed or withdrawn, then heard out or cut off."""
        turn = Turn(self.call, Utterance(words, self.luck.choice(["es", "en"])))
        replying = asyncio.create_task(self._speaks_back(turn))
        await asyncio.sleep(self.luck.uniform(0, 3))
        if self.luck.random() < 0.3 or not await self._confirms(turn) or self.luck.random() < 0.3:
            replying.cancel()
        await asyncio.gather(replying, return_exceptions=True)

    async def _confirms(self, turn: Turn) -> bool:
        try:
            await turn.confirm()
        except (EngineError, CallClosed):
            return False
        self.confirmed.append(turn.heard.text)
        await asyncio.sleep(self.luck.uniform(0, 12))
        return True

    async def _speaks_back(self, turn: Turn) -> None:
        enough = self.luck.randint(0, 5)
        with suppress(EngineError, CallClosed):
            async with aclosing(turn.reply()) as says:
                async for say in says:
                    await self._plays(turn, say)
                    enough -= 1
                    if enough < 0:
                        return

    async def _plays(self, turn: Turn, say: Say) -> None:
        heard = say.text[: self.luck.randint(0, len(say.text))]
        await asyncio.sleep(self.luck.uniform(0, 1))
        if any(isinstance(body, Said) and body.id == say.id for body in self.call.bodies):
            await self.call.played(say, heard, cut_short=heard != say.text)

    async def presses(self, digits: str) -> None:
        async with aclosing(press(self.call, digits)) as says:
            async for _ in says:
                pass
        self.pressed.append(digits)

    async def answers(self) -> None:
        """Two people at the desk reach for the same call."""
        for ringing in self.desk.list(HandOffState.RINGING):
            hand_off_id = ringing.hand_off.id
            takes = [self.luck.choice([self.desk.accept, self.desk.decline])(hand_off_id) for _ in range(2)]
            for taken in await asyncio.gather(*takes, return_exceptions=True):
                if isinstance(taken, HandOff):
                    self.accepted.append(hand_off_id)
                elif not isinstance(taken, AlreadyAnswered | EngineError | CallClosed):
                    raise taken

    async def staff(self) -> None:
        await self.call.note(Staff(self.luck.choice(["take_over", "hand_back"]), by="Marta"))
        await self.desk.hand_back(self.call)

    def begins(self, happening: Awaitable[None]) -> None:
        self.under_way.append(asyncio.create_task(self._tolerates(happening)))

    async def _tolerates(self, happening: Awaitable[None]) -> None:
        with suppress(EngineError, CallClosed):
            await happening

    async def goes_on(self) -> None:
        for number in range(self.luck.randint(1, 12)):
            match self.luck.choices(["speaks", "presses", "answers", "staff", "cancels"], [8, 1, 3, 1, 1])[0]:
                case "speaks":
                    self.begins(self.speaks(f"frase {number}"))
                case "presses":
                    self.begins(self.presses(self.luck.choice(["1", "4711#", "600111222", "*"])))
                case "answers":
                    self.begins(self.answers())
                case "staff":
                    self.begins(self.staff())
                case "cancels" if self.under_way:
                    self.luck.choice(self.under_way).cancel()
            await asyncio.sleep(self.luck.uniform(0, 15))


async def one_call(luck: Luck) -> tuple[Happenings, MoodyRecords, CarefreeMind]:
    records, knowledge, mind = MoodyRecords(), MoodyKnowledge(), CarefreeMind(luck)
    records.luck = knowledge.luck = luck
    desk = Desk([MoodyBell(luck)])
    house = office(mind=mind, rules=MoodyRules(luck=luck), knowledge=knowledge, records=records, desk=desk)
    switchboard = Switchboard(house, desk, most=1)
    call = await switchboard.answer("test", door=OpenDoor(luck.uniform(0, 2)) if luck.random() < 0.7 else None)
    happenings = Happenings(luck, call, desk)
    with suppress(EngineError):
        await call.greet()
    await happenings.goes_on()
    by: list[Party] = ["caller", "receptionist", "line"]
    await asyncio.gather(*(switchboard.end(call, each) for each in by[: luck.randint(1, 3)]), return_exceptions=True)
    await asyncio.gather(*happenings.under_way, return_exceptions=True)
    assert switchboard.calls == ()
    return happenings, records, mind


@pytest.mark.parametrize("block", range(20))
async def test_whatever_happens_the_record_is_whole_and_true(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        happenings, records, mind = await one_call(Luck(seed))
        call, kept = happenings.call, records.events[happenings.call.id]
        note = f"seed {seed}: {kinds(call)}"
        assert kept == call.events, note
        assert [event.seq for event in kept] == list(range(1, len(kept) + 1)), note
        assert records.rows[call.id].state == "closed" and not call.open, note
        bodies = [event.body for event in kept]
        heard = [body.text for body in bodies if isinstance(body, Heard)]
        assert len(heard) == len(set(heard)) and set(happenings.confirmed) <= set(heard), note
        check_deeds(bodies, mind, note)
        check_hand_offs(bodies, happenings, note)
        assert sum(isinstance(body, HangUp) for body in bodies) <= 1, note
        with pytest.raises(CallClosed):
            await call.note(Keys("1"))


def check_deeds(bodies: list[object], mind: CarefreeMind, note: str) -> None:
    """Each deed is on record once, and what is claimed is among them and comes before its claim."""
    on_record: list[str] = []
    for body in bodies:
        match body:
            case Message(id=deed) | Promise(id=deed) | HandOff(id=deed, state=HandOffState.RINGING):
                assert deed not in on_record, note
                on_record.append(deed)
            case Said(text=text) if text.startswith(CLAIM):
                assert text.removeprefix(CLAIM) in ["", *on_record], note
    for step in mind.done:
        assert getattr(step, "id", "") in ["", *on_record], note


def check_hand_offs(bodies: list[object], happenings: Happenings, note: str) -> None:
    """Every one rang first, was answered at most once, and two never rang at the same time."""
    ended = {HandOffState.ACCEPTED, HandOffState.DECLINED, HandOffState.TIMED_OUT}
    steps = [body for body in bodies if isinstance(body, HandOff)]
    for one in {step.id for step in steps}:
        states = [step.state for step in steps if step.id == one]
        assert states[:2] == [HandOffState.OFFERED, HandOffState.RINGING], note
        assert len([state for state in states if state in ended]) <= 1, note
        assert len(set(states)) == len(states), note
    assert len(happenings.accepted) == len(set(happenings.accepted)), note
    ringing: set[str] = set()
    for step in steps:
        if step.state is HandOffState.RINGING:
            assert not ringing, note
            ringing.add(step.id)
        elif step.state is not HandOffState.OFFERED:
            ringing.discard(step.id)
    assert happenings.desk.list(HandOffState.RINGING) == [], note
