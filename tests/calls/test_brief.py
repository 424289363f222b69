"""The brief, in the real wording: what a human reads before taking the call."""

import pytest

from calls.brief import brief_of
from calls.call import Call
from calls.words import LANGUAGES, Caller, Circle, Heard, Language, Message, Promise, Reason
from prompts import Phrasebook
from tests.doubles import SmallKnowledge, office

pytestmark = pytest.mark.virtual_time


async def calling(language: Language, **caller: object) -> Call:
    knowledge = SmallKnowledge(contacts={"+34600111222": Caller("+34600111222", **caller)})  # type: ignore[arg-type]
    parts = office(phrases=Phrasebook.load(), knowledge=knowledge)
    return await Call.answered(parts, "text", "+34600111222", language=language)


async def test_who_why_what_and_the_last_words() -> None:
    call = await calling("es", name="Luis Prieto", circle=Circle.TRUSTED)
    await call.note(Heard("Es por la propuesta del martes.", "es"))
    await call.do(Message("que me llame antes de las cinco"))
    await call.do(Promise("assistant", "devolver la llamada hoy"))
    brief = brief_of(call, Reason.ASKED_FOR_PERSON)
    for part in ("Luis Prieto", "que me llame antes de las cinco", "devolver la llamada hoy", "propuesta del martes"):
        assert part in brief


async def test_who_they_are_and_why_is_not_lost_behind_the_wish_for_a_person() -> None:
    call = await calling("es")
    for said in ("Buenos días, soy Luis Prieto", "Es por la propuesta del martes", "Prefiero hablar con una persona"):
        await call.note(Heard(said, "es"))
        await call.speak("Claro. ¿En qué puedo ayudarle?")
    brief = brief_of(call, Reason.ASKED_FOR_PERSON)
    assert "Luis Prieto" in brief and "propuesta del martes" in brief


async def test_a_name_that_was_left_is_used() -> None:
    call = await calling("en")
    await call.do(Message("call me back", from_name="Amy Hall"))
    assert "Amy Hall" in brief_of(call, Reason.UNCLEAR)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
async def test_every_reason_can_be_told(language: Language, reason: Reason) -> None:
    call = await calling(language)
    brief = brief_of(call, reason)
    assert "{" not in brief and len(brief) > 20
