"""Two preferences that answer the same caller differently: found when one is written, and settled meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calls.words import Action, Audience, Circle, Preference
from knowledge.conflicts import differ, overlap, preferred
from knowledge.office_folder import SAMPLE
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from tests.doubles import MemoryVersions

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
GATE = Preference("gate", {"es": "Puede aparcar en la entrada norte."}, updated=AT)


def other(**fields: Any) -> Preference:
    return Preference(**({"id": "other", "text": {"es": "Puede aparcar en la entrada sur."}, "updated": AT} | fields))


@pytest.mark.parametrize(
    ("one", "two", "apart"),
    [
        ({"es": "Abrimos de nueve a seis."}, {"en": "We open from nine to six."}, False),
        ({"es": "Abrimos de nueve a seis."}, {"en": "We open from ten to two."}, True),
        ({"es": "El consejo es el 15 de diciembre."}, {"en": "The board meets on December 15."}, False),
        ({"es": "El consejo es el 15 de diciembre."}, {"en": "The board meets on January 15."}, True),
        ({"es": "Se admiten perros."}, {"en": "Dogs are not welcome."}, True),
        ({"es": "Escriba a uno@vidal.example."}, {"es": "Escriba a dos@vidal.example."}, True),
        ({"es": "La recibe Marta Ríos."}, {"es": "La recibe Pablo Mena."}, True),
        ({"es": "La recibe Marta Ríos."}, {"es": "Marta Ríos la recibe."}, False),
    ],
)
def test_what_tells_two_answers_apart(one: dict[Any, str], two: dict[Any, str], apart: bool) -> None:
    assert differ(Preference("a", one), Preference("b", two), near=False) is apart


def test_between_alike_wordings_a_single_word_is_the_answer() -> None:
    assert differ(GATE, other(), near=True) and not differ(GATE, other(), near=False)
    assert not differ(GATE, other(text=GATE.text), near=True)
    assert differ(GATE, other(text=GATE.text, do=Action.DECLINE), near=False)


def test_the_more_specific_is_preferred_then_the_newer() -> None:
    assert preferred(GATE, other(updated=AT + timedelta(days=1))).id == "other"
    newer = Preference("newer", GATE.text, updated=AT + timedelta(days=9))
    for specific in ({"audience": Audience.TRUSTED}, {"when": "un cliente"}, {"valid_until": date(2026, 12, 1)}):
        assert preferred(other(**specific), newer).id == "other"
    assert not overlap(other(valid_until=date(2026, 12, 1)), other(valid_from=date(2026, 12, 2)))


PAIRS = [
    ("El despacho abre de nueve a seis, de lunes a viernes.", "El despacho abre de diez a dos, de lunes a viernes."),
    ("Puede aparcar en la entrada norte.", "Puede aparcar en la entrada sur."),
    ("The board meets on December 15.", "El próximo consejo es el 22 de diciembre."),
    ("Las facturas se pagan a treinta días.", "Invoices are paid within sixty days."),
    ("La garantía es de dos años.", "Robots come with a three-year warranty."),
    ("La fábrica se puede visitar los martes.", "La fábrica no recibe visitas."),
    ("No se admiten perros en la oficina.", "Dogs are welcome at the office."),
    ("La señora Vidal está en Estocolmo esta semana.", "Ms. Vidal is in Lisbon this week."),
]


@pytest.fixture
async def sample(tmp_path: Path) -> AsyncGenerator[tuple[OfficeKnowledge, Study]]:
    opened = await open_knowledge(SAMPLE, tmp_path, MemoryVersions(), clock=lambda: AT)
    yield opened, Study(opened._versions, opened, lambda: AT)
    await opened.close()


@pytest.mark.slow
async def test_conflicts_are_found_when_one_is_written(sample: tuple[OfficeKnowledge, Study]) -> None:
    _, study = sample
    missed = []
    for one, two in PAIRS:
        first = await study.add("preference", {"text": one}, "Elena")
        second = await study.add("preference", {"text": two}, "Elena")
        if first.id not in {each.other.id for each in await study.conflicts(second)}:
            missed.append((one, two))
        for each in (first, second):
            await study.set_status("preference", each.id, "archived", "Elena")
    assert not missed
    for each in ("El guardarropa está en la planta baja.", "The yearly party is in the garden."):
        new = await study.add("preference", {"text": each}, "Elena")
        assert await study.conflicts(new) == [], each


@pytest.mark.slow
async def test_a_settled_office_has_few_conflicts(sample: tuple[OfficeKnowledge, Study]) -> None:
    knowledge, _ = sample
    found = {
        frozenset((each.id, rival.id)) for each in knowledge.preferences for rival in await knowledge.rivals(each.id)
    }
    assert len(found) <= 5, found


@pytest.mark.slow
async def test_meanwhile_one_of_them_answers_and_the_recall_says_which(sample: tuple[OfficeKnowledge, Study]) -> None:
    knowledge, study = sample
    question = "¿cuándo es la fiesta de los empleados?"
    old = await study.add("preference", {"id": "old", "text": "La fiesta de empleados es el 12 de junio."}, "Elena")
    new = await study.add("preference", {"id": "new", "text": "La fiesta de empleados es el 19 de junio."}, "Elena")
    assert [each.other.id for each in await study.conflicts(new)] == ["old"]
    later = Study(knowledge._versions, knowledge, lambda: AT + timedelta(hours=1))
    await later.change("preference", "new", {}, 1, "Elena")

    async def told() -> tuple[str, tuple[str, ...]]:
        best = (await knowledge.recall(question, Circle.TRUSTED, "es", AT)).matches[0]
        return best.preference.id, best.over

    assert await told() == ("new", ("old",)), "the newer"
    await study.change("preference", old.id, {"audience": "trusted"}, 1, "Elena")
    assert await told() == ("old", ("new",)), "the one for the closer circle"
    best = (await knowledge.recall(question, Circle.ANYONE, "es", AT)).matches[0]
    assert (best.preference.id, best.over) == ("new", ())
