"""What is kept in a call, read back; and what happens when the house burns down in the middle of one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as sql_event

from calls.errors import EngineError, SettingsError
from calls.words import (
    Booking,
    Caller,
    CallRow,
    Circle,
    Event,
    HandOff,
    HandOffState,
    Heard,
    Message,
    Partial,
    Played,
    Promise,
    Proved,
    Reason,
    Said,
)
from evals.postgres import database
from records.alone import alone
from records.engine import open_engine
from records.store import Store, open_records
from tests.doubles import MONDAY
from tests.loops import ROOT

LUIS = Caller("+34600111222", "Luis Prieto", Circle.TRUSTED)
ROW = CallRow("c1", "text", LUIS, "es", MONDAY, ref="CA123", proof="attested_a")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return database(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path}/data/records.sqlite"


@pytest.fixture
async def store(url: str) -> AsyncGenerator[Store]:
    async with open_records(url) as store:
        yield store


async def heard(store: Store, *bodies: Any, row: CallRow = ROW) -> None:
    await store.open(row)
    await store.append(row.id, [Event(seq, MONDAY, body) for seq, body in enumerate(bodies, 1)])


def rescue(row: CallRow) -> tuple[Any, Promise]:
    return MONDAY + timedelta(hours=1), Promise(
        "assistant", f"Devolver la llamada a {row.caller.name}", id=f"r-{row.id}"
    )


async def test_a_call_is_read_back_whole(store: Store) -> None:
    await heard(store, Heard("Buenos días", "es"))
    await store.close(replace(ROW, state="closed", outcome="answered", ended=MONDAY + timedelta(seconds=9)))
    assert await store.call("c1") == {
        "id": "c1", "line": "text", "ref": "CA123", "number": "+34600111222", "name": "Luis Prieto",
        "circle": "trusted", "language": "es", "state": "closed", "outcome": "answered",
        "started": "2026-11-23T09:00:00.000+00:00", "ended": "2026-11-23T09:00:09.000+00:00",
        "proof": "attested_a", "diverted": None,
        "events": [{
            "seq": 1, "at": "2026-11-23T09:00:00.000+00:00", "kind": "heard",
            "text": "Buenos días", "language": "es", "confidence": 1.0, "began": 0.0, "ended": 0.0,
        }],
    }  # fmt: skip
    assert await store.call("nobody") is None


async def test_what_was_heard_of_a_sentence_is_told_with_it(store: Store) -> None:
    await heard(store, Said("s1", "Está reunida, le tomo nota.", "es"), Played("s1", "Está reunida,", True))
    said, played = (await store.call("c1") or {})["events"]
    assert (said["heard_text"], said["cut_short"]) == ("Está reunida,", True)
    assert played["kind"] == "played"


async def test_deeds_are_rows_with_the_fields_of_their_events(store: Store) -> None:
    madrid = MONDAY.astimezone(ZoneInfo("Europe/Madrid"))
    message = Message("La propuesta", "Luis", "Prieto S.L.", "+34600111222", "high", "m1", "c1", MONDAY)
    promise = Promise("executive", "Le llamará mañana", madrid + timedelta(days=1), "le llamo", "p1", "c1")
    booking = Booking(madrid, madrid + timedelta(minutes=30), "Luis", "b1", "c1")
    await heard(store, message, promise, booking)
    events = (await store.call("c1") or {})["events"]
    for event in events:
        del event["seq"], event["at"]
    for listed, event in zip((await store.messages(), await store.promises()), events[:2], strict=True):
        (row,) = listed.items
        assert {name: row[name] for name in event if name != "kind"} == {k: v for k, v in event.items() if k != "kind"}
        assert row["caller"] == {"name": "Luis Prieto", "number": "+34600111222", "language": "es"}


async def test_a_hand_off_is_one_row_in_its_present_state(store: Store) -> None:
    offered = HandOff(Reason.DISTRESS, id="h1", brief="Luis Prieto llora.")
    await heard(store, offered, replace(offered, state=HandOffState.RINGING))
    (ringing,) = (await store.hand_offs("ringing")).items
    assert ringing == {
        "id": "h1", "call_id": "c1", "state": "ringing", "reason": "distress", "to": "assistant",
        "brief": "Luis Prieto llora.", "at": "2026-11-23T09:00:00.000+00:00",
    }  # fmt: skip
    await store.close(replace(ROW, state="closed", ended=MONDAY))
    assert (await store.hand_offs("ringing")).items == []
    assert (await store.hand_off("h1") or {})["state"] == "timed_out"


async def test_a_pin_raises_the_circle_on_record(store: Store) -> None:
    await heard(store, Proved(Circle.INNER))
    assert (await store.call("c1") or {})["circle"] == "inner"


async def test_calls_are_found_by_state_number_and_words(store: Store) -> None:
    await heard(store, Heard("¿Está la SEÑORA Vidal? Es por el 100 % de la línea_7", "es"))
    await store.open(CallRow("c2", "sip", Caller("+34600111"), "en", MONDAY))
    await store.close(CallRow("c2", "sip", Caller("+34600111"), "en", MONDAY, state="closed", ended=MONDAY))

    async def found(**by: Any) -> list[str]:
        return [each["id"] for each in (await store.calls(**by)).items]

    assert await found() == ["c2", "c1"]
    assert await found(open=True) == ["c1"]
    assert await found(open=False) == ["c2"]
    assert await found(number="+34600111") == ["c2"]
    assert await found(q="senora vidal") == ["c1"]
    assert await found(q="PRIETO") == ["c1"]
    assert await found(q="100 %") == ["c1"]
    assert await found(q="línea_7") == ["c1"]
    assert await found(q="l%7") == []


async def test_lists_come_in_pages(store: Store) -> None:
    for n in range(5):
        await store.open(replace(ROW, id=f"c{n}"))
    first = await store.calls(limit=2)
    second = await store.calls(limit=2, after=first.next)
    last = await store.calls(limit=2, after=second.next)
    assert [[each["id"] for each in page.items] for page in (first, second, last)] == [
        ["c4", "c3"],
        ["c2", "c1"],
        ["c0"],
    ]
    assert last.next is None


async def test_calls_cut_off_by_a_crash_are_interrupted_and_owed_one_call_back(url: str) -> None:
    async with open_records(url) as store:
        await heard(store, Heard("Soy Luis", "es"))
        await heard(store, Said("s1", "Buenos días", "es"), row=replace(ROW, id="silent"))
        owed = Promise("assistant", "Le llamará Marta", id="p1", call_id="promised")
        await heard(store, Heard("Que me llame", "es"), owed, row=replace(ROW, id="promised"))
        await heard(store, row=replace(ROW, id="over"))
        await store.close(replace(ROW, id="over", state="closed", ended=MONDAY))
    async with open_records(url) as store:
        await store.recover(rescue)
        await store.recover(rescue)
        states = {each["id"]: each["state"] for each in (await store.calls()).items}
        assert states == {"c1": "interrupted", "silent": "interrupted", "promised": "interrupted", "over": "closed"}
        promises = [(each["call_id"], each["owner"]) for each in (await store.promises()).items]
        assert promises == [("c1", "assistant"), ("promised", "assistant")]
        assert (await store.call("c1") or {})["events"][-1]["kind"] == "promise"


# --- the live feed ----------------------------------------------------------------------------------


async def test_the_feed_shows_what_happens_from_now_on(store: Store) -> None:
    await heard(store, Heard("Antes", "es"))
    async with aclosing(store.feed.watch()) as shown:
        assert await anext(shown) is None
        store.announce("c1", Event(1, MONDAY, Partial("Bue", "es")))
        await store.append("c1", [Event(2, MONDAY, Heard("Buenas", "es"))])
        passing, kept = await anext(shown), await anext(shown)
    assert passing and passing.event["kind"] == "partial" and passing.cursor is None
    assert kept and kept.event["text"] == "Buenas" and kept.event["call_id"] == "c1" and kept.cursor


async def test_a_watcher_resumes_with_nothing_lost_or_doubled(store: Store) -> None:
    await heard(store, *(Heard(str(n), "es") for n in range(1, 1201)))
    async with aclosing(store.feed.watch(after=0)) as shown:
        assert await anext(shown) is None
        first = [await anext(shown) for _ in range(3)]
        tenth = first[-1].cursor if first[-1] else None
    async with aclosing(store.feed.watch(after=tenth)) as shown:
        assert await anext(shown) is None
        seen = [await anext(shown)]
        await store.append("c1", [Event(1201, MONDAY, Heard("1201", "es"))])
        seen += [await anext(shown) for _ in range(1197)]
    assert [each.event["text"] for each in seen if each] == [str(n) for n in range(4, 1202)]


async def test_a_slow_watcher_is_cut_and_can_resume(store: Store) -> None:
    store.feed._most_waiting = 5
    await store.open(ROW)
    async with aclosing(store.feed.watch()) as shown:
        assert await anext(shown) is None
        for n in range(1, 11):
            await store.append("c1", [Event(n, MONDAY, Heard(str(n), "es"))])
        seen = [each async for each in shown]
    assert [each.event["text"] for each in seen if each] == ["1", "2", "3", "4", "5"]
    async with aclosing(store.feed.watch(after=seen[-1].cursor if seen[-1] else None)) as shown:
        assert await anext(shown) is None
        rest = [await anext(shown) for _ in range(5)]
    assert [each.event["text"] for each in rest if each] == ["6", "7", "8", "9", "10"]


async def test_what_was_kept_is_shown_even_if_whoever_kept_it_is_cut_off(store: Store) -> None:
    await store.open(ROW)
    async with aclosing(store.feed.watch()) as shown:
        assert await anext(shown) is None
        keeping = asyncio.ensure_future(store.append("c1", [Event(1, MONDAY, Heard("Hola", "es"))]))
        await asyncio.sleep(0)
        keeping.cancel()
        assert (await anext(shown)).event["text"] == "Hola"  # type: ignore[union-attr]


# --- trouble ----------------------------------------------------------------------------------------


async def test_one_bad_write_harms_no_other(store: Store) -> None:
    await store.open(ROW)
    results = await asyncio.gather(
        *(store.append("c1", [Event(seq, MONDAY, Heard("Hola", "es"))]) for seq in (1, 2, 2, 3)), return_exceptions=True
    )
    assert [type(each) for each in results] == [type(None), type(None), EngineError, type(None)]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_locked_database_says_so(url: str) -> None:
    store = Store(open_engine(url, busy_s=0.05))
    other = open_engine(url)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(EngineError, match="locked by another program") as failure:
            await store.open(ROW)
    assert failure.value.engine == "records"
    await store.open(ROW)
    await store.close_down()
    other.dispose()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_full_disk_says_so_without_telling_what_was_said(url: str) -> None:
    engine = open_engine(url)
    engine.dispose()
    sql_event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    store = Store(engine)
    await store.open(ROW)
    with pytest.raises(EngineError, match="the disk is full") as failure:
        await store.append("c1", [Event(1, MONDAY, Heard("secreto " * 100_000, "es"))])
    assert "secreto" not in str(failure.value)
    await store.close_down()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "ANTESALA_DATABASE_URL"),
        ("mysql+nothing://x", "ANTESALA_DATABASE_URL"),
        ("sqlite:////proc/antesala/records.sqlite", "ANTESALA_DATA"),
    ],
)
def test_a_place_that_cannot_be_used_is_named_with_the_mend(address: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        open_engine(address)


KEEP_TALKING = """
import asyncio, sys
from itertools import count
from calls.words import Event, Heard
from records.store import open_records
from tests.records.test_store import MONDAY, ROW

async def main():
    async with open_records(sys.argv[1]) as store:
        await store.open(ROW)
        for seq in count(1):
            await store.append("c1", [Event(seq, MONDAY, Heard(str(seq), "es"))])
            print(seq, flush=True)

asyncio.run(main())
"""


async def test_everything_acknowledged_survives_a_kill(url: str) -> None:
    house = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEP_TALKING, url, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert house.stdout
    acknowledged = [int(await house.stdout.readline()) for _ in range(40)]
    house.kill()
    acknowledged += [int(line) for line in (await house.stdout.read()).split()]
    await house.wait()
    async with open_records(url) as store:
        kept = [event["seq"] for event in (await store.call("c1") or {})["events"]]
        assert kept[: len(acknowledged)] == acknowledged
        assert len(kept) <= len(acknowledged) + 1
        await store.recover(rescue)
        assert (await store.call("c1") or {})["state"] == "interrupted"
        assert json.dumps((await store.promises()).items)


def test_one_data_folder_is_for_one_server(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(SettingsError, match="ANTESALA_DATA"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
