"""What counts as a yes to being recorded, and what does not."""

from __future__ import annotations

import pytest

from calls.call import Call
from calls.consent import Consent, agrees
from calls.turn import take_turn
from calls.words import Greeted, Played, Recording, Utterance
from tests.doubles import OpenDoor, ScriptedMind, office, texts

pytestmark = pytest.mark.virtual_time


class Reel:
    """A tape that remembers what was done to it."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def start(self) -> None:
        self.did.append("start")

    async def discard(self) -> None:
        self.did.append("discard")


async def asked(mind: ScriptedMind | None = None, heard: str = "[recording_question]") -> tuple[Call, Reel]:
    call, reel = await Call.answered(office(mind=mind or ScriptedMind()), "test", door=OpenDoor()), Reel()
    call.consent = Consent(reel)
    *greeting, question = await call.greet()
    for say in greeting:
        await call.played(say, say.text, False)
    assert question.text == "[recording_question]"
    await call.note(Played(question.id, heard, heard != question.text))
    return call, reel


async def says(call: Call, text: str) -> list[str]:
    return texts([say async for say in take_turn(call, Utterance(text, "es"))])


def states(call: Call) -> list[str]:
    return [body.state for body in call.bodies if isinstance(body, Recording)]


YES = """
Sí. / Sí, claro. / Claro que sí / Vale, gracias. / Por supuesto, señorita. / De acuerdo. / Pues sí. / No hay problema.
Sí, y quería hablar con ella. / Buenos días, sí. / Yes, of course. / Sure, go ahead. / No problem. / I don't mind.
Yes. I'm calling about the invoice.
"""
NO = """
No. / No, gracias. / Mejor no. / No, no me grabe. / Prefiero que no se grabe. / Sí, pero no grabe. / ¿Cómo dice?
Quería hablar con la señora Vidal. / Vale, quería hablar con ella. / Bien, mire, llamo por la factura. / 600111222
Simón Prieto al aparato. / Please don't record me. / I'd rather not. / Fine, could you put me through?
"""


def each(texts: str) -> list[str]:
    return [text.strip() for line in texts.strip().splitlines() for text in line.split("/")]


@pytest.mark.parametrize("text", each(YES))
def test_a_yes(text: str):
    assert agrees(text)


@pytest.mark.parametrize("text", ["", *each(NO)])
def test_no_yes(text: str):
    assert not agrees(text)


async def test_a_yes_starts_the_tape_and_goes_on_record_first():
    call, reel = await asked()
    assert await says(call, "Sí, claro.") == ["[recording_agreed]"]
    assert states(call) == ["asked", "agreed"] and reel.did == ["start"]
    assert await says(call, "¿Está la señora Vidal?") == ["Muy bien."]


async def test_a_yes_before_the_business_leaves_the_business_to_the_mind():
    call, reel = await asked()
    assert await says(call, "Sí, y quería hablar con la señora Vidal.") == ["Muy bien."]
    assert reel.did == ["start"]


@pytest.mark.parametrize(
    ("text", "reply"), [("No, gracias.", "[recording_refused]"), ("Llamo por la factura.", "Muy bien.")]
)
async def test_anything_else_is_a_no_and_a_later_yes_is_one_to_something_else(text: str, reply: str):
    call, reel = await asked()
    assert await says(call, text) == [reply]
    assert await says(call, "Sí.") == ["Muy bien."]
    assert states(call) == ["asked", "refused"] and reel.did == []


async def test_who_did_not_hear_the_question_has_not_answered_it():
    call, reel = await asked(heard="[rec")
    assert await says(call, "Sí.") == ["Muy bien."]
    assert reel.did == []


async def test_a_yes_can_be_taken_back():
    call, reel = await asked()
    await says(call, "Sí.")
    assert await says(call, "Oiga, no quiero que me grabe.") == ["[recording_erased]"]
    assert states(call) == ["asked", "agreed", "erased"] and reel.did == ["start", "discard"]


async def test_the_greeting_leaves_the_question_to_the_recording() -> None:
    """Two questions in one breath, and nobody knows which the "yes" was for."""
    call, _ = await asked()
    greeting = next(body.text for body in call.bodies if isinstance(body, Greeted))
    assert not greeting.endswith("?") and "inteligencia artificial" in greeting
