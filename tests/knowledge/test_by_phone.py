"""The executive calls their own line: PIN, order, read-back, yes; and it holds on the next turn of anybody's call."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from audio.conversation import Conversation
from calls import keypad
from calls.call import Call
from calls.desk import Desk
from calls.ports import Act
from calls.switchboard import Switchboard
from calls.turn import take_turn
from calls.words import (
    Action,
    Follow,
    HandOff,
    Heard,
    Keys,
    Language,
    Ordered,
    Proved,
    Reason,
    Said,
    Scene,
    Sentence,
    Utterance,
)
from knowledge.by_phone import BY_PHONE, ByPhone
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from prompts import Phrasebook
from tests.audio.tones import Language_of_tones, Telephone, sound
from tests.doubles import MONDAY, MemoryVersions, office, texts
from tests.knowledge.quick import CONTACTS, VOICE, WordEncoder, write_office

ELENA, ANDRES, LUIS = "+34600111000", "+34600111333", "+34600111222"
PEOPLE = (
    CONTACTS.replace('language: es, pin: "0123"', 'language: es, notes: hermano de Elena, pin: "0123"')
    + '- {name: Elena Vidal, numbers: ["+34600111000"], circle: inner, language: es, pin: "8315"}\n'
)
DEEDS = Proved | Heard | Ordered
ORDER = "Hasta el lunes estoy de vacaciones; a mi hermano pásamelo."


class RuleMind:
    """Follows the best rule that it is given, else says that it does not know."""

    async def propose(self, scene: Scene, act: Act) -> AsyncGenerator[Sentence]:
        best = scene.recall.matches[0].preference if scene.recall.matches and not scene.recall.unsure else None
        match best and best.do:
            case Action.PUT_THROUGH:
                await act(HandOff(Reason.RULE, "executive"))
                yield Sentence("Le paso.", scene.language)
            case Action() as do if best:
                await act(Follow(best.id, do))
                yield Sentence(*best.wording(scene.language))
            case _:
                yield Sentence("No lo sé.", scene.language)


@dataclass
class Clock:
    """The time, until it is put forward."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at


class Line:
    """The house, and calls to it."""

    def __init__(self, knowledge: OfficeKnowledge, study: Study, clock: Clock):
        self.knowledge, self.study, self.clock = knowledge, study, clock
        self.desk = Desk()
        orders = ByPhone(knowledge, study, lambda text, language: re.sub(r"\D", "", text), self.missed)
        self.office = office(
            desk=self.desk,
            knowledge=knowledge,
            orders=orders,
            phrases=Phrasebook.load(),
            mind=RuleMind(),
            now=clock,
        )

    async def missed(self, language: Language) -> Sequence[str]:
        return ["Dos recados."]

    async def dial(self, number: str | None) -> Call:
        call = await Call.answered(self.office, "text", number, language="es")
        await call.greet()
        return call

    async def say(self, call: Call, text: str, language: Language = "es") -> str:
        return " ".join(texts([each async for each in take_turn(call, Utterance(text, language))]))

    async def key(self, call: Call, digits: str) -> str:
        return " ".join(texts([each async for each in keypad.press(call, digits)]))

    def by_phone(self) -> list[str]:
        return [each.id for each in self.knowledge.preferences if each.author == BY_PHONE]


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    versions, clock = MemoryVersions(), Clock()
    voice = VOICE.replace("company: Vidal Robotics,", f'company: Vidal Robotics, phone: "{ELENA}",')
    folder = write_office(tmp_path / "office", voice=voice, contacts=PEOPLE)
    knowledge = await open_knowledge(folder, tmp_path, versions, [(WordEncoder(), 1.0)], clock=clock)
    yield Line(knowledge, Study(versions, knowledge, clock), clock)
    await knowledge.close()


