"""The office folder, read again and again, beside what people change in the study."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.versions import Kind, Version
from calls.words import Circle
from knowledge.office_folder import SAMPLE, read_office
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.plain import policy_of
from records.store import Store, open_records
from tests.knowledge.quick import CONTACTS, PREFERENCES, VOICE, WordEncoder, write_office

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as opened:
        yield opened


@pytest.fixture
async def knowledge(store: Store, tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    office = write_office(tmp_path / "office")
    opened = await open_knowledge(office, tmp_path, store.versions, [(WordEncoder(), 1.0)], clock=lambda: AT)
    yield opened
    await opened.close()


async def edit(store: Store, known: Version, **fields: object) -> None:
    """What the study does with an edit."""
    data = {**known.data, **fields}
    await store.versions.add([replace(known, number=known.number + 1, data=data, author="Elena", at=AT)])


def on_file(knowledge: OfficeKnowledge, id: str, kind: Kind = "preference") -> tuple[int, str, str]:
    found = knowledge.files[kind, id]
    return found.number, found.author, found.status


async def test_the_folder_is_taken_over_once(knowledge: OfficeKnowledge) -> None:
    cursor = max(each.cursor for each in knowledge.files.values())
    assert on_file(knowledge, "press") == (1, "office folder", "approved")
    assert not await knowledge.reload()
    assert max(each.cursor for each in knowledge.files.values()) == cursor


async def test_an_unchanged_folder_never_undoes_an_edit(knowledge: OfficeKnowledge, store: Store) -> None:
    await edit(store, knowledge.files["preference", "parking"], text={"es": "Aparque en la entrada sur."})
    await edit(store, knowledge.files["contact", "andres-vidal"], notes="prefiere tú")
    assert await knowledge.reload()
    assert on_file(knowledge, "parking") == (2, "Elena", "approved")
    assert on_file(knowledge, "andres-vidal", "contact") == (2, "Elena", "approved")


async def test_a_changed_entry_is_a_new_version_and_others_stay(
    knowledge: OfficeKnowledge, store: Store, tmp_path: Path
) -> None:
    await edit(store, knowledge.files["preference", "parking"], text={"es": "Aparque en la entrada sur."})
    await edit(store, knowledge.files["preference", "press"], topic="medios")
    changed = PREFERENCES.replace("entrada norte", "entrada este")
    write_office(tmp_path / "office", preferences=changed, voice=VOICE.replace("warm and brief", "brisk"))
    assert await knowledge.reload()
    assert on_file(knowledge, "parking") == (3, "office folder", "approved")
    assert on_file(knowledge, "press") == (2, "Elena", "approved")
    assert on_file(knowledge, "voice", "voice") == (2, "office folder", "approved")
    assert (knowledge.policy.receptionist.tone, knowledge.policy.version) == ("brisk", "2")


async def test_what_the_folder_no_longer_has_is_archived_unless_it_was_edited(
    knowledge: OfficeKnowledge, store: Store, tmp_path: Path
) -> None:
    await edit(store, knowledge.files["preference", "press"], topic="medios")
    write_office(tmp_path / "office", preferences="", contacts="")
    assert await knowledge.reload()
    assert on_file(knowledge, "parking") == (2, "office folder", "archived")
    assert on_file(knowledge, "press") == (2, "Elena", "approved")
    assert [each.id for each in knowledge.preferences] == ["press"] and knowledge.contacts == ()
    assert not await knowledge.reload()
    write_office(tmp_path / "office")
    assert await knowledge.reload()
    assert on_file(knowledge, "parking") == (3, "office folder", "approved"), "and it comes back with the file"


async def test_a_pin_that_stays_the_same_makes_no_version(knowledge: OfficeKnowledge, tmp_path: Path) -> None:
    assert knowledge.prove(knowledge.caller("+34600111333"), "0123") is Circle.INNER
    write_office(tmp_path / "office", contacts=CONTACTS.replace('"0123"', '"98765"'))
    assert await knowledge.reload()
    assert on_file(knowledge, "andres-vidal", "contact")[0] == 2
    assert knowledge.prove(knowledge.caller("+34600111333"), "0123") is None
    assert not await knowledge.reload()


async def test_another_programs_edit_is_noticed(knowledge: OfficeKnowledge, store: Store) -> None:
    await edit(store, knowledge.files["preference", "parking"], text={"es": "Aparque en la entrada sur."})
    assert await knowledge.refresh() and not await knowledge.refresh()
    recall = await knowledge.recall("¿dónde puedo aparcar?", Circle.ANYONE, "es", AT)
    assert recall.matches[0].preference.text == {"es": "Aparque en la entrada sur."}
    assert recall.matches[0].preference.version == 2


async def test_what_is_kept_of_a_voice_policy_is_the_whole_policy(store: Store, tmp_path: Path) -> None:
    opened = await open_knowledge(SAMPLE, tmp_path, store.versions, [(WordEncoder(), 1.0)])
    await opened.close()
    policy, region = policy_of(opened.files["voice", "voice"])
    folder = read_office(SAMPLE)
    assert (replace(policy, version=""), region) == (folder.policy, folder.region)
