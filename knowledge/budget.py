"""The executive's week: how much of it callers of a circle may take, and what they have taken of it so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calls.words import Allowance, Circle, VoicePolicy

A_WEEK = timedelta(days=7)
CIRCLES = tuple(circle for circle in Circle if circle is not Circle.BLOCKED)
Taken = Callable[[datetime, datetime], Awaitable[Sequence[Mapping[str, Any]]]]
"""What falls into a time: ``{circle, minutes, interruption}``. Raises EngineError."""


@dataclass(frozen=True, slots=True)
class Used:
    """What callers of one circle took of a week."""

    minutes: float = 0.0
    interruptions: int = 0

    def room(self, allowed: Allowance, minutes: int | None) -> bool:
        """Whether so many minutes more are allowed, or, without any, one more interruption and time to talk."""
        if minutes is None and allowed.interruptions is not None and self.interruptions >= allowed.interruptions:
            return False
        return allowed.minutes is None or self.minutes + (minutes or 1) <= allowed.minutes


class Budget:
    """Weeks begin on Monday, in the office's time zone. Every method may raise EngineError."""

    def __init__(self, policy: Callable[[], VoicePolicy], taken: Taken, now: Callable[[], datetime]):
        self._policy, self._taken, self._now = policy, taken, now

    async def spent(self, circle: Circle, at: datetime, minutes: int | None) -> datetime | None:
        """When the next week begins, if that of `at` has no room for so many `minutes` (None: for being rung)."""
        allowed = self._policy().budget.get(circle)
        if allowed is None:
            return None
        since, until = self._week(at)
        used = _used(await self._taken(since, until))
        return None if used.get(circle, Used()).room(allowed, minutes) else until

    async def this_week(self) -> dict[str, Any]:
        """``{since, until, circles: [{circle, minutes, interruptions, of_minutes, of_interruptions}]}``."""
        since, until = self._week(self._now())
        used, budget = _used(await self._taken(since, until)), self._policy().budget
        return {"since": since, "until": until, "circles": [_told(each, used, budget) for each in CIRCLES]}

    def _week(self, at: datetime) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self._policy().hours.timezone)
        day = at.astimezone(zone).date()
        monday = day - timedelta(days=day.weekday())
        return datetime.combine(monday, time(), zone), datetime.combine(monday + A_WEEK, time(), zone)


def _used(taken: Sequence[Mapping[str, Any]]) -> dict[Circle, Used]:
    return {circle: _sum([each for each in taken if each["circle"] == circle]) for circle in CIRCLES}


def _sum(taken: Sequence[Mapping[str, Any]]) -> Used:
    return Used(sum(each["minutes"] for each in taken), sum(1 for each in taken if each["interruption"]))


def _told(circle: Circle, used: Mapping[Circle, Used], budget: Mapping[Circle, Allowance]) -> dict[str, Any]:
    allowed, taken = budget.get(circle, Allowance()), used[circle]
    return {
        "circle": circle.value,
        "minutes": round(taken.minutes),
        "interruptions": taken.interruptions,
        "of_minutes": allowed.minutes,
        "of_interruptions": allowed.interruptions,
    }
