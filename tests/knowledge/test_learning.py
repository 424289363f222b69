"""Questions that nobody answered are proposed, drafts are replayed on the last calls, a reply becomes a rule."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from calls.versions import NotFit, NotOnFile
from calls.words import Action, Audience, Circle, Cover, Preference
from knowledge.asked import turns
from knowledge.by_phone import BY_EXECUTIVE
from knowledge.office_knowledge import open_knowledge
from tests.doubles import MONDAY, MemoryVersions
from tests.knowledge.quick import WordEncoder, write_office
from tests.knowledge.school import BIKES, CALLS, DOGS, UNKNOWN, School, call


@pytest.fixture
async def school(tmp_path: Path) -> AsyncGenerator[School]:
    folder = write_office(tmp_path / "office")
    knowledge = await open_knowledge(folder, tmp_path, MemoryVersions(), [(WordEncoder(), 1.0)], clock=lambda: MONDAY)
    yield School(knowledge)
    await knowledge.close()


async def test_the_same_question_of_several_callers_is_one_proposal(school: School) -> None:
    bikes, dogs = await school.proposals.waiting()
    assert (bikes.count, dogs.count) == (2, 1) and bikes.from_ == "unanswered"
    assert {quote.call_id for quote in bikes.quotes} == {"c1", "c2"} and dogs.question == DOGS
    assert bikes.question == BIKES == bikes.draft["when"], "the plainest way to ask"
    assert bikes.draft["do"] == "take_message" and bikes.draft["audience"] == "anyone"
    assert [each["id"] for each in await school.proposals.listed()] == [bikes.id, dogs.id]


async def test_one_tap_approves_and_it_is_told_from_then_on(school: School) -> None:
    bikes, dogs = await school.proposals.waiting()
    kept = await school.proposals.approve(bikes.id, "Elena", "Hay sitio para bicicletas en la entrada sur.")
    assert kept.status == "approved" and kept.author == "Elena" and kept.number == 1
    recall = await school.knowledge.recall(BIKES, Circle.ANYONE, "es", MONDAY)
    assert recall.matches[0].preference.id == kept.id
    await school.proposals.dismiss(dogs.id, "Elena")
    assert await school.proposals.waiting() == []
    with pytest.raises(NotOnFile):
        await school.proposals.approve(bikes.id, "Elena")


async def test_what_a_person_answered_is_proposed_in_their_words(school: School) -> None:
    school.calls = [call("c4", (DOGS, "!Sí, si van atados."))]
    (dogs,) = await school.proposals.waiting()
    assert dogs.from_ == "answered_by_staff" and dogs.draft["text"] == {"es": "Sí, si van atados."}


async def test_why_the_executive_was_not_there_is_proposed_as_a_cover(school: School) -> None:
    asked = call("c5", ("¿Está la señora Vidal?", UNKNOWN))
    asked["events"].insert(
        1, {"kind": "guidance", "seq": 9, "at": "", "text": "Dígale que está reunida hasta las doce."}
    )
    school.calls = [asked]
    (found,) = await school.proposals.waiting()
    assert found.from_ == "cover" and found.cover == "busy"
    kept = await school.proposals.approve(found.id, "Elena")
    assert kept.kind == "voice" and kept.author == "Elena"
    assert school.knowledge.policy.covers[-1] == Cover({"es": "Está reunida hasta las doce."}, "busy")
    assert await school.proposals.waiting() == []


async def test_a_correction_made_again_and_again_is_proposed(school: School) -> None:
    school.calls = []
    right = "Las facturas van a facturas@vidal.example."
    for seq in (1, 2):
        await school.earned.review((Action.ANSWER, Circle.KNOWN), "corrected", f"c{seq}", seq, "Marta", right)
    (found,) = await school.proposals.waiting()
    assert found.from_ == "corrected" and found.count == 2 and found.draft["text"] == {"es": right}


async def test_a_draft_is_replayed_without_being_kept(school: School) -> None:
    draft = Preference("bikes", {"es": "Hay sitio para bicicletas junto al aparcamiento."}, when=BIKES)
    before = school.knowledge.files
    steps = [step async for step in school.replay.run(draft)]
    assert steps[0].done == 0 and steps[-1].done == steps[-1].of == len(list(turns(CALLS))) == 4
    changed = [step.changed for step in steps if step.changed]
    assert changed and all(each["after"]["preference"] == "bikes" for each in changed)
    assert "bicicletas" in changed[0]["after"]["said"][0]
    assert school.knowledge.files is before
    recall = await school.knowledge.recall(BIKES, Circle.ANYONE, "es", MONDAY)
    assert all(match.preference.id != "bikes" for match in recall.matches)


async def test_nobody_is_replayed_what_they_may_not_hear(school: School) -> None:
    draft = Preference("bikes", {"es": "Hay sitio para bicicletas."}, Audience.TRUSTED, when=BIKES)
    changed = [step.changed async for step in school.replay.run(draft)]
    assert {each["circle"] for each in changed if each} <= {"trusted"}


async def test_a_reply_to_the_digest_is_a_versioned_rule(school: School) -> None:
    page = await school.digests.today("es")
    assert [item.kind for item in page.numbered.values()] == ["question", "question"]
    replied = await school.digests.reply("1: Sí, hay sitio en la entrada sur.\n2: no")
    assert [version.number for version in replied.versions] == [1]
    assert replied.versions[0].author.startswith(BY_EXECUTIVE)
    assert not (await school.digests.today("es")).numbered

    (told,) = (await school.digests.reply("El viernes cerramos a las tres")).versions
    assert told.data["text"] == {"es": "El viernes cerramos a las tres."}
    assert told.data["valid"]["until"] == "2026-11-27"
    (rule,) = (await school.digests.reply("Si llama Luis Prieto, me lo pasas")).versions
    assert rule.data["callers"] == ["luis-prieto"] and rule.data["do"] == "put_through"


@pytest.mark.parametrize("text", ["9: sí", "ok", "¿y eso?", "A Pepe pásamelo", "Di que Ana tiene cáncer"])
async def test_a_reply_that_cannot_be_kept_says_why(school: School, text: str) -> None:
    with pytest.raises(NotFit):
        await school.digests.reply(text)
