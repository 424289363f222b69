"""The first meeting: whatever is answered, an office folder that can be read, or what is wrong with which answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.errors import OfficeError
from calls.versions import NotFit
from calls.words import Action, Audience, Circle, Language
from knowledge.contacts import fits
from knowledge.meeting import office_from, questions, write_office
from knowledge.office_folder import read_office
from knowledge.said import address, digits, hours, one_of
from prompts import Phrasebook

MONDAY = date(2026, 11, 23)
LINE = Phrasebook.load().line
ANSWERS = {
    "executive": "Irene Salas",
    "spoken": "la doctora Salas",
    "company": "Directora, Clínica Salas",
    "phone": "+34 600 999 000",
    "pin": "481516",
    "assistant": "Pablo Gil, 910 000 002",
    "receptionist": "Nora",
    "hours": "lun-jue 9-14, 15:30-18; vie 9:00-15:00",
    "close": "Andrés Salas, +34600111333, mi hermano\nMarta Gil (socia) 600 111 222",
    "wishes": "A mi hermano pásamelo\nNo cojo llamadas de bancos",
    "answers": "¿Dónde están? = En la calle Mayor, 5.\nEl aparcamiento es gratuito.",
    "press": "prensa@salas.example",
    "never": "Se vende la clínica.",
}


def held(answers: dict[str, str], language: Language = "es") -> dict[str, Any]:
    return office_from(answers, language, MONDAY, LINE)


def test_an_office_comes_from_the_answers(tmp_path: Path) -> None:
    write_office(tmp_path, held(ANSWERS), "es")
    office = read_office(tmp_path)
    policy = office.policy
    assert policy.executive.named("es") == "la doctora Salas" and policy.executive.phone == "+34600999000"
    assert policy.assistant.name == "Pablo Gil" and policy.assistant.phone == "+34910000002"
    assert "Nora" in policy.greeting["es"] and "AI assistant" in policy.greeting["en"]
    assert policy.hours.open[0] == ((540, 840), (930, 1080)) and policy.hours.open[4] == ((540, 900),)
    irene, andres, marta = office.contacts
    assert irene.circle is Circle.INNER and irene.pin and fits("481516", irene.pin)
    assert andres.numbers == ("+34600111333",) and andres.notes == "mi hermano" and marta.name == "Marta Gil"
    told = {each.id: each for each in office.preferences}
    brother = next(each for each in told.values() if each.callers)
    assert brother.do is Action.PUT_THROUGH and brother.callers == (andres.id,)
    assert told["donde-estan"].text == {"es": "En la calle Mayor, 5."}
    assert told["sales-calls"].do is Action.DECLINE and "la doctora Salas" in told["sales-calls"].text["es"]
    assert [each.text for each in told.values() if each.audience is Audience.NOBODY] == [{"es": "Se vende la clínica."}]


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_name_is_all_that_is_needed(tmp_path: Path, language: Language) -> None:
    write_office(tmp_path, held({"executive": "Irene Salas"}, language), language)
    assert read_office(tmp_path).policy.receptionist.languages[0] == language
    assert 12 <= len(questions(language)) <= 15
    with pytest.raises(OfficeError, match="office here already"):
        write_office(tmp_path, held({"executive": "Irene Salas"}), "es")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("executive", ""), ("pin", "12"), ("hours", "cuando puedo"), ("phone", "nada"), ("sales", "quizá"),
        ("never", "Ana tiene cáncer."), ("wishes", "A Pepe pásamelo"), ("press", "no es un correo"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_written(tmp_path: Path, question: str, answer: str) -> None:
    with pytest.raises(NotFit) as told:
        write_office(tmp_path / "office", held({**ANSWERS, question: answer}), "es")
    assert told.value.faults and not (tmp_path / "office").exists()


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([each.id for each in questions("es")]), st.text(max_size=60)))
def test_any_answers_make_a_readable_office_or_a_reason(tmp_path_factory: Any, answers: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("any") / "office"
    try:
        write_office(folder, held({"executive": "Irene", **answers}), "es")
    except NotFit as refused:
        assert refused.faults
    else:
        assert yaml.safe_load((folder / "voice.yaml").read_text())["executive"]["name"]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("De lunes a viernes de nueve a dos y de cuatro a siete y media.", [("mon-fri", "09:00-14:00, 16:00-19:30")]),
        ("Monday to Friday from nine to five thirty", [("mon-fri", "09:00-17:30")]),
        ("lun-jue 9-14, 15:30-18; vie 9:00-15:00", [("mon-thu", "09:00-14:00, 15:30-18:00"), ("fri", "09:00-15:00")]),
        ("Los sábados de 10 a 1 de la tarde", [("sat", "10:00-13:00")]),
        ("mon-fri 18:00-09:00", [("mon-fri 18:00-09:00", "")]),
        ("cuando puedo", [("cuando puedo", "")]),
    ],
)
def test_hours_are_read_as_one_says_them(said: str, read: list[tuple[str, str]]) -> None:
    assert hours(said) == read


def test_what_was_dictated_is_taken_as_one_would_write_it() -> None:
    assert address("prensa arroba vidal punto es.") == "prensa@vidal.es" == address("prensa@vidal.es")
    assert address("press at vidal dot example") == "press@vidal.example" and address("nada") == "nada"
    assert digits("8 3 1 5.") == "8315" and digits("mi casa") == "mi casa"
    assert (
        one_of("De usted, por favor.", ("usted", "tú")) == "usted" and one_of("ni idea", ("usted", "tú")) == "ni idea"
    )
