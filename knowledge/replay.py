"""What would have changed in the last calls under a draft: the real recall, with and without it, then the real mind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.ports import Knowledge
from calls.words import Circle, Language, Preference, Recall
from knowledge.asked import Turn, turns
from knowledge.embedding import Rows
from knowledge.index import Entry, Index, Report, day_span, entries
from knowledge.meaning import Meaning

CALLS = 50
"""So many of the latest calls are gone through."""
TryOut = Callable[[Knowledge, str, Circle, Language], Awaitable[list[str]]]
"""What the real mind says to one question, on this knowledge; nothing of it is kept or done."""


class Overlay(Index):
    """The index with a draft laid over it: found like everything else, and never written."""

    def __init__(self, under: Index, meaning: Meaning, draft: Preference):
        self._under = under
        self._own = {entry.id: entry for entry in entries([draft])}
        texts = [(entry.text, entry.language) for entry in self._own.values()]
        self._rows = dict(zip(self._own, meaning.on_file(texts), strict=True)) if texts else {}

    def missing(self, wanted: Any) -> list[Entry]:
        return []

    def put(self, wanted: Any, report: Report | None = None) -> int:
        return 0

    def keep_only(self, wanted: Any) -> int:
        return 0

    def nearest(self, row: Rows, circle: Circle, day: date, count: int) -> dict[str, float]:
        found = self._under.nearest(row, circle, day, count)
        for id, entry in self._own.items():
            since, until = day_span(entry.preference)
            if circle.may_hear(entry.preference.audience) and since <= day.toordinal() <= until:
                found[id] = float(row @ self._rows[id])
        return found

    def rows(self, ids: Sequence[str]) -> dict[str, Rows]:
        own = {id: self._rows[id] for id in ids if id in self._rows}
        return own | self._under.rows([id for id in ids if id not in own])


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as if it were approved: `knowledge` with it, and the preferences that it would contradict."""

    preference: Preference
    knowledge: Knowledge
    rivals: Sequence[Preference]


Rehearsed = Callable[[Preference], Awaitable[Draft]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is: `done` of `of` questions; `changed` only where this one would be answered differently."""

    done: int
    of: int
    changed: dict[str, Any] | None = None


class Replay:
    """`now`: the knowledge in force; `try_out`: the real mind."""

    def __init__(
        self,
        in_force: Knowledge,
        rehearsed: Rehearsed,
        recent: Callable[[int, datetime | None], Awaitable[Sequence[Mapping[str, Any]]]],
        try_out: TryOut,
        now: Callable[[], datetime],
    ):
        self._in_force, self._rehearsed, self._recent, self._try_out = in_force, rehearsed, recent, try_out
        self._now = now

    async def run(self, draft: Preference) -> AsyncGenerator[Progress]:
        """Goes through every question of the last calls as if it came today, newest call first."""
        under = await self._rehearsed(draft)
        asked = list(turns(await self._recent(CALLS, None)))
        yield Progress(0, len(asked))
        for number, turn in enumerate(asked, 1):
            yield Progress(number, len(asked), await self._compared(turn, draft, under.knowledge))

    async def _compared(self, turn: Turn, draft: Preference, under: Knowledge) -> dict[str, Any] | None:
        at = self._now().astimezone(ZoneInfo(self._in_force.policy.hours.timezone))
        before = await self._in_force.recall(turn.text, turn.circle, turn.language, at)
        after = await under.recall(turn.text, turn.circle, turn.language, at)
        if draft.id not in (_used(before), _used(after)) or before.matches[:1] == after.matches[:1]:
            return None
        return {
            "call_id": turn.call_id,
            "seq": turn.seq,
            "at": turn.at,
            "question": turn.text,
            "circle": turn.circle.value,
            "before": {"said": await self._said(self._in_force, turn), "preference": _used(before)},
            "after": {"said": await self._said(under, turn), "preference": _used(after)},
        }

    async def _said(self, knowledge: Knowledge, turn: Turn) -> list[str]:
        return await self._try_out(knowledge, turn.text, turn.circle, turn.language)


def _used(recall: Recall) -> str | None:
    """The preference that would be spoken."""
    return None if recall.unsure else recall.matches[0].preference.id
