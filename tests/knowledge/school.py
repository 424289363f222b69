"""A house that learns, over calls that it is given: real knowledge, study and proposals, a recall as its mind."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any

from calls.ports import Knowledge
from calls.words import Circle, Language
from knowledge.autonomy import Earned
from knowledge.digest_desk import DigestDesk
from knowledge.office_knowledge import OfficeKnowledge
from knowledge.proposals import Proposals
from knowledge.replay import Replay
from knowledge.study import Study
from prompts import Phrasebook
from records.reading import Page
from tests.doubles import MONDAY
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
