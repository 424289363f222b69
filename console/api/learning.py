"""What the receptionist learns from people, as the API needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends

from calls.errors import EngineError
from calls.versions import Version
from calls.words import Action, Autonomy, Circle, Language, Preference
from console.api.front import TheFront

Verdict = Literal["accepted", "corrected", "serious"]
Cell = tuple[Action, Circle]


class Earned(Protocol):
    """The table of autonomy; its writing methods raise EngineError, `raise_` also StepRefused."""

    def level(self, action: Action, circle: Circle) -> Autonomy: ...

    def table(self) -> list[dict[str, Any]]: ...

    def row(self, action: Action, circle: Circle) -> dict[str, Any]: ...

    async def review(self, cell: Cell, verdict: Verdict, call_id: str, seq: int, by: str, note: str = "") -> None: ...

    async def raise_(self, cell: Cell, by: str) -> None: ...

    async def lower(self, cell: Cell, by: str) -> None: ...

    async def reviews(self, call_id: str | None = None) -> Sequence[Mapping[str, Any]]: ...


class Page(Protocol):
    """A digest as it is read."""

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def opening(self) -> str: ...

    @property
    def words(self) -> int: ...

    def told(self) -> dict[str, Any]:
        """Its sections: ``{day, decisions, done, at_risk, questions, left_out}``, each a list of items."""
        ...


class Replied(Protocol):
    """What came of a reply."""

    @property
    def versions(self) -> Sequence[Version]: ...

    @property
    def read_back(self) -> Sequence[str]: ...

    @property
    def refused(self) -> Sequence[str]: ...


class Digests(Protocol):
    """The executive's page. Raises NotFit, StepRefused, EngineError."""

    async def today(self, language: Language | None = None) -> Page: ...

    async def spoken(self, language: Language) -> Sequence[str]:
        """The same for the telephone, sentence by sentence."""
        ...

    async def reply(self, text: str) -> Replied: ...


class Proposals(Protocol):
    """What waits for a tap. Raises NotOnFile, NotFit, EngineError."""

    async def listed(self) -> list[dict[str, Any]]: ...

    async def approve(self, id: str, author: str, answer: str = "", audience: str | None = None) -> Version: ...

    async def dismiss(self, id: str, author: str) -> None: ...

    async def draft(self, id: str, answer: str = "") -> Preference: ...


class Progress(Protocol):
    """How far a replay is."""

    @property
    def done(self) -> int: ...

    @property
    def of(self) -> int: ...

    @property
    def changed(self) -> dict[str, Any] | None: ...


class Replay(Protocol):
    """The last calls under a draft. Raises EngineError."""

    def run(self, draft: Preference) -> AsyncGenerator[Progress]: ...


class Meeting(Protocol):
    """The first meeting. Raises NotFit, OfficeError, EngineError."""

    @property
    def held(self) -> bool:
        """Whether there is an office already."""
        ...

    def questions(self, language: Language) -> list[dict[str, Any]]: ...

    async def hold(self, answers: Mapping[str, str], language: Language) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Learning:
    """All that learns."""

    earned: Earned
    digests: Digests
    proposals: Proposals
    replay: Replay
    meeting: Meeting


async def _learning(front: TheFront) -> Learning:
    if front.learning is None:
        raise EngineError("records", "nothing is kept of what is learnt here")
    return front.learning


TheLearning = Annotated[Learning, Depends(_learning)]
