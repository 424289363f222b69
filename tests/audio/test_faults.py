"""The table of faults: whatever an engine does, the caller hears something within two seconds, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from audio.conversation import Conversation
from calls.call import Call
from calls.errors import EngineError
from calls.switchboard import Switchboard
from calls.words import Checked, Heard, Language, Message, Scene, Sentence, Step
from tests.audio.tones import HummingVoice, Language_of_tones, Telephone, ToneEars, sound
from tests.doubles import MemoryRecords, OpenRules, ScriptedMind, SmallKnowledge, office, play

pytestmark = pytest.mark.virtual_time

ASKED, FINISHED, HEARD_WITHIN_S = 12.0, 13.0, 2.0
HANGS, LATE = 600.0, 5.0


def fails(engine: str) -> EngineError:
    return EngineError(engine, "it broke")


MESSAGE = Message("Los planos llegan el martes", "Ana Soler")
BEFORE: dict[str, Sequence[Any]] = {
    "hangs": [HANGS], "fails": [fails("mind")], "late": [LATE, "Ya está."], "garbage": [], "blank": [" "],
}  # fmt: skip


class FaultyRules(OpenRules):
    """Judges sentences with trouble of its own."""

    speaks: list[float | BaseException] = []

    async def speak(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step]) -> Checked:
        await play(self.speaks.pop(0) if self.speaks else None)
        return await super().speak(sentence, scene, deeds)


@dataclass
class FaultyEars(ToneEars):
    trouble: list[float | BaseException] = field(default_factory=list)

    async def hear(self, pcm: Any, **more: Any) -> Any:
        await play(self.trouble[0] if self.trouble else None)
        return await super().hear(pcm, **more)


@dataclass
class DeadVoice(HummingVoice):
    """After its first words nothing but what was recorded at set-up."""

    dead: bool = False
    recorded: Sequence[str] = ("[rescue_no_one]", "[hold_on]")

    async def speak(self, text: str, language: Language) -> AsyncGenerator[bytes]:
        if self.dead and text not in self.recorded:
            raise fails("voice")
        async for pcm in super().speak(text, language):
            yield pcm


def mind(fault: str, mid: bool) -> dict[str, Any]:
    script = BEFORE[fault]
    return {"mind": ScriptedMind([[MESSAGE, "Tomo nota.", *script] if mid else [MESSAGE, *script]])}


def rules(*trouble: Any) -> dict[str, Any]:
    return {"rules": OpenRules(trouble=list(trouble)), "mind": ScriptedMind([[MESSAGE, "Tomo nota."]])}


def speaking(*trouble: Any) -> dict[str, Any]:
    judge = FaultyRules()
    judge.speaks = list(trouble)
    return {"rules": judge, "mind": ScriptedMind([[MESSAGE, "Tomo nota.", "Adiós."]])}


def knowledge(*trouble: Any) -> dict[str, Any]:
    return {"knowledge": SmallKnowledge(trouble=list(trouble)), "mind": ScriptedMind([[MESSAGE, "Tomo nota."]])}


TABLE: dict[str, dict[str, Any]] = {
    **{f"mind {fault}, before": mind(fault, False) for fault in BEFORE},
    **{f"mind {fault}, in mid-answer": mind(fault, True) for fault in BEFORE},
    "rules hang": rules(HANGS),
    "rules fail": rules(fails("rules")),
    "rules late": rules(LATE),
    "rules fail twice": rules(fails("rules"), fails("rules")),
    "judging hangs": speaking(HANGS),
    "judging fails": speaking(fails("rules")),
    "judging late": speaking(LATE),
    "judging hangs, in mid-answer": speaking(0.0, HANGS),
    "judging fails, in mid-answer": speaking(0.0, fails("rules")),
    "judging late, in mid-answer": speaking(0.0, LATE),
    "knowledge hangs": knowledge(HANGS),
    "knowledge fails": knowledge(fails("knowledge")),
    "knowledge late": knowledge(LATE),
    "knowledge and rules fail": {**rules(fails("rules")), "knowledge": SmallKnowledge(trouble=[fails("knowledge")])},
    "knowledge and rules late": {**rules(LATE), "knowledge": SmallKnowledge(trouble=[LATE])},
    "ears hang": {"ears": [HANGS]},
    "ears fail": {"ears": [fails("ears")]},
    "ears late": {"ears": [LATE]},
    "voice dead": {"voice": True},
    "voice dead and mind fails": {"voice": True, **mind("fails", False)},
    "voice dead and mind hangs": {"voice": True, **mind("hangs", False)},
    "voice dead and mind late": {"voice": True, **mind("late", False)},
    "records fail": {"records": MemoryRecords(trouble=[0.0, 0.0, fails("records")])},
    "records late": {"records": MemoryRecords(trouble=[0.0, 0.0, LATE])},
}


@pytest.mark.parametrize("fault", TABLE)
async def test_the_caller_is_not_left_in_silence(fault: str) -> None:
    parts = {**TABLE[fault]}
    tones = Language_of_tones()
    phone = Telephone(tones, [(ASKED, "Los planos llegan el martes", FINISHED - ASKED)], until=45)
    ears, voice = FaultyEars(tones, trouble=parts.pop("ears", [])), DeadVoice()
    dead = parts.pop("voice", False)
    call = await converse(phone, ears, voice, dead, **parts)
    assert phone.first_voice_after(FINISHED) <= FINISHED + HEARD_WITHIN_S
    assert not call.open and call.row.state == "closed"
    noted = [body for body in call.bodies if isinstance(body, Heard)]
    assert noted or fault.startswith("ears"), "what was heard is on record"
    if dead:
        owned_up = next(at for at, body in enumerate(call.bodies) if "[rescue_no_one]" in str(body))
        assert any(isinstance(body, Heard) for body in call.bodies[:owned_up]), "nobody is answered before they finish"
    assert MESSAGE.reason in str(call.deeds) or not any(isinstance(step, Message) for step in proposed(call))


def proposed(call: Call) -> list[object]:
    """What the mind had got out before it broke down."""
    scripted: Any = call.office.mind
    return list(getattr(scripted, "outcomes", []))


async def converse(phone: Telephone, ears: FaultyEars, voice: DeadVoice, dead: bool, **parts: Any) -> Call:
    house = office(**parts)
    conversation = Conversation(phone, sound(phone.tones, ears, voice))
    board = Switchboard(house, house.desk, most=1)
    call = await board.answer("test", door=conversation)
    asyncio.get_running_loop().call_later(ASKED - 1, setattr, voice, "dead", dead)
    await conversation.run(call)
    await board.end(call, "receptionist" if call.ending else "caller")
    return call
