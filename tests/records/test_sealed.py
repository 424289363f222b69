"""What is kept is sealed where there is a key: read by the house as ever, by nobody else who has the files."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import text

from audio.recording import complete
from calls.errors import EngineError, SettingsError
from calls.sealing import NO_KEYS, SEALED, Keys, new_key
from calls.words import Heard, Message, Promise, Recording
from evals.postgres import Server, database
from records.ahead import AHEAD, appended, opened
from records.recordings import RECORDINGS
from records.store import Store, open_records
from settings import Settings
from tests.doubles import MONDAY
from tests.records.test_ahead import EVENTS, ROW
from tests.records.test_keeping import OTHER, PLANTED, WORDS, a_call, command, data, plant, traces  # noqa: F401

OLD, NEW = new_key(), new_key()
CONTACT = {"Zenobia", "Camprub"}
"""Contacts are on file by the executive's own hand, as in the office folder, and not sealed."""
SOUND = np.arange(8000, dtype=np.int16).repeat(2).reshape(-1, 2)


def kept_with(data: Path, *keys: str, work: object = plant) -> None:  # noqa: F811
    async def done() -> None:
        with_keys = Keys.read(",".join(keys)) if keys else NO_KEYS
        async with open_records(f"sqlite:///{data}/records.sqlite", data / AHEAD, keys=with_keys) as store:
            await work(store)  # type: ignore[operator]

    asyncio.run(done())


def a_recording(data: Path, call: str, keys: Keys = NO_KEYS) -> Path:  # noqa: F811
    folder = data / RECORDINGS
    folder.mkdir(exist_ok=True)
    pieces = (keys.seal_piece(each.tobytes()) for each in np.split(SOUND, 4))
    (folder / f"{call}.8000.part").write_bytes(b"".join(pieces))
    complete(folder / f"{call}.8000.part", keys)
    return folder / f"{call}.flac"


def words(data: Path) -> set[str]:  # noqa: F811
    """What stands in the files of the planted caller, the number aside: calls are found by it."""
    return {each.split(": ")[1] for each in traces(data)} - {"699887766"}


def test_no_word_of_a_caller_is_in_any_file_and_all_is_found(data: Path) -> None:  # noqa: F811
    async def look(store: Store) -> None:
        await plant(store)
        assert words(data) == CONTACT, "not in the write-ahead log either"
        for sought in (f"{WORDS} zenobia", "camprubi", "martes", "699887766"):
            assert "c1" in [each["id"] for each in (await store.calls(q=sought)).items], sought
        assert [each["id"] for each in (await store.calls(name="prieto", q="soy")).items] == ["c2"]
        assert (await store.calls(q="ausente")).items == []
        whole = await store.call("c1")
        assert whole and whole["name"] == PLANTED.name and whole["events"][0]["text"] == f"Llamo por el {WORDS}"
        (message,), (promise,) = (await store.messages()).items, (await store.promises()).items
        assert (message["from_name"], promise["quote"]) == (PLANTED.name, WORDS)
        renamed = await store.rename("c1", "Zenobia C. Aymar", "marta", MONDAY)
        assert renamed and (await store.calls(name="aymar")).items[0]["id"] == "c1"

    kept_with(data, NEW, work=look)
    assert words(data) == CONTACT
    with closing(sqlite3.connect(data / "records.sqlite")) as records:
        assert records.execute("select count(*) from events where data like ?", (f'"{SEALED}%',)).fetchone() == (7 + 1,)


