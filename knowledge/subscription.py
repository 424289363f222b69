"""The executive's calendar where they keep it: an iCalendar address, or a CalDAV collection (RFC 4791).

Whatever that server does, the last calendar that could be read stays in force, on disk too, and its age is told.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
from icalendar import Calendar as ICalendar

from calls.errors import OfficeError
from knowledge.calendar import parse_calendar, read_calendar

LOOK_S = 300.0
WITHIN_S = 15.0
"""A server that has not told everything by then hangs."""
MOST = 16 * 1024 * 1024
"""Bytes of a calendar."""
_AHEAD, _BEHIND = timedelta(days=400), timedelta(days=7)
_DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
_REPORT = """<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="{since:%Y%m%dT%H%M%SZ}" end="{until:%Y%m%dT%H%M%SZ}"/>
</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"""
"""RFC 4791, section 7.8: the events of a time range."""


@dataclass(frozen=True, slots=True)
class CalendarState:
    """`as_of`: when the calendar in force was read; `trouble`: why there is no newer one, empty when all is well.

    `brought`: it is a file that was brought in by hand, which nobody looks at again.
    """

    as_of: datetime | None
    trouble: str = ""
    brought: bool = False


class Subscription:
    """A calendar somewhere else. `url` may carry a user and a password; `kept`: where the last good one is."""

    def __init__(self, url: str, kept: Path, clock: Callable[[], datetime]):
        self._url = re.sub(r"^webcal", "http", url)
        self._kept, self._clock = kept, clock
        self.state = CalendarState(None)

    def last_good(self) -> ICalendar | None:
        """The one on disk, from an earlier run."""
        try:
            ical = read_calendar(self._kept)
        except OfficeError:
            return None
        if ical is not None:
            self.state = CalendarState(datetime.fromtimestamp(self._kept.stat().st_mtime, UTC))
        return ical

    async def look(self) -> ICalendar | None:
        """The calendar as it is now; None, with the reason in `state`, when the server does not tell it properly."""
        try:
            async with asyncio.timeout(WITHIN_S):
                text = await self._fetch()
            ical = await asyncio.to_thread(self._taken, text)
        except TimeoutError:
            trouble = f"it has not answered within {WITHIN_S:g} seconds"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            trouble = f"it cannot be reached ({type(error).__name__})"
        except (OfficeError, ElementTree.ParseError, _Refused) as error:
            trouble = str(error)
        else:
            self.state = CalendarState(self._clock())
            return ical
        self.state = CalendarState(self.state.as_of, trouble)
        return None

    def _taken(self, text: str) -> ICalendar:
        ical = parse_calendar(text, urlsplit(self._url).hostname or "calendar")
        new = self._kept.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._kept)
        return ical

    async def _fetch(self) -> str:
        async with httpx.AsyncClient(timeout=WITHIN_S, follow_redirects=True) as web:
            if urlsplit(self._url).path.endswith(".ics"):
                return await self._ask(web, "GET")
            now = self._clock().astimezone(UTC)
            body = _REPORT.format(since=now - _BEHIND, until=now + _AHEAD)
            return _joined(await self._ask(web, "REPORT", body))

    async def _ask(self, web: httpx.AsyncClient, method: str, body: str | None = None) -> str:
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"} if body else {}
        async with web.stream(method, self._url, content=body, headers=headers) as answer:
            if answer.status_code not in (200, 207):
                raise _Refused(f"it answers {answer.status_code}")
            came, size = bytearray(), 0
            async for piece in answer.aiter_bytes():  # to its end: httpx leaves half-read streams to the collector
                size += len(piece)
                if size <= MOST:
                    came += piece
        if size > MOST:
            raise _Refused(f"it is larger than {MOST // 1024 // 1024} MB")
        return came.decode("utf-8-sig", "replace")


class _Refused(Exception):
    """What the server answers is no calendar."""


def _joined(multistatus: str) -> str:
    """All events of a CalDAV answer as one calendar; time zones come along as often as they are told."""
    root = ElementTree.fromstring(multistatus)  # nosec B314: of the executive's own server
    parts = [each.text or "" for each in root.iter(_DATA)]
    inner = [re.sub(r"(?s)\A.*?BEGIN:VCALENDAR|END:VCALENDAR\s*\Z", "", part.strip()) for part in parts]
    bodies = [re.sub(r"(?m)^(VERSION|PRODID|CALSCALE|METHOD)[:;].*\n?", "", part).strip() for part in inner]
    if not root.tag.endswith("multistatus"):
        raise _Refused("what it tells is no CalDAV answer")
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Antesala//EN", *filter(None, bodies), "END:VCALENDAR"]
    )
