"""What the receptionist learns from people, as the API needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends

from calls.errors import EngineError
from calls.words import Action, Circle
from console.api.front import TheFront

Verdict = Literal["accepted", "corrected", "serious"]
Cell = tuple[Action, Circle]


class Earned(Protocol):
    """The table of autonomy; its writing methods raise EngineError, `raise_` also StepRefused."""

    def table(self) -> list[dict[str, Any]]: ...

    def row(self, action: Action, circle: Circle) -> dict[str, Any]: ...

    async def review(self, cell: Cell, verdict: Verdict, call_id: str, seq: int, by: str, note: str = "") -> None: ...

    async def raise_(self, cell: Cell, by: str) -> None: ...

    async def lower(self, cell: Cell, by: str) -> None: ...

    async def reviews(self, call_id: str | None = None) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Learning:
    """All that learns."""

    earned: Earned


async def _learning(front: TheFront) -> Learning:
    if front.learning is None:
        raise EngineError("records", "nothing is kept of what is learnt here")
    return front.learning


TheLearning = Annotated[Learning, Depends(_learning)]
