"""While the database is down, calls go on; afterwards everything is in it, once."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from calls.errors import EngineError
from calls.words import Caller, CallRow, Circle, Event, HandOff, HandOffState, HangUp, Heard, Message, Promise, Reason
from records.ahead import appended, opened, put_in
from records.engine import open_engine
from records.store import Store
from tests.doubles import MONDAY

ROW = CallRow("c1", "text", Caller("+34600111222", "Luis Prieto", Circle.TRUSTED), "es", MONDAY, ref="CA1")
EVENTS = [
    Event(1, MONDAY, Heard("Dígale que el camión llega el martes", "es", 0.93, 1.5, 4.25)),
    Event(2, MONDAY, Message("El camión llega el martes", "Luis", id="m1", call_id="c1", taken_at=MONDAY)),
    Event(
        3, MONDAY, Promise("assistant", "Llamar a Luis", MONDAY + timedelta(hours=2), "llámeme", id="p1", call_id="c1")
    ),
    Event(4, MONDAY, HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.RINGING, brief="Luis", id="h1")),
    Event(5, MONDAY, HangUp(by="caller")),
]
OVER = replace(ROW, state="closed", outcome="message", ended=MONDAY + timedelta(minutes=1))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    store = Store(open_engine(f"sqlite:///{tmp_path}/records.sqlite", busy_s=0.05), tmp_path / "ahead.jsonl")
    yield store
    await store.close_down()


async def test_a_call_with_the_database_locked_is_whole_afterwards(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert store._ahead
    store._ahead._clock = lambda: 0.0
    watching = store.feed.watch()
    await anext(watching)
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        await store.open(ROW)
        for each in EVENTS:
            await store.append("c1", [each])
        await store.close(OVER)
        assert caplog.text.count("goes to a file for now") == 1, "nobody waits for a locked database more than once"
        store._ahead._again_at = 0.0
        with pytest.raises(EngineError, match="locked"):
            await store.ping()
        other.rollback()
    shown = [await anext(watching) for _ in EVENTS]
    assert [each and each.event["seq"] for each in shown] == [1, 2, 3, 4, 5], "the desk sees it as it happens"
    await watching.aclose()
    await store.ping()
    assert not (tmp_path / "ahead.jsonl").exists()
    kept = await store.call("c1")
    assert kept and kept["state"] == "closed" and kept["ref"] == "CA1"
    assert kept["events"] == [each.as_json() for each in EVENTS]
    assert [each["id"] for each in (await store.messages()).items] == ["m1"]
    assert [each["id"] for each in (await store.promises()).items] == ["p1"]


async def test_a_call_with_the_database_full_is_whole_once_there_is_room(tmp_path: Path) -> None:
    engine, room = open_engine(f"sqlite:///{tmp_path}/records.sqlite"), [1]
    event.listen(engine, "checkout", lambda held, *_: held.execute(f"PRAGMA max_page_count = {room[0]}"))
    store = Store(engine, tmp_path / "ahead.jsonl")
    said = [Event(1, MONDAY, Heard("El camión llega el martes. " * 20_000, "es"))]
    await store.open(ROW)
    await store.append("c1", said)
    assert (tmp_path / "ahead.jsonl").exists()
    with pytest.raises(EngineError, match="the disk is full"):
        await store.ping()
    room[0] = 1_000_000
    await store.ping()
    await store.close(OVER)
    kept = await store.call("c1")
    assert kept and kept["events"] == [each.as_json() for each in said] and kept["state"] == "closed"
    await store.close_down()


async def test_where_nothing_can_be_written_at_all_it_is_said(store: Store, tmp_path: Path) -> None:
    (tmp_path / "ahead.jsonl").mkdir()
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(EngineError, match=r"neither the database nor ahead\.jsonl can be written"):
            await store.open(ROW)
        other.rollback()


async def test_what_waits_is_put_in_before_whatever_comes_next(store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        await store.open(ROW)
        other.rollback()
    assert store._ahead
    store._ahead._again_at = 0.0
    await store.append("c1", EVENTS[:1])
    assert (kept := await store.call("c1")) and len(kept["events"]) == 1


def test_putting_in_twice_and_a_line_cut_off_do_no_harm(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/records.sqlite")
    lines = [opened(ROW), appended("c1", EVENTS[:2]), appended("c1", EVENTS[2:])]
    for _ in range(2):
        with engine.begin() as connection:
            put_in(lines, connection)
    with engine.connect() as connection:
        count = connection.exec_driver_sql("select count(*), count(distinct seq) from events").fetchone()
    assert tuple(count or ()) == (5, 5)
    engine.dispose()
