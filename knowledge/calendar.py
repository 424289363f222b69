"""The executive's calendar, of which only free and busy ever leave this file (RFC 5545 in, periods out)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar as ICalendar

from calls.errors import OfficeError
from calls.words import Slot
from knowledge.hours import overlaps

_MEND = "Export it again from the calendar program as iCalendar (.ics)."


class Calendar:
    """Free and busy. `ical` is the parsed file, None for an office without one."""

    def __init__(self, ical: ICalendar | None, timezone: str):
        self._ical = ical
        self._zone = ZoneInfo(timezone)

    def busy(self, start: datetime, end: datetime) -> list[Slot]:
        """The busy periods that touch [start, end), earliest first; titles and guests stay inside."""
        if self._ical is None:
            return []
        events = recurring_ical_events.of(self._ical, skip_bad_series=True).between(start, end)
        found = [self._period(event.start, event.end) for event in events if _takes_time(event)]
        return sorted((slot for slot in found if overlaps(slot, Slot(start, end))), key=lambda slot: slot.start)

    def busy_at(self, at: datetime) -> bool:
        """Whether the executive is in something at `at`."""
        return bool(self.busy(at, at + timedelta(minutes=1)))

    def _period(self, start: date | datetime, end: date | datetime) -> Slot:
        return Slot(self._aware(start), self._aware(end))

    def _aware(self, at: date | datetime) -> datetime:
        """A whole day begins at midnight of the office; a floating time is in the office's zone."""
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return at.astimezone(self._zone) if at.tzinfo else at.replace(tzinfo=self._zone)


def read_calendar(path: Path) -> ICalendar | None:
    """The calendar file, None when there is none. Raises OfficeError with the line where it breaks."""
    if not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OfficeError(path.name, "This is not UTF-8 text.", _MEND) from None
    return parse_calendar(text, path.name)


def parse_calendar(text: str, name: str) -> ICalendar:
    """The calendar in `text`, which is called `name`. Raises OfficeError with the line where it breaks."""
    if broken := _broken_line(text):
        line, what = broken
        raise OfficeError(name, what, _MEND, line)
    try:
        ical = ICalendar.from_ical(text)
    except (ValueError, IndexError, KeyError) as error:
        raise OfficeError(name, f"This is not a calendar: {error}.", _MEND, _line_of(text, error)) from None
    for event in ical.walk("VEVENT"):
        if "DTSTART" not in event or event.errors:
            said = str(event.get("UID", ""))
            fault = f"{event.errors[0][0]} cannot be read" if event.errors else "has no start (DTSTART)"
            place = next((n for n, each in enumerate(text.splitlines(), 1) if said and said in each), None)
            raise OfficeError(name, f"An event's {fault}." if event.errors else f"An event {fault}.", _MEND, place)
    return ical


def _takes_time(event: object) -> bool:
    """Transparent and cancelled events leave the time free (RFC 5545, 3.8.2.7 and 3.8.1.11)."""
    get = getattr(event, "get", lambda *_: "")
    return str(get("TRANSP", "OPAQUE")).upper() != "TRANSPARENT" and str(get("STATUS", "")).upper() != "CANCELLED"


def _broken_line(text: str) -> tuple[int, str] | None:
    """The first line at which BEGIN and END do not pair up."""
    open_parts: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        name, _, part = line.strip().partition(":")
        if name.upper() == "BEGIN":
            open_parts.append(part.upper())
        elif name.upper() == "END" and (not open_parts or open_parts.pop() != part.upper()):
            return number, f"END:{part} has no BEGIN:{part}."
    if open_parts:
        return len(text.splitlines()), f"END:{open_parts[-1]} is missing."
    return None if "BEGIN:VCALENDAR" in text.upper() else (1, "BEGIN:VCALENDAR is missing.")


def _line_of(text: str, error: Exception) -> int | None:
    said = str(error)
    return next((n for n, line in enumerate(text.splitlines(), 1) if len(line) > 4 and line in said), None)
