"""What the receptionist proposes to learn: questions that nothing answered, with their quotes, as drafted preferences.

Nothing is kept of a question but its place in the record, so whatever is erased there is gone here too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from calls.versions import NotOnFile, Version
from calls.words import LANGUAGES, Action, Circle, Language, Preference, Texts
from knowledge.asked import Turn, turns
from knowledge.autonomy import Lessons
from knowledge.conflicts import preferred
from knowledge.embedding import Rows
from knowledge.intake import VOICE
from knowledge.plain import Plain
from knowledge.preferences_file import MOST_SIGNS
from knowledge.replay import Draft, Rehearsed
from knowledge.study import Study
from knowledge.wording import bare_question, guess_language

ALIKE = 0.5
"""Cosine from which two questions ask the same, in whatever languages: of 34 pairs that do (14 questions, es and en)
26 came together, and none of the others."""
LOOK_BACK = timedelta(days=30)
MOST_CALLS = 500
MOST_QUOTES = 5
MOST_LISTED = 10
Line = Callable[[str, Language], str]
"""A fixed line of the phrasebook."""
Recent = Callable[[int, datetime], Awaitable[Sequence[Mapping[str, Any]]]]
"""The latest calls with their events: at most so many, since then."""
Rowed = Callable[[Sequence[tuple[str, Language]]], Awaitable[Rows]]
"""The rows of questions, one each, L2-normalised."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A caller's words, and where they stand in the record."""

    call_id: str
    seq: int
    at: str
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to learn. `from_`: nobody answered, a person did, or the same was corrected again and again.

    `cover`: a person said why the executive could not come to the phone; approved, that is a cover for such times.
    """

    id: str
    from_: Literal["unanswered", "answered_by_staff", "corrected", "cover"]
    question: str
    quotes: tuple[Quote, ...]
    count: int
    draft: Plain
    members: tuple[tuple[str, int], ...] = field(repr=False)
    cover: Literal["", "busy", "away"] = ""


class Proposals:
    """`recent`, `rows` and `line` are how it reads the record, compares questions and words its drafts."""

    def __init__(
        self,
        study: Study,
        lessons: Lessons,
        recent: Recent,
        rows: Rowed,
        line: Line,
        rehearsed: Rehearsed,
        now: Callable[[], datetime],
    ):
        self._study, self._lessons, self._recent, self._rows = study, lessons, recent, rows
        self._line, self._rehearsed, self._now = line, rehearsed, now
        self._seen: dict[tuple[str, Language], Rows] = {}
        """The rows of what was asked, as long as the house is open."""

    async def waiting(self) -> list[Proposal]:
        """What nobody has decided on yet, the most asked first."""
        calls = await self._recent(MOST_CALLS, self._now() - LOOK_BACK)
        asked = [turn for turn in turns(calls) if turn.unanswered or (turn.by_staff and (turn.unsure or turn.cover))]
        notes = [each for each in await self._lessons.all("review") if each["verdict"] == "corrected" and each["note"]]
        settled = {tuple(member) for each in await self._lessons.all("settled") for member in each["members"]}
        found = [self._asked(group) for group in await self._grouped([(t.text, t.language) for t in asked], asked)]
        spoken = [(each["note"], guess_language(each["note"], "es")) for each in notes]
        found += [_corrected(group) for group in await self._grouped(spoken, notes) if len(group) > 1]
        return sorted(
            (each for each in found if not settled.intersection(each.members)), key=lambda each: (-each.count, each.id)
        )

    async def listed(self) -> list[dict[str, Any]]:
        """As `waiting`, in plain JSON, each with its draft and the conflicts of that."""
        return [
            {
                "id": each.id,
                "from": each.from_,
                "question": each.question,
                "count": each.count,
                "quotes": [asdict(quote) for quote in each.quotes],
                "draft": each.draft,
                "conflicts": await self.conflicts(each),
            }
            for each in (await self.waiting())[:MOST_LISTED]
        ]

    async def one(self, id: str) -> Proposal:
        """Raises NotOnFile."""
        found = next((each for each in await self.waiting() if each.id == id), None)
        if found is None:
            raise NotOnFile("proposal", id)
        return found

    async def conflicts(self, proposal: Proposal) -> list[dict[str, Any]]:
        """Approved preferences that would answer the same caller otherwise: ``{id, text, used}``; none for a cover."""
        if proposal.cover:
            return []
        draft = await self._draft(proposal)
        return [
            {"id": each.id, "text": each.text, "used": preferred(draft.preference, each).id} for each in draft.rivals
        ]

    async def approve(self, id: str, author: str, answer: str = "", audience: str | None = None) -> Version:
        """The draft, or `answer` in its place, becomes a preference. Raises NotOnFile, NotFit."""
        proposal = await self.one(id)
        data = dict(proposal.draft)
        if answer:
            text: Texts = {guess_language(answer, proposal.quotes[0].language): answer}
            data |= {"text": text, "do": Action.ANSWER.value}
        if audience:
            data["audience"] = audience
        if proposal.cover:
            kept = await self._cover(data["text"], proposal.cover, author)
            await self._settle(proposal, author, kept.id)
            return kept
        (kept,) = await self._study.together([("preference", data)], author)
        await self._settle(proposal, author, kept.id)
        return kept

    async def _cover(self, text: Texts, when: str, author: str) -> Version:
        """`text` among the covers of the voice policy."""
        policy = self._study.one(*VOICE)
        covers = [*policy.data.get("covers", ()), {**text, "when": when}]
        return await self._study.change(*VOICE, {"covers": covers}, policy.number, author)

    async def dismiss(self, id: str, author: str) -> None:
        """It is not proposed again. Raises NotOnFile."""
        await self._settle(await self.one(id), author, None)

    async def draft(self, id: str, answer: str = "") -> Preference:
        """What would be kept, for a replay. Raises NotOnFile, NotFit."""
        proposal = await self.one(id)
        language = proposal.quotes[0].language
        data = proposal.draft | ({"text": {language: answer}, "do": Action.ANSWER.value} if answer else {})
        return self._study.drafted(f"proposal-{proposal.id}", data)

    async def _draft(self, proposal: Proposal) -> Draft:
        return await self._rehearsed(self._study.drafted(f"proposal-{proposal.id}", proposal.draft))

    async def _settle(self, proposal: Proposal, author: str, kept: str | None) -> None:
        members = [list(member) for member in proposal.members]
        await self._lessons.add("settled", {"members": members, "preference": kept}, author, self._now())

    async def _grouped(self, texts: Sequence[tuple[str, Language]], of: Sequence[Any]) -> list[list[Any]]:
        """What asks the same together, whatever the language; within a group and among groups oldest first."""
        if not texts:
            return []
        asked = [(bare_question(text), language) for text, language in texts]
        new = list(dict.fromkeys(each for each in asked if each not in self._seen))
        if new:
            self._seen |= dict(zip(new, await self._rows(new), strict=True))
        rows = np.stack([self._seen[each] for each in asked])
        return [[of[number] for number in group] for group in groups(rows)]

    def _asked(self, group: list[Turn]) -> Proposal:
        group = sorted(group, key=lambda turn: (turn.at, turn.seq))
        told = next((turn for turn in reversed(group) if turn.by_staff), None)
        question = min((bare_question(turn.text) for turn in group), key=len)
        data: Plain = {"audience": _lowest(group).value, "when": question[:MOST_SIGNS]}
        if told:
            data |= {"text": {told.language: told.by_staff[:MOST_SIGNS]}, "do": Action.ANSWER.value}
        else:
            text = {language: self._line("proposal_take_message", language) for language in LANGUAGES}
            data |= {"text": text, "do": Action.TAKE_MESSAGE.value}
        quotes = tuple(Quote(turn.call_id, turn.seq, turn.at, turn.text, turn.language) for turn in group)
        members = tuple((turn.call_id, turn.seq) for turn in group)
        cover = told.cover if told else ""
        kind: Literal["cover", "answered_by_staff", "unanswered"]
        kind = "cover" if cover else "answered_by_staff" if told else "unanswered"
        return Proposal(_id(members[0]), kind, question, quotes[-MOST_QUOTES:], len(group), data, members, cover)


def groups(rows: Rows) -> list[list[int]]:
    """Which rows belong together: each joins the group whose mean it is nearest to, from `ALIKE` on."""
    found: list[list[int]] = []
    sums: list[Rows] = []
    for number, row in enumerate(rows):
        near = [float(row @ (total / np.linalg.norm(total))) for total in sums]
        best = int(np.argmax(near)) if near else -1
        if near and near[best] >= ALIKE:
            found[best].append(number)
            sums[best] = sums[best] + row
        else:
            found.append([number])
            sums.append(row.copy())
    return found


def _corrected(group: list[Mapping[str, Any]]) -> Proposal:
    """The same correction made again and again."""
    last = group[-1]
    language = guess_language(last["note"], "es")
    data: Plain = {"text": {language: last["note"]}, "audience": last["circle"]}
    quotes = tuple(
        Quote(each["call_id"], each["seq"], each["at"].isoformat(), each["note"], language) for each in group
    )
    members = tuple((each["call_id"], each["seq"]) for each in group)
    return Proposal(_id(members[0]), "corrected", last["note"], quotes[-MOST_QUOTES:], len(group), data, members)


def _lowest(group: Sequence[Turn]) -> Circle:
    return min((turn.circle for turn in group), key=lambda circle: circle.rank)


def _id(member: tuple[str, int]) -> str:
    return sha256(repr(member).encode()).hexdigest()[:12]
