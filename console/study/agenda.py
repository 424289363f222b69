"""How fresh the executive's own calendar is; nothing of what is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter

from calls.words import spell_time
from console.api.problems import PROBLEM


class State(Protocol):
    """When the calendar in force was read, and why there is no newer one."""

    @property
    def as_of(self) -> datetime | None: ...

    @property
    def trouble(self) -> str: ...


def router(state: Callable[[], State | None]) -> APIRouter:
    """The route; `state` gives None where only the office folder has a calendar."""
    doors = APIRouter(prefix="/api/study", tags=["study"], responses=PROBLEM)

    @doors.get("/calendar")
    async def calendar() -> dict[str, Any]:
        """`{followed, as_of, trouble}`: free and busy come from the calendar as it was at `as_of`."""
        now = state()
        if now is None:
            return {"followed": False, "as_of": None, "trouble": ""}
        return {"followed": True, "as_of": now.as_of and spell_time(now.as_of), "trouble": now.trouble}

    return doors
