"""What a question recalls, for whom, and when."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.errors import EngineError
from calls.words import Audience, Circle, Preference, Recall
from knowledge.index import Index, entries
from knowledge.meaning import Meaning
from knowledge.office_folder import BrokenOffice
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.recall import Memory
from knowledge.topics import Topics
from tests.doubles import MemoryVersions
from tests.knowledge.quick import PREFERENCES, WordEncoder, write_office

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MEANING = Meaning([(WordEncoder(), 1.0)])
TOPICS = Topics(MEANING)


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    opened = await open_knowledge(
        write_office(tmp_path / "office"), tmp_path / "data", MemoryVersions(), [(WordEncoder(), 1.0)]
    )
    yield opened
    await opened.close()


def ids(recall: Recall) -> list[str]:
    return [match.preference.id for match in recall.matches]


async def test_a_rule_is_found_by_what_the_caller_says(knowledge: OfficeKnowledge) -> None:
    recall = await knowledge.recall("llamo de El País, soy periodista", Circle.ANYONE, "es", AT)
    assert ids(recall)[0] == "press"


async def test_scores_are_chances_best_first(knowledge: OfficeKnowledge) -> None:
    recall = await knowledge.recall("where can I park?", Circle.INNER, "en", AT)
    scores = [match.score for match in recall.matches]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert ids(recall)[0] == "parking", "the question is English, the answer Spanish"


async def test_what_is_not_on_file_is_not_known(knowledge: OfficeKnowledge) -> None:
    assert (await knowledge.recall("¿quién ganó el partido de anoche?", Circle.INNER, "es", AT)).unsure
    assert (await knowledge.recall("", Circle.INNER, "es", AT)).unsure


@pytest.mark.parametrize(
    ("circle", "heard"),
    [
        (Circle.BLOCKED, False),
        (Circle.ANYONE, False),
        (Circle.KNOWN, False),
        (Circle.TRUSTED, False),
        (Circle.INNER, True),
    ],
)
async def test_each_circle_hears_its_own(knowledge: OfficeKnowledge, circle: Circle, heard: bool) -> None:
    assert ("hotel" in ids(await knowledge.recall("¿en qué hotel se aloja?", circle, "es", AT))) is heard


async def test_what_is_over_is_not_said(knowledge: OfficeKnowledge) -> None:
    question = "¿cuándo es la jornada de puertas abiertas?"
    last_minute = datetime(2026, 12, 12, 22, 59, tzinfo=UTC)
    assert "open-day" in ids(await knowledge.recall(question, Circle.ANYONE, "es", last_minute))
    assert "open-day" not in ids(await knowledge.recall(question, Circle.ANYONE, "es", last_minute.replace(hour=23)))


async def test_nothing_for_nobody_reaches_the_index(knowledge: OfficeKnowledge, tmp_path: Path) -> None:
    kept = Index(tmp_path / "data" / "chroma", MEANING)._entries.get()
    assert kept["ids"] and not any(id_.startswith("sale:") for id_ in kept["ids"])
    assert {each.id for each in knowledge.private_facts(Circle.TRUSTED)} == {"hotel", "sale"}
    assert {each.id for each in knowledge.private_facts(Circle.INNER)} == {"sale"}


async def test_an_edit_is_heard_on_the_next_turn(knowledge: OfficeKnowledge, tmp_path: Path) -> None:
    changed = PREFERENCES.replace("en la entrada norte", "en la entrada sur").replace("- id: hotel\n", "- id: inn\n")
    write_office(tmp_path / "office", preferences=changed)
    assert await knowledge.reload()
    parking, *_ = (await knowledge.recall("¿dónde puedo aparcar?", Circle.INNER, "es", AT)).matches
    assert parking.preference.text == {"es": "Puede aparcar en la entrada sur."}
    assert "hotel" not in ids(await knowledge.recall("¿en qué hotel se aloja?", Circle.INNER, "es", AT))


async def test_reading_the_same_folder_again_changes_nothing(knowledge: OfficeKnowledge, tmp_path: Path) -> None:
    index = Index(tmp_path / "data" / "chroma", MEANING)
    before = index._entries.get()
    assert not await knowledge.reload()
    again = await open_knowledge(tmp_path / "office", tmp_path / "data", MemoryVersions(), [(WordEncoder(), 1.0)])
    await again.close()
    after = index._entries.get()
    assert sorted(before["ids"]) == sorted(after["ids"])
    assert index.put(entries(knowledge.preferences)) == 0 and index.keep_only(entries(knowledge.preferences)) == 0


async def test_a_broken_edit_leaves_everything_as_it_was(knowledge: OfficeKnowledge, tmp_path: Path) -> None:
    write_office(tmp_path / "office", preferences=PREFERENCES.replace("do: redirect", "do: nothing"))
    with pytest.raises(BrokenOffice, match=r"preferences\.yaml, line 5"):
        await knowledge.reload()
    assert ids(await knowledge.recall("soy periodista", Circle.ANYONE, "es", AT))[0] == "press"


def memory(preferences: list[Preference], store: Index) -> Memory:
    return Memory(preferences, store, MEANING, TOPICS)


class NoStore(Index):
    """A store that has gone away."""

    def __init__(self) -> None: ...

    def nearest(self, *asked: Any) -> dict[str, float]:
        raise EngineError("knowledge", "Chroma failed")


class LooseStore(Index):
    """A store that forgets every filter, and knows entries that are long gone."""

    def __init__(self, preferences: list[Preference]):
        self._all = {entry.id: 0.9 for entry in entries(preferences)} | {"gone:1": 1.0}

    def nearest(self, *asked: Any) -> dict[str, float]:
        return self._all

    def rows(self, ids: Sequence[str]) -> dict[str, Any]:
        return {id: np.ones(4, np.float32) / 2 for id in ids}


def test_without_the_store_words_still_find(tmp_path: Path) -> None:
    preferences = [
        Preference("press", {"es": "La prensa escribe a prensa@vidal.example."}),
        Preference("x", {"es": "Nada."}),
    ]
    recall = memory(preferences, NoStore()).recall("soy de la prensa", Circle.ANYONE, "es", AT.date())
    assert ids(recall)[0] == "press"


DAYS = st.dates(date(2026, 11, 1), date(2026, 12, 31))
SENTENCES = st.sampled_from(
    [
        "Puede aparcar en la entrada.",
        "Journalists write to the press office.",
        "Está en el hotel.",
        "The board meets soon.",
    ]
)
PREFERENCE = st.builds(
    Preference,
    id=st.text("abcdef", min_size=3, max_size=6),
    text=st.dictionaries(st.sampled_from(["es", "en"]), SENTENCES, min_size=1),
    audience=st.sampled_from(Audience),
    when=st.none() | SENTENCES,
    valid_from=st.none() | DAYS,
    valid_until=st.none() | DAYS,
    status=st.sampled_from(["approved", "approved", "draft"]),
)
OFFICES = st.lists(PREFERENCE, max_size=8, unique_by=lambda each: each.id)
QUESTIONS = (
    st.sampled_from(["¿dónde aparco?", "I'm a journalist", "which hotel?", "¿cuándo es el consejo?", ""]) | st.text()
)


def may_be_heard(preference: Preference, circle: Circle, day: date) -> bool:
    return (
        circle.may_hear(preference.audience)
        and preference.status == "approved"
        and (preference.valid_from or day) <= day <= (preference.valid_until or day)
    )


@given(OFFICES, st.sampled_from(Circle), DAYS, QUESTIONS)
def test_nothing_above_a_circle_is_recalled_even_by_a_store_without_filters(
    preferences: list[Preference], circle: Circle, day: date, question: str
) -> None:
    recall = memory(preferences, LooseStore(preferences)).recall(question, circle, "es", day)
    assert all(may_be_heard(match.preference, circle, day) for match in recall.matches)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OFFICES, st.sampled_from(Circle), DAYS, QUESTIONS)
def test_the_store_itself_filters_by_circle_and_day(
    tmp_path: Path, preferences: list[Preference], circle: Circle, day: date, question: str
) -> None:
    index = Index(tmp_path / "chroma", MEANING)
    wanted = entries(preferences)
    index.put(wanted)
    index.keep_only(wanted)
    found = index.nearest(MEANING.questions([(question, "es")])[0], circle, day, 40)
    allowed = {entry.id for entry in wanted if may_be_heard(entry.preference, circle, day)}
    assert set(found) == allowed
