"""No question of any circle is ever answered with what is meant for a closer one, whatever was edited before."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.words import Action, Audience, Circle, Preference
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from tests.doubles import MemoryVersions
from tests.knowledge.quick import VOICE, WordEncoder, write_office

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SENTENCES = [
    "Puede aparcar en la entrada norte.",
    "Visitors park at the south gate.",
    "Está en el hotel Skeppsbron hasta el viernes.",
    "The board meets on December 15.",
    "El consejo es el 22 de diciembre.",
    "Journalists write to press@vidal.example.",
]
IDS = st.sampled_from(["a", "b", "c", "d"])
DAYS = st.dates(date(2026, 11, 20), date(2026, 12, 20))
WRITTEN = st.fixed_dictionaries(
    {
        "text": st.fixed_dictionaries({}, optional=dict.fromkeys(("es", "en"), st.sampled_from(SENTENCES))).filter(
            bool
        ),
        "audience": st.sampled_from([each.value for each in Audience]),
        "topic": st.sampled_from(["", "parking", "board"]),
        "when": st.none() | st.sampled_from(["llama la prensa", "somebody asks for parking"]),
        "do": st.none() | st.sampled_from([each.value for each in Action]),
        "valid": st.fixed_dictionaries({}, optional={"until": DAYS.map(date.isoformat)}),
    }
)
EDIT = st.tuples(st.sampled_from(["write", "archive", "draft", "undo"]), IDS, WRITTEN)
QUESTION = st.tuples(
    st.sampled_from(
        ["¿dónde puedo aparcar?", "when is the board?", "¿en qué hotel está?", "I'm a journalist", *SENTENCES]
    )
    | st.text(max_size=40),
    st.sampled_from(Circle),
    st.sampled_from(["es", "en"]),
    st.integers(0, 40).map(lambda days: NOW + timedelta(days=days)),
)


def may_be_told(preference: Preference, circle: Circle, day: date) -> bool:
    return (
        circle.may_hear(preference.audience)
        and preference.status == "approved"
        and (preference.valid_until is None or day <= preference.valid_until)
    )


async def edited(study: Study, knowledge: OfficeKnowledge, edit: tuple[str, str, dict[str, Any]]) -> None:
    what, id, written = edit
    known = knowledge.files.get(("preference", id))
    if known is None:
        await study.add("preference", {"id": id, **written}, "Elena")
    elif what == "write":
        await study.change("preference", id, written, known.number, "Elena", "approved")
    elif what == "undo":
        await study.undo("preference", id, "Elena")
    else:
        await study.set_status("preference", id, "archived" if what == "archive" else "draft", "Elena")


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EDIT, min_size=1, max_size=10), st.lists(QUESTION, min_size=4, max_size=12))
def test_nothing_above_a_circle_is_ever_told(
    edits: list[tuple[str, str, dict[str, Any]]], questions: list[tuple[str, Circle, Any, datetime]]
) -> None:
    async def lived() -> None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            office = write_office(Path(folder) / "office", preferences="", voice=VOICE)
            versions = MemoryVersions()
            knowledge = await open_knowledge(office, Path(folder), versions, [(WordEncoder(), 1.0)], clock=lambda: NOW)
            study = Study(versions, knowledge, lambda: NOW)
            for edit in edits:
                await edited(study, knowledge, edit)
                in_force = {each.id: each for each in knowledge.preferences}
                stored = knowledge._index._entries.get()["ids"]
                secret = {id for id, each in in_force.items() if each.audience is Audience.NOBODY}
                assert not any(id.split(":")[0] in secret or id.split(":")[0] not in in_force for id in stored)
                for question, circle, language, at in questions:
                    for match in (await knowledge.recall(question, circle, language, at)).matches:
                        told = match.preference
                        assert told == in_force[told.id] and may_be_told(told, circle, at.date())
            await knowledge.close()

    asyncio.run(lived())