async def spoken(line: Line, says: Sequence[tuple[float, str, float]], pin: str) -> Call:
    """A whole call of the executive by voice: `pin` keyed after the greeting, then `says` as (when, text, seconds)."""
    keys = [(9 + n / 4, key) for n, key in enumerate(pin)]
    phone = Telephone(Language_of_tones(), says, until=60, keys=keys)
    conversation = Conversation(phone, sound(phone.tones))
    board = Switchboard(line.office, line.desk, most=1)
    call = await board.answer("test", number=ELENA, door=conversation)
    await conversation.run(call)
    await board.end(call, "caller")
    return call


async def test_an_order_is_read_back_and_holds_after_a_yes(line: Line) -> None:
    elena = await line.dial(ELENA)
    assert "correcto" in await line.key(elena, "8315#")
    told = await line.say(elena, ORDER)
    assert "está de vacaciones hasta el lunes 30 de noviembre" in told and "Andrés Vidal" in told
    assert told.endswith("¿Lo dejo así?") and not line.by_phone()
    assert (await line.say(elena, "Sí, perfecto.")).startswith("Hecho.")
    assert line.by_phone() == ["absence", "callers"]
    assert any(isinstance(body, Ordered) for body in elena.bodies), "what is claimed is on record"

    absence = line.study.one("preference", "absence")
    assert absence.author == BY_PHONE and absence.data["valid"]["until"] == "2026-11-30"
    assert absence.data["text"]["en"] == "Ms. Vidal is on holiday until Monday, November 30."
    luis, andres = await line.dial(LUIS), await line.dial(ANDRES)
    assert "vacaciones" in await line.say(luis, "quiere hablar con la señora Vidal, pregunta si está")
    assert await line.say(andres, "Hola, soy yo.") == "Le paso."
    assert andres.hand_off and andres.hand_off.to == "executive"
    assert luis.hand_off is None, "the rule is for nobody else"
    line.desk.forget(andres)


@pytest.mark.virtual_time
async def test_a_whole_call_by_voice_with_a_keyed_pin_a_spoken_order_and_a_spoken_yes(line: Line) -> None:
    nod, agreed = (31, "Sí.", 0.4), (42.5, "Sí, perfecto.", 0.8)
    call = await spoken(line, [(20, ORDER, 3.0), nod, agreed], "8315#")
    assert [body.digits for body in call.bodies if isinstance(body, Keys)] == ["*****"], "the PIN is on no record"
    deeds = [body.text if isinstance(body, Heard) else type(body) for body in call.bodies if isinstance(body, DEEDS)]
    assert deeds == [Proved, ORDER, "Sí, perfecto.", Ordered], "a nod into the read-back is no yes"
    told = " ".join(body.text for body in call.bodies if isinstance(body, Said))
    assert "hasta el lunes 30 de noviembre" in told and "Andrés Vidal" in told and "Hecho." in told
    assert line.study.one("preference", "absence").number == 1
    luis, andres = await line.dial(LUIS), await line.dial(ANDRES)
    assert "vacaciones" in await line.say(luis, "quiere hablar con la señora Vidal, pregunta si está")
    assert await line.say(andres, "Hola, soy yo.") == "Le paso."
    line.desk.forget(andres)


async def test_nothing_without_the_pin(line: Line) -> None:
    elena = await line.dial(ELENA)
    for text in (ORDER, "¿Qué me he perdido?", "Deshaz el último cambio."):
        assert "código personal" in await line.say(elena, text)
    assert not line.by_phone()
    stranger = await line.dial(None)
    assert await line.say(stranger, ORDER) == "No lo sé."
    andres = await line.dial(ANDRES)
    await line.key(andres, "0123")
    assert await line.say(andres, ORDER) == "No lo sé.", "another person's PIN opens nothing here"


