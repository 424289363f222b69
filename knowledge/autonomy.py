"""How much the receptionist may do alone, by action and circle: earned by reviews, lost by one serious error.

A pure function of the log of lessons: the same log gives the same levels, whenever it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from calls.errors import StepRefused
from calls.words import Action, Autonomy, Circle, Preference

REVIEWS = 20
ACCEPTED_PERCENT = 95
"""A cell may rise after so many reviews at its level, of which at least this share were accepted."""
Verdict = Literal["accepted", "corrected", "serious"]
Cell = tuple[Action, Circle]
CIRCLES = tuple(circle for circle in Circle if circle is not Circle.BLOCKED)
CELLS: tuple[Cell, ...] = tuple((action, circle) for action in Action for circle in CIRCLES)
EVERYDAY = frozenset({Action.ANSWER, Action.TAKE_MESSAGE, Action.PROMISE_CALLBACK, Action.PUT_THROUGH})
"""What a receptionist is there for; any other action is asked first unless a rule on file says to do it."""
_LADDER = tuple(Autonomy)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one cell stands: its level, and the reviews since it got there."""

    level: Autonomy
    reviewed: int = 0
    accepted: int = 0

    @property
    def ready(self) -> bool:
        """Whether the executive's yes is all that is missing to rise."""
        enough = self.reviewed >= REVIEWS and 100 * self.accepted >= ACCEPTED_PERCENT * self.reviewed
        return enough and self.level is not Autonomy.ACT

    def after(self, kind: str, verdict: str | None) -> Standing:
        """After one lesson: a review, the executive's consent, or their wish to lower it."""
        if kind == "consent":
            return self._moved(1) if self.ready else self
        if kind == "lowered" or verdict == "serious":
            return self._moved(-1)
        return replace(self, reviewed=self.reviewed + 1, accepted=self.accepted + (verdict == "accepted"))

    def _moved(self, steps: int) -> Standing:
        at = _LADDER.index(self.level) + steps
        return Standing(_LADDER[min(max(at, 0), len(_LADDER) - 1)])


def standings(log: Iterable[Mapping[str, Any]], start: Callable[[Action, Circle], Autonomy]) -> dict[Cell, Standing]:
    """Every cell after `log`, oldest first: entries ``{kind, action, circle, verdict?, call_id?, seq?}``.

    Of several reviews of the same deed only the last counts, in the place of the first.
    """
    cells = {(action, circle): Standing(start(action, circle)) for action, circle in CELLS}
    for lesson in _settled(log):
        cell = (Action(lesson["action"]), Circle(lesson["circle"]))
        if cell in cells:
            cells[cell] = cells[cell].after(lesson["kind"], lesson.get("verdict"))
    return cells


def _settled(log: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The log in which every deed is reviewed once."""
    kept: dict[object, Mapping[str, Any]] = {}
    for number, lesson in enumerate(log):
        deed = (lesson.get("call_id"), lesson.get("seq")) if lesson["kind"] == "review" else None
        kept[deed if deed and all(deed) else number] = lesson
    yield from kept.values()


def started(preferences: Sequence[Preference]) -> Callable[[Action, Circle], Autonomy]:
    """Where each cell begins: an explicit rule on file that the circle may hear authorises its action."""
    ruled = {
        (each.do, circle)
        for each in preferences
        for circle in CIRCLES
        if each.do and each.status == "approved" and circle.may_hear(each.audience)
    }

    def start(action: Action, circle: Circle) -> Autonomy:
        alone = action in EVERYDAY or (action, circle) in ruled
        return Autonomy.ACT_AND_REPORT if alone else Autonomy.ASK

    return start


class NotEarned(StepRefused):
    """A cell cannot rise yet."""

    def __init__(self, standing: Standing):
        super().__init__(
            f"Not earned yet: {standing.accepted} of {standing.reviewed} reviews accepted since the last change; "
            f"at least {REVIEWS} are needed, {ACCEPTED_PERCENT} % of them accepted."
        )


class Lessons(Protocol):
    """Where lessons are kept, append-only. Raises EngineError."""

    async def add(self, kind: str, data: dict[str, Any], by: str, at: datetime) -> None: ...

    async def all(self, *kinds: str) -> Sequence[Mapping[str, Any]]: ...


class Earned:
    """The table of autonomy as it stands now; `open` reads the log once."""

    KINDS = ("review", "consent", "lowered")

    def __init__(self, lessons: Lessons, rules: Callable[[], Sequence[Preference]], now: Callable[[], datetime]):
        self._lessons, self._rules, self._now = lessons, rules, now
        self._log: list[Mapping[str, Any]] = []
        self._known: tuple[int, Sequence[Preference], dict[Cell, Standing]] | None = None

    async def open(self) -> None:
        self._log = list(await self._lessons.all(*self.KINDS))

    def level(self, action: Action, circle: Circle) -> Autonomy:
        """How far the receptionist may go alone; a blocked caller gets nothing done."""
        standing = self._standings().get((action, circle))
        return standing.level if standing else Autonomy.SUGGEST

    def table(self) -> list[dict[str, Any]]:
        """Every cell: ``{action, circle, level, reviewed, accepted, ready}``."""
        return [self.row(*cell) for cell in CELLS]

    def row(self, action: Action, circle: Circle) -> dict[str, Any]:
        """One cell of the table."""
        standing = self._standings()[action, circle]
        return {
            "action": action.value,
            "circle": circle.value,
            "level": standing.level.value,
            "reviewed": standing.reviewed,
            "accepted": standing.accepted,
            "ready": standing.ready,
        }

    async def review(self, cell: Cell, verdict: Verdict, call_id: str, seq: int, by: str, note: str = "") -> None:
        """One deed of a call was looked at; another review of the same deed takes its place."""
        deed = {"verdict": verdict, "call_id": call_id, "seq": seq, "note": note}
        await self._keep("review", cell, by, deed)

    async def raise_(self, cell: Cell, by: str) -> None:
        """The executive's yes. Raises NotEarned."""
        standing = self._standings()[cell]
        if not standing.ready:
            raise NotEarned(standing)
        await self._keep("consent", cell, by)

    async def lower(self, cell: Cell, by: str) -> None:
        """The executive wants less done alone."""
        await self._keep("lowered", cell, by)

    async def reviews(self, call_id: str | None = None) -> list[dict[str, Any]]:
        """Newest first; of one call only, if it is given."""
        found = [dict(each) for each in await self._lessons.all("review")]
        return [each for each in found[::-1] if call_id in (None, each["call_id"])]

    async def _keep(self, kind: str, cell: Cell, by: str, more: Mapping[str, Any] | None = None) -> None:
        data = {"action": cell[0].value, "circle": cell[1].value, **(more or {})}
        at = self._now()
        await self._lessons.add(kind, data, by, at)
        self._log.append({**data, "kind": kind, "by": by, "at": at})

    def _standings(self) -> dict[Cell, Standing]:
        count, rules = len(self._log), self._rules()
        if self._known is None or self._known[0] != count or self._known[1] is not rules:
            self._known = (count, rules, standings(self._log, started(rules)))
        return self._known[2]
