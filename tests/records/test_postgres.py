"""PostgreSQL goes in the middle of a call and comes back: nothing of the call is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.words import Caller, CallRow, Event, Heard, Message
from evals.postgres import database, found, running
from records.ahead import AHEAD
from records.store import open_records
from tests.doubles import MONDAY


@pytest.mark.slow
@pytest.mark.skipif(found() is None, reason="PostgreSQL is not installed")
async def test_while_the_server_is_gone_the_call_goes_on_and_is_put_in_afterwards(tmp_path: Path) -> None:
    ahead = tmp_path / AHEAD
    with running() as server:
        async with open_records(database(server), ahead) as store:
            await store.open(CallRow("c1", "text", Caller("+34600111222"), "es", MONDAY))
            await store.append("c1", [Event(1, MONDAY, Heard("Buenos días", "es"))])
            server.stop()
            await store.append("c1", [Event(2, MONDAY, Heard("¿Sigue ahí?", "es"))])
            await store.append("c1", [Event(3, MONDAY, Message("Los planos", id="m1", call_id="c1"))])
            assert ahead.exists()
            server.start()
            await store.catch_up()
            call = await store.call("c1")
            assert call and [event["seq"] for event in call["events"]] == [1, 2, 3]
            assert len((await store.messages()).items) == 1 and not ahead.exists()