async def test_a_spoken_pin_takes_up_what_was_said_before_and_is_masked(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.say(elena, ORDER)
    told = await line.say(elena, "Ocho, tres... 8315.")
    assert "El código es correcto" in told and "¿Lo dejo así?" in told
    heard = [body.text for body in elena.bodies if isinstance(body, Heard)]
    assert "8315" not in " ".join(heard) and "****" in heard[-1]


async def test_wrong_pins_are_limited(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.say(elena, "¿Qué me he perdido?")
    for wrong in ("1111", "mi PIN es 2222", "3333"):
        await line.say(elena, wrong)
    assert "ya no puedo comprobar más" in await line.say(elena, "mi pin es 8315")
    assert "Dos recados" not in await line.say(elena, "¿Qué me he perdido?")


async def test_calling_again_and_again_does_not_help_to_guess_a_pin(line: Line) -> None:
    for _ in range(2):
        elena = await line.dial(ELENA)
        for wrong in ("1111", "2222", "3333"):
            await line.key(elena, wrong)
    assert "no es correcto" in await line.key(await line.dial(ELENA), "8315")
    assert "correcto" in await line.key(await line.dial(ANDRES), "0123"), "nobody else is locked out"
    line.clock.at = MONDAY.replace(hour=11)
    assert "El código es correcto" in await line.key(await line.dial(ELENA), "8315")


async def test_what_was_missed_is_told_and_the_last_change_undone(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.key(elena, "8315")
    assert "Dos recados." in await line.say(elena, "¿Qué me he perdido?")
    await line.say(elena, "Diles que el viernes cerramos a las tres.")
    await line.say(elena, "Vale.")
    await line.say(elena, ORDER)
    await line.say(elena, "Sí.")
    assert len(line.by_phone()) == 3
    assert "Deshecho" in await line.say(elena, "Deshaz el último cambio.")
    assert len(line.by_phone()) == 1, "the order is undone as one"
    assert "Deshecho" in await line.say(elena, "Undo the last change.", "en") or not line.by_phone()
    assert "No hay ningún cambio" in await line.say(elena, "Deshaz el último cambio.")


async def test_no_changes_nothing_and_a_correction_is_read_back_again(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.key(elena, "8315")
    await line.say(elena, ORDER)
    assert "hasta el miércoles 25" in await line.say(elena, "No, hasta el miércoles.")
    assert "como estaba" in await line.say(elena, "No, déjalo.")
    assert not line.by_phone()
    assert await line.say(elena, "Estoy de viaje.") == "¿Hasta cuándo?"
    assert "está de viaje hasta el jueves 26" in await line.say(elena, "Hasta el jueves.")
    assert "No encuentro a «Pepe»" in await line.say(elena, "A Pepe pásamelo.")


async def test_in_english(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.key(elena, "8315")
    told = await line.say(elena, "Until Monday I'm on holiday; put my brother through.", "en")
    assert "Ms. Vidal is on holiday until Monday, November 30." in told and "Shall I leave it like that?" in told
    assert (await line.say(elena, "Yes, please.", "en")).startswith("Done.")
    assert len(line.by_phone()) == 2


async def test_a_private_fact_is_not_kept(line: Line) -> None:
    elena = await line.dial(ELENA)
    await line.key(elena, "8315")
    await line.say(elena, "Di que mi hermano tiene cáncer.")
    assert "no lo puedo guardar" in await line.say(elena, "Sí.")
    assert not line.by_phone()


async def test_a_rule_for_one_caller_ends_with_its_last_day(line: Line) -> None:
    data = {"text": "A Andrés se le pasa.", "when": "llama Andrés", "do": "put_through", "audience": "trusted",
            "callers": ["andres-vidal"], "valid": {"until": "2026-11-30"}}  # fmt: skip
    await line.study.add("preference", data, "Elena")
    caller, orders = line.knowledge.caller(ANDRES), line.office.orders
    assert orders and orders.rule_for(caller, MONDAY)
    assert orders.rule_for(caller, MONDAY.replace(month=12)) is None
    assert orders.rule_for(replace(caller, contact_id="luis-prieto"), MONDAY) is None
