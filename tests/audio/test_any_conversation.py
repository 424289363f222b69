"""Any call by voice on virtual time: whatever callers and engines do, nothing is lost, nothing is left behind."""

from __future__ import annotations

import random

import pytest

from audio.conversation import Conversation
from calls.errors import EngineError
from calls.switchboard import Switchboard
from calls.words import HandOff, Heard, Message, Played, Reason, Said
from tests.audio.tones import HummingVoice, Language_of_tones, Telephone, ToneEars, sound
from tests.doubles import ScriptedMind, office

pytestmark = pytest.mark.virtual_time

PHRASES = ("¿Está la señora Vidal?", "llamo por la factura.", "quería hablar con", "ajá", "(cough)", "gracias, adiós.")
STEPS = (
    "Muy bien.",
    "Le cuento una historia bastante larga, con muchas palabras y sin prisa alguna.",
    Message("que llamen"),
    HandOff(Reason.RULE),
    0.3,
    9.0,
    EngineError("mind", "gone"),
)


@pytest.mark.parametrize("seed", range(80))
async def test_whatever_happens_the_record_is_whole(seed):
    dice = random.Random(seed)
    says, at = [], 0.5
    while at < 45:
        at += dice.choice((0.2, 0.5, 1.0, 3.0, 6.0))
        length = dice.choice((0.15, 0.3, 0.8, 1.5, 3.0))
        says.append((at, dice.choice(PHRASES), length))
        at += length
    tones = Language_of_tones()
    phone = Telephone(
        tones, says, until=dice.uniform(5, 50), keys=[(dice.uniform(1, 40), "1")], marks=dice.random() < 0.7
    )
    mind = ScriptedMind([[dice.choice(STEPS) for _ in range(dice.randint(1, 3))] for _ in range(12)])
    voice = HummingVoice(dice.choice((0.0, 0.05, 0.6)), trouble=[EngineError("voice", "dead")] * (dice.random() < 0.2))
    house = office(mind=mind)
    ears = ToneEars(tones, dice.choice((0.02, 0.1, 0.9)), nothing=["(cough)"])
    conversation = Conversation(phone, sound(tones, ears, voice))
    board = Switchboard(house, house.desk, most=1)
    call = await board.answer("test", door=conversation)
    try:
        await conversation.run(call)
    finally:
        await board.end(call, "receptionist" if call.ending else "caller")

    assert not call.open
    assert not board.calls
    assert [event.seq for event in call.events] == list(range(1, len(call.events) + 1))
    said = {body.id: body.text for body in call.bodies if isinstance(body, Said)}
    accounts = [body for body in call.bodies if isinstance(body, Played)]
    assert len({body.said for body in accounts}) == len(accounts), "what was heard is told once"
    for account in accounts:
        if account.said in said:
            assert said[account.said].startswith(account.heard_text)
    spoken = "".join(body.text for body in call.bodies if isinstance(body, Heard))
    if not call.with_staff and not call.ending:
        for when, text, length in says:
            whole = when + length < phone.until and length >= 0.3 and when > 8
            if whole and text in ("¿Está la señora Vidal?", "llamo por la factura."):
                assert text in spoken or any(isinstance(body, HandOff) for body in call.bodies)