def test_who_is_erased_is_gone_and_stays_gone_with_the_sound(
    data: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = Keys.read(NEW)
    monkeypatch.setenv("ANTESALA_SEAL_KEY", NEW)

    async def two(store: Store) -> None:
        await plant(store)
        await a_call(store, "theirs", PLANTED, Recording("agreed", 1.0))
        await a_call(store, "other", OTHER, Recording("agreed", 1.0))

    kept_with(data, NEW, work=two)
    theirs, other = a_recording(data, "theirs", keys), a_recording(data, "other", keys)
    found = json.loads(command("export", "+34699887766", "--sound", str(tmp_path / "out")))
    assert found["messages"][0]["reason"] == f"El {WORDS} llega el martes" and len(found["events"]) == 7
    sound, _ = soundfile.read(found["recordings"][0]["file"], dtype="int16")
    assert (sound == SOUND).all() and b"fLaC" not in theirs.read_bytes()

    yesterday = tmp_path / "yesterday.tar"
    command("backup", str(yesterday))
    receipt = json.loads(command("erase", "+34699887766"))
    assert receipt["erased"]["recordings"] == 1 and not theirs.exists() and traces(data) == []
    other.unlink()
    assert "1 numbers erased since" in command("restore", str(yesterday))
    assert traces(data) == [] and not theirs.exists()
    assert keys.open_file(other.read_bytes()).startswith(b"fLaC"), "recordings are in the backup"
    kept_with(data, NEW, work=_says_nothing_of_them)


async def _says_nothing_of_them(store: Store) -> None:
    whole = await store.call("c2")
    assert whole and whole["events"][0]["text"] == "Dígale que llame al …"
    assert (await store.calls(q=WORDS)).items == []


def test_the_key_is_changed_and_put_away(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    kept_with(data)
    sound = a_recording(data, "c1")
    assert WORDS in words(data)
    for keys, told in ((OLD, "sealed with the first key"), (f"{NEW},{OLD}", "sealed with the first key")):
        monkeypatch.setenv("ANTESALA_SEAL_KEY", keys)
        assert told in command("key", "use")
        assert WORDS not in words(data) and WORDS.upper() not in words(data)
        assert b"fLaC" not in sound.read_bytes()
    with pytest.raises(SettingsError, match="a key that is not here"):
        kept_with(data, OLD)
    with pytest.raises(SettingsError, match="a key that is not here"):
        kept_with(data)
    monkeypatch.setenv("ANTESALA_SEAL_KEY", NEW)
    assert "open again" in command("key", "off")
    assert sound.read_bytes().startswith(b"fLaC")
    kept_with(data, work=_is_found)


async def _is_found(store: Store) -> None:
    assert [each["id"] for each in (await store.calls(q=WORDS)).items] == ["c1"]


def test_what_waits_for_the_database_is_sealed_too(data: Path) -> None:  # noqa: F811
    keys = Keys.read(NEW)
    lines = (opened(ROW), appended("c1", EVENTS))
    (data / AHEAD).write_text("".join(keys.seal_text(json.dumps(each)) + "\n" for each in lines))

    async def caught_up(store: Store) -> None:
        await store.catch_up()
        whole = await store.call("c1")
        assert whole and whole["events"][0]["text"] == EVENTS[0].body.text  # type: ignore[union-attr]

    kept_with(data, NEW, work=caught_up)


async def test_the_file_ahead_of_a_database_that_is_down_is_sealed(tmp_path: Path) -> None:
    url, ahead = f"sqlite:///{tmp_path}/records.sqlite", tmp_path / AHEAD
    async with open_records(url, ahead, keys=Keys.read(NEW)) as store:
        with closing(sqlite3.connect(tmp_path / "records.sqlite")) as other:
            other.execute("BEGIN EXCLUSIVE")
            await store.open(ROW)
            await store.append("c1", EVENTS)
            assert "camión" not in ahead.read_text() and ahead.read_text().startswith(SEALED)


def test_nobody_makes_what_they_say_look_sealed(data: Path) -> None:  # noqa: F811
    said = f"{SEALED}no es una llave"

    async def keep(store: Store) -> None:
        await a_call(
            store, "c1", OTHER, Heard(said, "es"), Message(said, said, id="m1", call_id="c1"),
            Promise("assistant", said, quote="plain-1:x", id="p1", call_id="c1"),
        )  # fmt: skip
        (message,), (promise,) = (await store.messages()).items, (await store.promises()).items
        assert (message["reason"], message["from_name"], promise["quote"]) == (said, said, "plain-1:x")

    kept_with(data, work=keep)


@pytest.mark.parametrize("bad", ["changeme", "x" * 43, "A" * 43 + "=", "c2hvcnQga2V5LCB0b28"])
def test_a_key_that_is_a_placeholder_is_refused(bad: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ANTESALA_SEAL_KEY: .*antesala key new") as told:
        Settings.read(data=tmp_path, seal_key=bad)
    assert bad not in str(told.value)
    (tmp_path / "key").write_text(f"{NEW}\n{OLD}\n")
    assert len(Settings.read(data=tmp_path, seal_key_file=tmp_path / "key").keys.opening) == 2


def test_what_was_changed_or_cut_off_is_noticed() -> None:
    keys = Keys.read(NEW)
    sealed = keys.seal(b"sound")
    with pytest.raises(EngineError, match="changed or damaged"):
        keys.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    pieces = keys.seal_piece(b"one ") + keys.seal_piece(b"two")
    assert keys.open_file(pieces) == b"one two" and keys.open_file(pieces[:-3]) == b"one "


@pytest.mark.slow
async def test_on_a_database_server_it_is_sealed_as_well(postgres: Server) -> None:
    async with open_records(database(postgres), keys=Keys.read(NEW)) as store:
        await plant(store)
        assert [each["id"] for each in (await store.calls(q=f"{WORDS} camprubi")).items] == ["c1"]
        raw = await store.look(
            lambda connection: connection.execute(text("select data::text from events")).scalars().all()
        )
        assert raw and all(each.startswith(f'"{SEALED}') for each in raw)
