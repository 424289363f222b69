"""The executive's time: how fresh their calendar is, nothing of what is in it, and what callers took of the week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from calls.words import spell_time
from console.api.problems import PROBLEM

MOST = 16 * 1024 * 1024
"""Characters of a calendar file."""


class State(Protocol):
    """When the calendar in force was read, why there is no newer one, and whether a file was brought in by hand."""

    @property
    def as_of(self) -> datetime | None: ...

    @property
    def trouble(self) -> str: ...

    @property
    def brought(self) -> bool: ...


class Calendars(Protocol):
    """The calendar of the house; raises OfficeError for what is none, StepRefused where another is followed."""

    @property
    def calendar_state(self) -> State | None:
        """None where only the office folder has a calendar."""
        ...

    async def take_calendar(self, text: str, name: str) -> None: ...

    async def drop_calendar(self) -> None: ...


class Week(Protocol):
    """What callers took of the executive's week. Raises EngineError."""

    async def this_week(self) -> dict[str, Any]: ...


class CalendarFile(BaseModel):
    """An iCalendar file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "calendar.ics"
    text: Annotated[str, StringConstraints(max_length=MOST)]


def router(calendars: Callable[[], Calendars], week: Callable[[], Week]) -> APIRouter:
    """The routes, for the house as it is when they are asked for."""
    doors = APIRouter(prefix="/api/study", tags=["study"], responses=PROBLEM)

    @doors.get("/calendar")
    async def calendar() -> dict[str, Any]:
        """`{followed, brought, as_of, trouble}`: free and busy come from the calendar as it was at `as_of`."""
        now = calendars().calendar_state
        if now is None:
            return {"followed": False, "brought": False, "as_of": None, "trouble": ""}
        as_of = now.as_of and spell_time(now.as_of)
        return {"followed": not now.brought, "brought": now.brought, "as_of": as_of, "trouble": now.trouble}

    @doors.put("/calendar")
    async def bring(file: CalendarFile) -> dict[str, Any]:
        """Free and busy from this file at once; 422 with the line where it breaks, 409 where an address is followed."""
        await calendars().take_calendar(file.text, file.name)
        return await calendar()

    @doors.delete("/calendar", status_code=204)
    async def take_out() -> Response:
        """Back to the office folder's calendar."""
        await calendars().drop_calendar()
        return Response(status_code=204)

    @doors.get("/week")
    async def this_week() -> dict[str, Any]:
        """`{since, until, circles}`, each `{circle, minutes, interruptions, of_minutes, of_interruptions}`.

        What callers of each circle took of the executive's week so far, and of how much; null is without a limit.
        """
        told = await week().this_week()
        return told | {end: told[end].isoformat() for end in ("since", "until")}

    return doors
