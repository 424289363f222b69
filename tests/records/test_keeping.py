"""Kept no longer than it should be; given to whom it is about; erased without a trace, a restored backup included."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command as command_of_alembic
from alembic.config import Config
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel
from typer.testing import CliRunner

import cli
from calls.errors import SettingsError
from calls.people import Entry, Role
from calls.versions import Version
from calls.words import Caller, CallRow, Circle, Event, HandOff, Heard, Message, Promise, Reason, Said
from records import audit
from records.alone import alone
from records.engine import copy, earlier, open_engine
from records.erasure import genuine
from records.retention import Keep
from records.store import Store, open_records
from tests.doubles import MONDAY
from tests.loops import ROOT

PLANTED = Caller("+34699887766", "Zenobia Camprubí", Circle.KNOWN)
WORDS = "ornitorrinco"
OTHER = Caller("+34600111222", "Luis Prieto", Circle.TRUSTED)
TRACES = ("699887766", "Zenobia", "Camprub", WORDS, WORDS.upper())


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("DATA", tmp_path / "data"), ("OFFICE", tmp_path / "office")):
        value.mkdir()
        monkeypatch.setenv(f"ANTESALA_{name}", str(value))
    return tmp_path / "data"


@pytest.fixture
async def store(data: Path) -> AsyncGenerator[Store]:
    async with open_records(f"sqlite:///{data}/records.sqlite") as store:
        yield store


async def a_call(store: Store, id: str, caller: Caller, *bodies: object, open: bool = False) -> None:
    row = CallRow(id, "text", caller, "es", MONDAY)
    await store.open(row)
    await store.append(id, [Event(seq, MONDAY, body) for seq, body in enumerate(bodies, 1)])  # type: ignore[arg-type]
    if not open:
        await store.close(replace(row, state="closed", outcome="message", ended=MONDAY + timedelta(minutes=1)))


async def plant(store: Store) -> None:
    """A caller who is everywhere: in their own calls, in somebody else's, on file, in the queue."""
    await a_call(
        store, "c1", PLANTED, Heard(f"Llamo por el {WORDS}", "es"), Said("s1", f"Anotado: {WORDS}", "es"),
        Message(f"El {WORDS} llega el martes", "Zenobia Camprubí", number=PLANTED.number, id="m1", call_id="c1"),
        Promise("assistant", f"Devolver la llamada sobre el {WORDS}", quote=WORDS, id="p1", call_id="c1"),
        HandOff(Reason.ASKED_FOR_PERSON, brief=f"Zenobia, por un {WORDS}", id="h1"),
    )  # fmt: skip
    await a_call(store, "c2", OTHER, Heard("Dígale que llame al +34699887766", "es"), Heard("Soy Luis", "es"))
    contact = {"name": "Zenobia Camprubí", "numbers": [PLANTED.number], "circle": "known"}
    on_file = Version("contact", "zenobia", 1, contact, "approved", "Marta", MONDAY)
    await store.versions.add([on_file])
    await store.versions.add([replace(on_file, number=2, data={**contact, "numbers": ["+34911223344"]})])


