"""Questions that nobody answered are proposed, drafts are replayed on the last calls, a reply becomes a rule."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from calls.ports import Knowledge
from calls.versions import NotFit, NotOnFile
from calls.words import Action, Audience, Circle, Language, Preference
from knowledge.asked import turns
from knowledge.autonomy import Earned
from knowledge.by_phone import BY_EXECUTIVE
from knowledge.digest_desk import DigestDesk
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.proposals import Proposals
from knowledge.replay import Replay
from knowledge.study import Study
from prompts import Phrasebook
from records.reading import Page
from tests.doubles import MONDAY, MemoryVersions
from tests.knowledge.quick import WordEncoder, write_office
from tests.knowledge.test_autonomy import Log

BIKES = "¿Hay aparcamiento para bicicletas?"
DOGS = "¿Admiten perros en la jornada?"


def call(id: str, *said: tuple[str, str], circle: str = "anyone", unsure: bool = True) -> dict[str, Any]:
    """A call as the record tells it: what was heard, and the answer to each."""
    events: list[dict[str, Any]] = []
    for heard, answer in said:
        at = f"2026-11-23T09:00:{len(events):02}+00:00"
        events.append({"kind": "heard", "seq": len(events) + 1, "at": at, "text": heard, "language": "es"})
        events.append({"kind": "recalled", "seq": len(events) + 1, "at": at, "unsure": unsure, "preferences": []})
        who = {"kind": "staff", "action": "spoke"} if answer.startswith("!") else {"kind": "said"}
        events.append({**who, "seq": len(events) + 1, "at": at, "text": answer.removeprefix("!")})
    return {"id": id, "circle": circle, "language": "es", "number": None, "started": MONDAY, "events": events}


UNKNOWN = "Eso no lo sé, la verdad."
CALLS = [
    call("c1", (BIKES, UNKNOWN), (DOGS, UNKNOWN)),
    call("c2", ("eh, ¿y tienen aparcamiento para bicicletas?", UNKNOWN), circle="trusted"),
    call("c3", ("¿Dónde puedo aparcar?", "En la entrada norte."), unsure=False),
]


class Kept:
    """What the digest reads."""

    async def calls(self, *, limit: int, after: int | None, **sought: Any) -> Page:
        return Page([{"number": None, "outcome": "answered"}], None)

    async def messages(self, limit: int, after: int | None, state: str | None) -> Page:
        return Page([], None)

    promises = messages


class School:
    """All that learns, over the calls that it is given."""

    def __init__(self, knowledge: OfficeKnowledge, calls: Sequence[Mapping[str, Any]] = CALLS):
        self.knowledge, self.calls, self.log = knowledge, calls, Log()
        self.study = Study(knowledge._versions, knowledge, lambda: MONDAY)
        phrases = Phrasebook.load()

        def phrase(key: str, language: Language | None = None, **slots: str) -> str:
            return phrases.line(key, language or "es", executive="la señora Vidal", **slots)

        self.earned = Earned(self.log, lambda: knowledge.preferences, lambda: MONDAY)
        self.proposals = Proposals(
            self.study, self.log, self.recent, knowledge.question_rows, phrase, knowledge.with_draft, lambda: MONDAY
        )
        self.digests = DigestDesk(
            Kept(), self.nothing, knowledge, self.study, self.proposals, self.earned, phrase, lambda: MONDAY
        )
        self.replay = Replay(knowledge, knowledge.with_draft, self.recent, self.said, lambda: MONDAY)

    async def recent(self, count: int, since: datetime | None) -> Sequence[Mapping[str, Any]]:
        return self.calls

    def nothing(self, since: datetime) -> Awaitable[Sequence[Mapping[str, Any]]]:
        return self.log.all("nothing")

    async def said(self, knowledge: Knowledge, question: str, circle: Circle, language: Language) -> list[str]:
        recall = await knowledge.recall(question, circle, language, MONDAY)
        return [] if recall.unsure else [recall.matches[0].preference.wording(language)[0]]


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
    assert [item.kind for item in page.numbered.values()] == ["proposal", "proposal"]
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
