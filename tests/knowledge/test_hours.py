"""When the office is open, and what can honestly be promised."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.words import Hours, Slot
from knowledge.hours import callback_by, free_slots, is_open, is_within

MADRID = ZoneInfo("Europe/Madrid")
DAY = ((9 * 60, 18 * 60 + 30),)
OFFICE = Hours("Europe/Madrid", dict.fromkeys(range(5), DAY), (date(2026, 12, 8), date(2026, 12, 25)))
SPLIT = Hours("Europe/Madrid", dict.fromkeys(range(5), ((9 * 60, 14 * 60), (16 * 60, 19 * 60))))


def madrid(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=MADRID)


def test_it_is_open_within_its_hours_only() -> None:
    assert is_open(OFFICE, madrid(23, 9)) and is_open(OFFICE, madrid(23, 18, 29))
    assert not is_open(OFFICE, madrid(23, 18, 30)) and not is_open(OFFICE, madrid(22, 12))
    assert not is_open(OFFICE, madrid(8, 12, month=12)), "a holiday"
    assert is_open(OFFICE, datetime(2026, 11, 23, 8, 30, tzinfo=UTC)), "half past nine in Madrid"


@pytest.mark.parametrize(
    ("at", "by"),
    [
        (madrid(23, 10), madrid(23, 12)),
        (madrid(23, 10, 7), madrid(23, 12, 15)),
        (madrid(23, 17), madrid(23, 18, 30)),
        (madrid(23, 17, 45), madrid(24, 11)),
        (madrid(23, 7), madrid(23, 11)),
        (madrid(27, 18, 0), madrid(30, 11)),
        (madrid(7, 18, 0, month=12), madrid(9, 11, month=12)),
    ],
)
def test_a_callback_is_promised_for_a_time_that_can_be_kept(at: datetime, by: datetime) -> None:
    assert callback_by(OFFICE, at) == by


def test_at_the_end_of_the_morning_the_afternoon_is_promised() -> None:
    assert callback_by(SPLIT, madrid(23, 13, 30)) == madrid(23, 18)


def test_time_in_a_meeting_does_not_count() -> None:
    busy = [Slot(madrid(23, 10), madrid(23, 12))]
    assert callback_by(OFFICE, madrid(23, 10), busy) == madrid(23, 14)
    assert callback_by(OFFICE, madrid(23, 10), [Slot(madrid(23, 9), madrid(24, 9))]) == madrid(24, 11)


def test_an_office_without_hours_promises_nothing() -> None:
    assert callback_by(Hours(), madrid(23, 10)) is None and free_slots(Hours(), madrid(23, 10), 30, 3, ()) == ()


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_opening_hours_stay_where_they_are_when_the_clocks_change(day: date) -> None:
    sundays = Hours("Europe/Madrid", {6: DAY})
    opening = datetime(day.year, day.month, day.day, 9, tzinfo=MADRID)
    assert is_open(sundays, opening.astimezone(UTC)) and not is_open(
        sundays, (opening - timedelta(minutes=1)).astimezone(UTC)
    )
    night_before = opening.astimezone(UTC) - timedelta(hours=10)
    by = callback_by(sundays, night_before)
    assert by and (by.hour, by.utcoffset()) == (11, opening.utcoffset())


def test_an_opening_through_the_lost_hour_is_shorter() -> None:
    nights = Hours("Europe/Madrid", {6: ((0, 6 * 60),)})
    change = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert is_open(nights, change) and not is_open(nights, datetime(2026, 3, 29, 4, 0, tzinfo=UTC))


def test_free_slots_avoid_meetings_and_closing_time() -> None:
    busy = [Slot(madrid(23, 9, 30), madrid(23, 11)), Slot(madrid(23, 12), madrid(23, 18))]
    slots = free_slots(OFFICE, madrid(23, 9, 10), 60, 3, busy)
    assert [slot.start for slot in slots] == [madrid(23, 11), madrid(24, 9), madrid(24, 10)]


def test_only_open_time_is_allowed() -> None:
    assert is_within(OFFICE, madrid(23, 17, 30), madrid(23, 18, 30))
    assert not is_within(OFFICE, madrid(23, 18), madrid(23, 19)) and not is_within(
        SPLIT, madrid(23, 13), madrid(23, 17)
    )
    assert not is_within(OFFICE, madrid(23, 11), madrid(23, 10))


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
MEETINGS = st.lists(st.tuples(MOMENTS, st.integers(15, 600)), max_size=4)


@given(MOMENTS, MEETINGS)
def test_no_promise_is_ever_outside_the_hours_or_the_past(at: datetime, meetings: list[tuple[datetime, int]]) -> None:
    busy = [Slot(start, start + timedelta(minutes=minutes)) for start, minutes in meetings]
    by = callback_by(OFFICE, at, busy)
    assert by and at < by <= at + timedelta(days=8)
    assert is_open(OFFICE, by - timedelta(seconds=1))
    for slot in free_slots(OFFICE, at, 30, 5, busy):
        assert at <= slot.start and is_within(OFFICE, slot.start, slot.end)
        assert not any(slot.start < each.end and each.start < slot.end for each in busy)
