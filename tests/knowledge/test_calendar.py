"""The executive's calendar gives free and busy, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from knowledge.calendar import Calendar, read_calendar
from tests.knowledge.quick import CALENDAR

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def calendar(folder: Path, text: str = CALENDAR) -> Calendar:
    path = folder / "calendar.ics"
    path.write_text(text, encoding="utf-8")
    return Calendar(read_calendar(path), "Europe/Madrid")


def event(*lines: str) -> str:
    return CALENDAR.replace(
        "END:VCALENDAR",
        "\r\n".join(["BEGIN:VEVENT", "UID:x", "DTSTAMP:20260901T080000Z", *lines, "END:VEVENT", "END:VCALENDAR"]),
    )


def test_a_weekly_meeting_keeps_its_hour_on_the_wall_clock(tmp_path: Path) -> None:
    both = calendar(tmp_path).busy(datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    assert [(slot.start.hour, slot.start.minute) for slot in both] == [(9, 30), (9, 30)]
    assert both[1].start - both[0].start.astimezone(UTC) == timedelta(days=7, hours=1), (
        "an hour more: the clocks went back"
    )


def test_only_periods_leave_it(tmp_path: Path) -> None:
    assert "Lumen" not in repr(calendar(tmp_path).busy(MONDAY, MONDAY + timedelta(days=1)))


def test_busy_now(tmp_path: Path) -> None:
    office = calendar(tmp_path)
    assert office.busy_at(MONDAY.replace(hour=9)) and not office.busy_at(MONDAY.replace(hour=10))
    assert not Calendar(None, "Europe/Madrid").busy_at(MONDAY)


def test_free_and_cancelled_events_take_no_time(tmp_path: Path) -> None:
    for line in ("TRANSP:TRANSPARENT", "STATUS:CANCELLED"):
        text = event("DTSTART:20261124T100000Z", "DTEND:20261124T110000Z", line)
        assert calendar(tmp_path, text).busy(MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)) == []


def test_a_whole_day_begins_at_the_offices_midnight(tmp_path: Path) -> None:
    text = event("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225")
    (slot,) = calendar(tmp_path, text).busy(
        datetime(2026, 12, 24, 12, tzinfo=UTC), datetime(2026, 12, 24, 13, tzinfo=UTC)
    )
    assert (slot.start.isoformat(), slot.end.isoformat()) == ("2026-12-24T00:00:00+01:00", "2026-12-25T00:00:00+01:00")
