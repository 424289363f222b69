"""What every Knowledge promises: the one of the tests, and the one over an office folder, also with real encoders."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.ports import Knowledge
from calls.words import Caller, Circle, Match, Preference, Recall, Slot
from knowledge.embedding import E5, Encoder, FastSentence
from knowledge.office_folder import SAMPLE
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from tests.doubles import MemoryVersions, SmallKnowledge
from tests.knowledge.quick import WordEncoder

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
ANDRES, LUIS = "+34600111333", "+34600111222"
PRESS = "soy periodista, quería unas declaraciones"
NONSENSE = "¿cuál es la raíz cuadrada de dos?"
HOTEL = "¿en qué hotel se aloja esta semana?"
SMALL = SmallKnowledge(
    contacts={
        ANDRES: Caller(ANDRES, "Andrés Vidal", Circle.TRUSTED, "es"),
        LUIS: Caller(LUIS, "Luis Prieto", Circle.TRUSTED, "es"),
    },
    recalls={PRESS: Recall((Match(Preference("press", {"es": "La prensa escribe."}), 0.9),), unsure=False)},
    opening=lambda at: at.weekday() < 5,
    free=(Slot(AT, AT + timedelta(hours=1)),),
)


Encoders = tuple[tuple[Encoder, float], ...]


@pytest.fixture(scope="module")
def real() -> Encoders:
    """The encoders that the house uses; what they have encoded stays with them from test to test."""
    return ((E5(), 1.0), (FastSentence(), 0.5))


@pytest.fixture(params=["small", "folder", pytest.param("real", marks=pytest.mark.slow)])
async def knowledge(request: pytest.FixtureRequest, real: Encoders, tmp_path: Path) -> AsyncGenerator[Knowledge]:
    if request.param == "small":
        yield SMALL
        return
    encoders = real if request.param == "real" else ((WordEncoder(), 1.0),)
    opened = await open_knowledge(SAMPLE, tmp_path, MemoryVersions(), encoders, clock=lambda: AT)
    yield opened
    await opened.close()


async def test_what_is_on_file_is_recalled(knowledge: Knowledge) -> None:
    recall = await knowledge.recall(PRESS, Circle.ANYONE, "es", AT)
    assert not recall.unsure and recall.matches[0].preference.id == "press"
    assert all(0 <= match.score <= 1 for match in recall.matches)


async def test_what_is_not_on_file_is_not_recalled(knowledge: Knowledge) -> None:
    assert (await knowledge.recall(NONSENSE, Circle.ANYONE, "es", AT)).unsure


async def test_nothing_above_the_circle_is_recalled(knowledge: Knowledge) -> None:
    for circle in set(Circle) - {Circle.BLOCKED}:
        for question in (PRESS, HOTEL, "¿qué empresa van a comprar?"):
            recall = await knowledge.recall(question, circle, "es", AT)
            assert all(circle.may_hear(match.preference.audience) for match in recall.matches)


async def test_caller_id_never_opens_the_inner_circle(knowledge: Knowledge) -> None:
    caller = knowledge.caller(ANDRES)
    assert (caller.name, caller.circle, caller.language) == ("Andrés Vidal", Circle.TRUSTED, "es")


async def test_a_name_that_a_caller_gives_is_only_a_claim(knowledge: Knowledge) -> None:
    caller = knowledge.caller("+34699999999", "Andrés Vidal")
    assert (caller.name, caller.circle) == ("Andrés Vidal", Circle.ANYONE)
    assert knowledge.caller(None).circle is Circle.ANYONE


async def test_a_wrong_pin_proves_nothing(knowledge: Knowledge) -> None:
    assert knowledge.prove(knowledge.caller(ANDRES), "9999") is None


async def test_a_contact_is_greeted_in_their_language(knowledge: Knowledge) -> None:
    assert knowledge.language_for(knowledge.caller(LUIS)) == "es"
    assert knowledge.language_for(Caller()) == knowledge.policy.receptionist.languages[0]


async def test_times_are_honest(knowledge: Knowledge) -> None:
    assert knowledge.is_open(AT) and not knowledge.is_open(AT + timedelta(days=5))
    by = knowledge.callback_by(AT)
    assert by and AT < by <= AT + timedelta(days=4)
    for slot in knowledge.free_slots(AT, 30, 2):
        assert knowledge.allows(slot.start, slot.start + timedelta(minutes=30))
    assert not knowledge.allows(AT + timedelta(days=5), AT + timedelta(days=5, hours=1))


async def test_the_ears_are_told_the_names_of_the_house(knowledge: Knowledge) -> None:
    assert any("Vidal" in word for word in knowledge.vocabulary(Caller()))


@pytest.fixture
async def sample(tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    opened = await open_knowledge(SAMPLE, tmp_path, MemoryVersions(), ((WordEncoder(), 1.0),), clock=lambda: AT)
    yield opened
    await opened.close()


async def test_the_right_pin_opens_the_contacts_own_circle(sample: OfficeKnowledge) -> None:
    assert sample.prove(sample.caller(ANDRES), "2580") is Circle.INNER
    assert sample.prove(sample.caller(LUIS), "2580") is None, "somebody else's PIN"
    assert sample.prove(Caller("+34699999999", "Andrés Vidal"), "2580") is None


async def test_numbers_match_however_a_line_writes_them(sample: OfficeKnowledge) -> None:
    for written in (LUIS, "600111222", "0034 600 111 222", "+34 600-11-12-22"):
        assert sample.caller(written).name == "Luis Prieto", written
    assert sample.caller("+34600111223").circle is Circle.ANYONE
    assert sample.caller("anonymous").number is None


async def test_a_blocked_caller_stays_blocked(sample: OfficeKnowledge) -> None:
    assert sample.caller("+34600111888").circle is Circle.BLOCKED


@pytest.mark.parametrize(
    ("number", "language"),
    [("+5215512345678", "es"), ("+442079460000", "en"), ("+4915100000000", "en"), ("+12025550100", "en"), (None, "es")],
)
async def test_a_stranger_is_greeted_in_the_language_of_their_country(
    sample: OfficeKnowledge, number: str | None, language: str
) -> None:
    assert sample.language_for(sample.caller(number)) == language


async def test_what_is_above_a_caller_stays_out_of_the_vocabulary(sample: OfficeKnowledge) -> None:
    words = sample.vocabulary(sample.caller("+34699999999"))
    assert len(words) <= 60 and not {"Skeppsbron", "Lumen Gripper"} & set(words)
    assert sample.vocabulary(sample.caller(LUIS))[0] == "Luis Prieto"


async def test_busy_now_comes_from_the_calendar(sample: OfficeKnowledge) -> None:
    assert not sample.busy_now()
    assert not sample.allows(AT.replace(day=30, hour=8, minute=30), AT.replace(day=30, hour=9)), "the Monday meeting"