def command(*words: str) -> str:
    done = CliRunner().invoke(cli.app, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def traces(folder: Path) -> list[str]:
    """Where anything of the planted caller still stands in the files, byte by byte."""
    return [
        f"{each.name}: {trace}"
        for each in sorted(folder.rglob("*"))
        if each.is_file()
        for trace in TRACES
        if trace.encode() in each.read_bytes()
    ]


def test_a_caller_is_given_what_is_kept_and_then_erased_everywhere(data: Path, tmp_path: Path) -> None:
    run(data, plant)
    found = json.loads(command("export", "+34 699 88 77 66"))
    assert {"calls", "events", "messages", "promises", "hand_offs", "versions"} <= set(found)
    assert len(found["events"]) == 6 and found["messages"][0]["reason"] == f"El {WORDS} llega el martes"
    yesterday = tmp_path / "yesterday.tar"
    command("backup", str(yesterday))
    copy(data / "records.sqlite", earlier(data / "records.sqlite", "upgrade-from-0001"))
    (data / "chroma").mkdir()
    (data / "chroma" / "chroma.sqlite3").write_text(WORDS)
    assert traces(data)

    contacts = tmp_path / "office" / "contacts.yaml"
    contacts.write_text('- {name: Z}\n- {name: Y, numbers: ["+34 699 887 766"]}\n')
    shown = CliRunner().invoke(cli.app, ["erase", "--number", "+34699887766"])
    receipt = json.loads(shown.stdout)
    assert "contacts.yaml, line 2" in shown.stderr.replace("\n", "")
    erased = {"calls": 1, "events": 6, "hand_offs": 1, "messages": 1, "promises": 1, "versions": 2, "copies": 1}
    assert receipt["erased"] == erased
    assert genuine(receipt) and not genuine({**receipt, "erased": {}})
    assert traces(data) == []
    (tmp_path / "receipt.json").write_text(shown.stdout)
    assert "Genuine" in command("receipt", str(tmp_path / "receipt.json"))

    assert "1 numbers erased since" in command("restore", str(yesterday))
    assert traces(data) == []
    with closing(sqlite3.connect(data / "records.sqlite")) as records:
        assert records.execute("select count(*) from event_words where event_words match 'luis'").fetchone() == (1,)


def run(data: Path, work: object) -> None:
    import asyncio

    async def done() -> None:
        async with open_records(f"sqlite:///{data}/records.sqlite") as store:
            await work(store)  # type: ignore[operator]

    asyncio.run(done())


def test_nothing_is_erased_or_restored_under_an_open_house(data: Path) -> None:
    run(data, plant)
    with alone(data), pytest.raises(SettingsError, match="already answers"):
        command("erase", "+34699887766")


def test_a_damaged_backup_changes_nothing(data: Path, tmp_path: Path) -> None:
    run(data, plant)
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"no tar at all")
    with pytest.raises(SettingsError, match="as they were"):
        command("restore", str(bad))
    assert json.loads(command("export", "+34699887766"))["calls"]


async def test_words_go_after_thirty_days_and_calls_after_a_year(store: Store) -> None:
    await plant(store)
    await a_call(store, "c3", OTHER, Heard("Sigo aquí", "es"), open=True)
    assert await store.sweep(Keep(), MONDAY + timedelta(days=29)) == 0
    assert await store.sweep(Keep(), MONDAY + timedelta(days=31)) == 2
    assert await store.sweep(Keep(), MONDAY + timedelta(days=31)) == 0
    old, current = await store.call("c1"), await store.call("c3")
    assert old and old["events"] == [] and old["number"] == PLANTED.number
    assert current and len(current["events"]) == 1
    (message,), (promise,) = (await store.messages()).items, (await store.promises()).items
    assert message["reason"] and promise["quote"] == ""
    await store.sweep(Keep(), MONDAY + timedelta(days=366))
    assert await store.call("c2") is None and await store.call("c1"), "what is owed still stands on it"
    await store.change_message("m1", None, state="done")
    await store.change_promise("p1", None, state="kept")
    await store.sweep(Keep(), MONDAY + timedelta(days=366))
    assert await store.call("c1") is None and (await store.messages()).items == []


async def test_every_table_is_looked_through(store: Store) -> None:
    def there(connection):  # type: ignore[no-untyped-def]
        return set(inspect(connection).get_table_names())

    known = set(SQLModel.metadata.tables) | {"alembic_version"}
    unknown = {name for name in await store.look(there) if not name.startswith("event_words")} - known
    assert not unknown, "records/subject.py does not know these tables"


async def test_the_audit_log_shows_what_was_tampered_with(store: Store, data: Path) -> None:
    for number in range(5):
        await store.people.note(Entry(MONDAY, "marta", Role.ASSISTANT, "GET /api/calls/{call_id}", f"c{number}", 200))
    whole = await store.look(audit.verify)
    assert (whole.lines, whole.broken) == (5, None)
    with closing(sqlite3.connect(data / "records.sqlite")) as records:
        for doing in ("update audit set who = 'nobody' where no = 3", "delete from audit where no = 3"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                records.execute(doing)
        records.execute("drop trigger audit_not_changed")
        records.execute("update audit set who = 'nobody' where no = 3")
        records.commit()
    assert (await store.look(audit.verify)).broken == 3


def test_before_the_schema_changes_the_file_is_copied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.sqlite"
    open_engine(url).dispose()
    assert [each.name for each in tmp_path.glob("*before-upgrade*")] == []
    (tmp_path / "records.sqlite").unlink()
    config, engine = Config(), create_engine(url)
    config.set_main_option("script_location", str(ROOT / "records" / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command_of_alembic.upgrade(config, "0005")
    engine.dispose()
    open_engine(url).dispose()
    (kept,) = tmp_path.glob("records-before-upgrade-from-0005.sqlite")
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("select version_num from alembic_version").fetchone() == ("0005",)
