"""The executive's own calendar over HTTP: read, joined, and what is in force while its server hangs or lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from knowledge import subscription
from knowledge.calendar import Calendar
from knowledge.subscription import CalendarState, Subscription

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVENT = "BEGIN:VEVENT\r\nUID:{id}\r\nDTSTART:{day}T100000Z\r\nDTEND:{day}T110000Z\r\nSUMMARY:Secret\r\nEND:VEVENT\r\n"
ICS = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n"
MONDAY, TUESDAY = (EVENT.format(id=day, day=day) for day in ("20261123", "20261124"))
DAV = (
    '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    + "".join(
        f"<d:response><d:propstat><d:prop><c:calendar-data>{ICS.format(each)}</c:calendar-data></d:prop></d:propstat>"
        "</d:response>"
        for each in (MONDAY, TUESDAY)
    )
    + "</d:multistatus>"
)


@dataclass
class Server:
    """Answers every request with `status` and `body`; None hangs."""

    status: int = 200
    body: str | None = ICS.format(MONDAY)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split()[0])
        if self.body is not None:
            body = self.body.encode()
            with suppress(ConnectionError):
                writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        else:
            await reader.read()
        writer.close()


@asynccontextmanager
async def at(server: Server) -> AsyncGenerator[str]:
    door = await asyncio.start_server(server, "127.0.0.1", 0)
    async with door:
        yield f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}"


def busy(ical: object) -> list[datetime]:
    calendar = Calendar(ical, "Europe/Madrid")  # type: ignore[arg-type]
    return [slot.start.astimezone(UTC) for slot in calendar.busy(NINE, NINE + timedelta(days=7))]


async def test_an_ics_address_and_a_collection_are_read(tmp_path: Path) -> None:
    server = Server()
    async with at(server) as base:
        theirs = Subscription(f"{base}/cal.ics", tmp_path / "c.ics", lambda: NINE)
        assert busy(await theirs.look()) == [NINE.replace(hour=10)]
        assert theirs.state == CalendarState(NINE)
        server.status, server.body = 207, DAV
        theirs = Subscription(f"{base.replace('//', '//elena:secret@')}/elena/", tmp_path / "d.ics", lambda: NINE)
        assert busy(await theirs.look()) == [NINE.replace(hour=10), NINE.replace(day=24, hour=10)]
    assert server.asked == ["GET", "REPORT"]


@pytest.mark.parametrize(
    ("path", "status", "body", "why"),
    [
        ("/cal.ics", 200, None, "not answered within"),
        ("/cal.ics", 500, "oh", "answers 500"),
        ("/cal.ics", 200, "<html>Sign in</html>", "BEGIN:VCALENDAR is missing"),
        ("/cal.ics", 200, "", "BEGIN:VCALENDAR is missing"),
        ("/cal.ics", 200, ICS.format(MONDAY)[:-15], "END:VCALENDAR is missing"),
        ("/cal.ics", 200, "BEGIN:VCALENDAR\n" * 2_000_000, "larger than"),
        ("/elena/", 207, "<d:multi", "unclosed token"),
        ("/elena/", 207, "<html></html>", "no CalDAV answer"),
        ("/elena/", 401, "", "answers 401"),
    ],
)
async def test_a_server_that_hangs_or_lies_leaves_the_last_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, status: int, body: str | None, why: str
) -> None:
    monkeypatch.setattr(subscription, "WITHIN_S", 2.0 if body is not None else 0.2)
    kept = tmp_path / "calendar.ics"
    kept.write_text(ICS.format(MONDAY))
    async with at(Server(status, body)) as base:
        theirs = Subscription(f"{base}{path}", kept, lambda: NINE)
        good = theirs.last_good()
        as_of = theirs.state.as_of
        assert busy(good) == [NINE.replace(hour=10)] and as_of
        assert await theirs.look() is None
    assert theirs.state.as_of == as_of and why in theirs.state.trouble
    assert busy(theirs.last_good()) == [NINE.replace(hour=10)]


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with at(Server()) as base:
        pass
    theirs = Subscription(f"{base}/cal.ics", tmp_path / "c.ics", lambda: NINE)
    assert theirs.last_good() is None and await theirs.look() is None
    assert theirs.state == CalendarState(None, "it cannot be reached (ConnectError)")
