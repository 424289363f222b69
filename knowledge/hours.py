"""The office's hours, and what can be promised within them.

All sums are done on wall-clock times of the office's own zone, day by day, so that a change to or from summer time
never moves an opening (PEP 495: an ambiguous hour is taken at its first pass).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calls.words import Hours, Slot

_LOOK_AHEAD_DAYS = 120
_NOTICE = timedelta(hours=2)
"""A callback is promised two hours ahead, or by the end of the opening when that comes first ..."""
_AT_LEAST = timedelta(hours=1)
"""... as long as an hour is left; else in the next opening, two hours after it begins (11:00 if that opens at nine)."""


def windows(hours: Hours, after: datetime) -> Iterator[Slot]:
    """The openings that end after `after`, in order, in the office's zone; at most 120 days ahead."""
    zone = ZoneInfo(hours.timezone)
    first = after.astimezone(zone).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        for window in day_windows(hours, first + timedelta(days=ahead)):
            if window.end > after:
                yield window


def day_windows(hours: Hours, day: date) -> list[Slot]:
    """The openings of one day, in order; none on a holiday."""
    if day in hours.holidays:
        return []
    zone = ZoneInfo(hours.timezone)
    return [Slot(_at(day, since, zone), _at(day, until, zone)) for since, until in hours.open.get(day.weekday(), ())]


def is_open(hours: Hours, at: datetime) -> bool:
    zone = ZoneInfo(hours.timezone)
    return any(window.start <= at < window.end for window in day_windows(hours, at.astimezone(zone).date()))


def callback_by(hours: Hours, at: datetime, busy: Iterable[Slot] = ()) -> datetime | None:
    """The soonest honest time by which a callback can be promised; None when the office never opens.

    A time inside an opening with at least an hour left counts from now, else from the start of the next opening: two
    hours on, or the end of that opening when that is sooner, on a full quarter. Time that the executive is busy is not
    counted.
    """
    for window in windows(hours, at):
        start = max(window.start, at.astimezone(window.start.tzinfo))
        if _span(start, window.end) < min(_AT_LEAST, _span(window.start, window.end)):
            continue
        by = _after_free(start, window.end, _NOTICE, busy)
        if by:
            return min(_next_step(by, 15), window.end)
    return None


def is_within(hours: Hours, start: datetime, end: datetime) -> bool:
    """Whether the office is open for all of it."""
    zone = ZoneInfo(hours.timezone)
    day = day_windows(hours, start.astimezone(zone).date())
    return start < end and any(window.start <= start and end <= window.end for window in day)


def free_slots(
    hours: Hours, after: datetime, minutes: int, count: int, busy: Iterable[Slot], step_minutes: int = 30
) -> tuple[Slot, ...]:
    """The next `count` free times of `minutes` inside the openings, starting on full half hours, none overlapping."""
    taken, found, length = list(busy), list[Slot](), timedelta(minutes=minutes)
    for window in windows(hours, after):
        start = _next_step(max(window.start, after.astimezone(window.start.tzinfo)), step_minutes)
        while start + length <= window.end and len(found) < count:
            slot = Slot(start, start + length)
            if any(overlaps(slot, each) for each in taken):
                start += timedelta(minutes=step_minutes)
                continue
            found.append(slot)
            start = _next_step(slot.end, step_minutes)
        if len(found) >= count:
            break
    return tuple(found)


def overlaps(one: Slot, other: Slot) -> bool:
    return one.start < other.end and other.start < one.end


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A minute of the day as wall-clock time; 1440 is the next midnight."""
    if minute >= 24 * 60:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time(minute // 60, minute % 60), zone)


def _span(start: datetime, end: datetime) -> timedelta:
    return end.astimezone(UTC) - start.astimezone(UTC)


def _after_free(start: datetime, end: datetime, needed: timedelta, busy: Iterable[Slot]) -> datetime | None:
    """When `needed` of free time has passed since `start`, at most `end`; None if under half an hour is free."""
    at, left = start, needed
    for slot in sorted((each for each in busy if each.end > start and each.start < end), key=lambda each: each.start):
        free = slot.start - at
        if free >= left:
            return at + left
        left -= max(free, timedelta())
        at = max(at, slot.end)
    if at >= end or needed - left + (end - at) < timedelta(minutes=30):
        return None
    return min(at + left, end)


def _next_step(at: datetime, minutes: int) -> datetime:
    """`at`, or the next full step of the clock."""
    flat = at.replace(second=0, microsecond=0)
    if flat < at:
        flat += timedelta(minutes=1)
    return flat + timedelta(minutes=-flat.minute % minutes)
