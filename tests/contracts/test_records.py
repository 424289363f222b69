"""What every record of calls promises: the one of the tests and the one on a real database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calls.errors import AntesalaError
from calls.ports import Records
from calls.words import Caller, CallRow, Event, Heard, Partial, Said
from evals.postgres import database
from records.store import Store, open_records
from tests.doubles import MONDAY, MemoryRecords

ROW = CallRow("c1", "text", Caller("+34600111222", "Luis Prieto"), "es", MONDAY)
HELLO = Heard("Buenos días, quería hablar con la señora Vidal.", "es", 0.9, 1.0, 2.5)
ANSWER = Said("s1", "Está reunida.", "es", heard_text="Está reunida.")
NOT_TAKEN = (AntesalaError, AssertionError)
"""How a record refuses: the one of the tests takes a broken rule for a mistake in the test."""


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Records]:
    if request.param == "memory":
        yield MemoryRecords()
    else:
        server = request.param == "postgresql" and request.getfixturevalue("postgres")
        url = database(server) if server else f"sqlite:///{tmp_path}/records.sqlite"
        async with open_records(url) as store:
            yield store


async def kept(records: Records, call_id: str = "c1") -> list[dict[str, Any]]:
    if isinstance(records, MemoryRecords):
        return [event.as_json() for event in records.events[call_id]]
    assert isinstance(records, Store)
    return (await records.call(call_id) or {})["events"]


async def test_what_is_appended_is_kept_in_order_and_in_full(records: Records) -> None:
    await records.open(ROW)
    events = [Event(1, MONDAY, HELLO), Event(2, MONDAY, ANSWER)]
    await records.append("c1", events[:1])
    await records.append("c1", events[1:])
    assert await kept(records) == [event.as_json() for event in events]


async def test_several_at_once_are_kept_together_or_not_at_all(records: Records) -> None:
    await records.open(ROW)
    await records.append("c1", [Event(1, MONDAY, HELLO)])
    with pytest.raises(NOT_TAKEN):
        await records.append("c1", [Event(2, MONDAY, ANSWER), Event(1, MONDAY, HELLO)])
    assert [event["seq"] for event in await kept(records)] == [1]


async def test_nothing_is_kept_of_a_call_that_was_never_opened(records: Records) -> None:
    with pytest.raises((*NOT_TAKEN, KeyError)):
        await records.append("c1", [Event(1, MONDAY, HELLO)])


async def test_a_call_is_opened_once(records: Records) -> None:
    await records.open(ROW)
    with pytest.raises(NOT_TAKEN):
        await records.open(ROW)


async def test_a_closed_call_takes_nothing_and_is_closed_once(records: Records) -> None:
    await records.open(ROW)
    closed = replace(ROW, state="closed", outcome="abandoned", ended=MONDAY)
    await records.close(closed)
    with pytest.raises(NOT_TAKEN):
        await records.append("c1", [Event(1, MONDAY, HELLO)])
    with pytest.raises(NOT_TAKEN):
        await records.close(closed)
    assert await kept(records) == []


async def test_passing_words_are_shown_but_not_kept(records: Records) -> None:
    await records.open(ROW)
    records.announce("c1", Event(0, MONDAY, Partial("Buenos", "es")))
    assert await kept(records) == []
