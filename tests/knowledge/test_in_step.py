"""The index is never out of step with the records: not after a crash, not behind an import, not with a secret in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from calls.errors import EngineError
from calls.words import Circle
from knowledge.index import Index, entries, erase
from knowledge.meaning import Meaning
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from records.store import open_records
from tests.doubles import MemoryVersions
from tests.knowledge.quick import WordEncoder, write_office
from tests.loops import ROOT

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENCODERS = ((WordEncoder(), 1.0),)
EDIT_AND_DIE = """
import asyncio, os, sys
from pathlib import Path
from knowledge.index import Index
from knowledge.study import Study
from tests.knowledge.test_in_step import AT, ENCODERS, open_knowledge, open_records

def die(*_):
    os._exit(9)

async def main(folder, where):
    async with open_records(f"sqlite:///{folder}/records.sqlite") as store:
        knowledge = await open_knowledge(folder / "office", folder, store.versions, ENCODERS, clock=lambda: AT)
        study = Study(store.versions, knowledge, lambda: AT)
        setattr(Index, where, die)
        await study.change("preference", "parking", {"text": {"es": "Puede aparcar en la entrada sur."}}, 1, "Elena")
        raise SystemExit("it did not die")

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def in_index(folder: Path) -> set[str]:
    return set(Index(folder / "chroma", Meaning(ENCODERS))._entries.get()["ids"])


@pytest.mark.parametrize("where", ["put", "keep_only"])
async def test_a_crash_between_the_two_writes_is_mended_at_the_next_start(tmp_path: Path, where: str) -> None:
    write_office(tmp_path / "office")
    house = await asyncio.create_subprocess_exec(sys.executable, "-c", EDIT_AND_DIE, str(tmp_path), where, cwd=ROOT)
    assert await house.wait() == 9
    before = in_index(tmp_path)
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        kept = await store.versions.history("preference", "parking")
        assert [each.author for each in kept] == ["office folder", "Elena"], "the edit was on record before the crash"
        knowledge = await open_knowledge(tmp_path / "office", tmp_path, store.versions, ENCODERS, clock=lambda: AT)
        wanted = {entry.id for entry in entries(knowledge.preferences)}
        assert before != wanted and in_index(tmp_path) == wanted
        found = (await knowledge.recall("¿dónde puedo aparcar?", Circle.ANYONE, "es", AT)).matches[0].preference
        assert (found.version, found.text) == (2, {"es": "Puede aparcar en la entrada sur."})
        await knowledge.close()


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    opened = await open_knowledge(
        write_office(tmp_path / "office"), tmp_path, MemoryVersions(), ENCODERS, clock=lambda: AT
    )
    yield opened
    await opened.close()


@pytest.fixture
def study(knowledge: OfficeKnowledge) -> Study:
    return Study(knowledge._versions, knowledge, lambda: AT)


async def test_what_becomes_secret_leaves_the_index_and_every_answer(
    knowledge: OfficeKnowledge, study: Study, tmp_path: Path
) -> None:
    assert any(id.startswith("hotel:") for id in in_index(tmp_path))
    await study.change("preference", "hotel", {"audience": "nobody"}, 1, "Elena")
    assert not any(id.startswith("hotel:") for id in in_index(tmp_path))
    recall = await knowledge.recall("¿en qué hotel se aloja?", Circle.INNER, "es", AT)
    assert "hotel" not in {match.preference.id for match in recall.matches}
    assert "hotel" in {each.id for each in knowledge.private_facts(Circle.INNER)}, "the guard still looks for it"
    new = await study.add("preference", {"text": "Vende la empresa en mayo.", "audience": "nobody"}, "Elena")
    assert not any(id.startswith(f"{new.id}:") for id in in_index(tmp_path))


async def test_an_index_that_fails_leaves_the_words_and_is_caught_up_later(
    knowledge: OfficeKnowledge, study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise EngineError("knowledge", "Chroma failed")

    with monkeypatch.context() as patch:
        patch.setattr(Index, "put", broken)
        patch.setattr(Index, "nearest", broken)
        await study.add("preference", {"id": "coats", "text": "El guardarropa está abajo."}, "Elena")
        recall = await knowledge.recall("¿tienen guardarropa?", Circle.ANYONE, "es", AT)
        assert recall.matches[0].preference.id == "coats"
    assert not any(id.startswith("coats:") for id in in_index(tmp_path))
    while await knowledge._catch_up():
        pass
    assert in_index(tmp_path) == {entry.id for entry in entries(knowledge.preferences)}


async def test_many_are_found_by_their_words_at_once_and_by_meaning_soon(
    knowledge: OfficeKnowledge, study: Study, tmp_path: Path
) -> None:
    rows = "".join(f"- {{id: row-{number}, text: La pieza {number} cuesta {number} euros.}}\n" for number in range(100))
    await study.bring_in("preference", "p.yaml", rows.encode(), "Marta")
    recall = await knowledge.recall("¿cuánto cuesta la pieza 77?", Circle.ANYONE, "es", AT)
    assert recall.matches[0].preference.id == "row-77"
    assert len(knowledge._index.missing(entries(knowledge.preferences))) == 100
    while await knowledge._catch_up():
        pass
    assert in_index(tmp_path) == {entry.id for entry in entries(knowledge.preferences)}


async def test_an_index_that_was_erased_is_made_anew(tmp_path: Path) -> None:
    versions, told = MemoryVersions(), list[tuple[int, int]]()
    office = write_office(tmp_path / "office")
    for _ in range(2):
        opened = await open_knowledge(
            office, tmp_path, versions, ENCODERS, report=lambda done, total: told.append((done, total))
        )
        await opened.close()
        erase(tmp_path / "chroma")
        SharedSystemClient.clear_system_cache()  # or Chroma goes on with what it had open
    assert len(told) == 2 and told[0] == told[1] == (told[0][1], told[0][1])
