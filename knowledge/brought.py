"""A calendar file that was brought in by hand; it is in force instead of the office folder's until it is taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from icalendar import Calendar as ICalendar

from calls.errors import OfficeError
from knowledge.calendar import parse_calendar, read_calendar


class Brought:
    """`kept`: where it is. Its methods block, and raise OfficeError with the line where a calendar breaks."""

    def __init__(self, kept: Path, clock: Callable[[], datetime]):
        self._kept, self._clock = kept, clock

    @property
    def as_of(self) -> datetime | None:
        """When it was brought in; None when there is none."""
        return datetime.fromtimestamp(self._kept.stat().st_mtime, UTC) if self._kept.exists() else None

    def take(self, text: str, name: str) -> ICalendar:
        """`text`, kept if it is a calendar."""
        ical = parse_calendar(text, name)
        new = self._kept.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._kept)
        return ical

    def last(self) -> ICalendar | None:
        """The one that was brought in last, if it can be read."""
        try:
            return read_calendar(self._kept)
        except OfficeError:
            return None

    def drop(self) -> None:
        self._kept.unlink(missing_ok=True)
