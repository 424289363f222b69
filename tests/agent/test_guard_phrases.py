"""The house's own words pass its own rules: every line of the phrasebook, every wording of the sample office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.guard.house_rules import HouseRules
from agent.house.when import say_deadline, say_time
from calls.words import (
    LANGUAGES,
    Audience,
    Booking,
    Circle,
    HandOff,
    HandOffState,
    Language,
    Message,
    Promise,
    Reason,
    Scene,
    Sentence,
    Step,
)
from knowledge.office_folder import SAMPLE, read_office
from prompts import sentences
from tests.agent.guard_doubles import NOW, POLICY, phrasebook, rules, scene

pytestmark = pytest.mark.asyncio

DUE = NOW + timedelta(hours=6, minutes=30)
DEEDS: tuple[Step, ...] = (
    Message("la factura de octubre", "Ana Ferrer", "Norte", "+34600333444", id="m"),
    Promise("assistant", "Llamar a Ana Ferrer", DUE, id="p"),
    Booking(DUE, DUE + timedelta(minutes=30), "Ana Ferrer", id="b"),
    HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.RINGING, id="h"),
)
NOT_SPOKEN_HERE = (
    "absence_",
    "audience_",
    "brief_",
    "circle_",
    "deflect_",
    "meeting_",
    "order_",
    "promise_text",
    "proposal_",
    "reason_",
    "someone",
)


def spoken_lines(language: Language) -> Iterator[tuple[str, str]]:
    """Every sentence of every phrase with its slots filled as the house fills them."""
    book = phrasebook()
    names = {
        "executive": POLICY.executive.named(language),
        "assistant": POLICY.assistant.named(language),
        "receptionist": POLICY.receptionist.name,
    }
    for key in sorted(book.keys(language)):
        if key.startswith(NOT_SPOKEN_HERE):
            continue
        for time in (say_time(DUE, NOW, language), say_deadline(DUE, NOW, language)):
            slots = {"name": "Ana Ferrer", "digits": "600 333 444", "time": time, "words": "la factura de octubre"}
            slots |= {"letters": "V, I, D, A, L", "email": "ana arroba norte punto es"}
            slots |= dict.fromkeys(("who", "span", "address", "about", "audience", "circle", "text", "slots"), "")
            for form in ("", ".tu") if language == "es" else ("",):
                for line in book.variants(key + form, language, **names, **slots):
                    yield from ((key, sentence) for sentence in sentences(line))


@pytest.fixture(scope="module")
def house() -> Iterator[HouseRules]:
    made = rules()
    yield made
    made.close()


async def failures(
    house: HouseRules, said: Sequence[tuple[str, str]], turn: Scene, deeds: Sequence[Step], language: Language
) -> list[str]:
    found = []
    for key, text in said:
        checked = await house.speak(Sentence(text, language), turn, deeds)
        if checked.reason:
            found.append(f"{key}: {text} -> {checked.reason}")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_phrase_of_the_house_passes(house: HouseRules, language: Language) -> None:
    heard = "Soy Ana Ferrer, 600 333 444, ana arroba norte punto es, llamo por la factura de octubre"
    turn = scene(heard, language, deeds=DEEDS, callback_by=DUE)
    assert await failures(house, list(dict.fromkeys(spoken_lines(language))), turn, DEEDS, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_phrases_that_claim_nothing_pass_before_any_deed(house: HouseRules, language: Language) -> None:
    claims = (
        "message_taken", "callback_promised", "booked", "urgent_marked", "key_person", "comfort", "rescue",
        "hand_off_", "distress_coming", "emergency_coming", "brief_on_file", "told_to_say", "closing_down",
        "full_house", "often_house", "number_noted", "time_is_up", "recording_",
    )  # fmt: skip
    heard = "Soy Ana Ferrer, 600 333 444, ana arroba norte punto es"
    turn = scene(heard, language, callback_by=DUE)
    said = [(key, text) for key, text in dict.fromkeys(spoken_lines(language)) if not key.startswith(claims)]
    assert await failures(house, said, turn, (), language) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_on_file_for_a_caller_passes(language: Language) -> None:
    office = read_office(SAMPLE)
    house = rules(private_facts=lambda: office.preferences, names=lambda: [each.name for each in office.contacts])
    found: list[str] = []
    for preference in office.preferences:
        if preference.audience is Audience.NOBODY:
            continue
        text, written = preference.wording(language)
        turn = replace(scene("Hola", written, [preference], Circle(preference.audience.value)), policy=office.policy)
        said = [(preference.id, sentence) for sentence in sentences(text)]
        found += await failures(house, said, turn, DEEDS, written)
    house.close()
    assert found == []


async def test_what_is_above_a_callers_circle_is_caught_for_every_fact_on_file() -> None:
    office = read_office(SAMPLE)
    house = rules(private_facts=lambda: office.preferences)
    leaked: list[str] = []
    for preference in office.preferences:
        if preference.audience in (Audience.ANYONE, Audience.KNOWN):
            continue
        for language, text in preference.text.items():
            turn = replace(scene("¿Qué sabe de eso?", language), policy=office.policy)
            checked = [await house.speak(Sentence(each, language), turn, DEEDS) for each in sentences(text)]
            if all(not each.reason for each in checked):
                leaked.append(f"{preference.id}: {text}")
    house.close()
    assert leaked == []


async def test_covers_and_greeting_of_the_sample_office_pass() -> None:
    office = read_office(SAMPLE)
    house = rules(private_facts=lambda: office.preferences)
    found: list[str] = []
    for language in LANGUAGES:
        turn = replace(scene("Hola", language), policy=office.policy)
        found += await failures(house, [("greeting", office.policy.greeting[language])], turn, (), language)
        for cover in office.policy.covers:
            true = replace(
                turn,
                open_now=cover.when not in ("closed", "holiday"),
                busy_now=cover.when == "busy",
                away_today=cover.when == "away",
            )
            found += await failures(
                house, [("cover", each) for each in sentences(cover.text[language])], true, (), language
            )
    house.close()
    assert found == []


async def test_a_cover_is_not_said_when_it_is_not_true() -> None:
    house, office = rules(), read_office(SAMPLE)
    turn = replace(scene("¿Está la señora Vidal?"), policy=office.policy)
    assert (await house.speak(Sentence("Está reunida y ahora no puede ponerse.", "es"), turn, ())).reason == "cover"
    busy = replace(turn, busy_now=True)
    assert not (await house.speak(Sentence("Está reunida y ahora no puede ponerse.", "es"), busy, ())).reason
    house.close()
