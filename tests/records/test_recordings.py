"""A recording goes with the words of its call: when they are too old, erased, or no longer agreed to."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

import cli
from calls.words import Body, Heard, Recording
from records.recordings import RECORDINGS, prune
from records.retention import Keep
from records.store import open_records
from tests.doubles import MONDAY
from tests.records.test_keeping import OTHER, PLANTED, a_call, data, run  # noqa: F401 (a fixture)

AGREED: tuple[Body, ...] = (Recording("asked"), Recording("agreed", 9.0), Heard("Soy yo", "es"))


def recorded(data: Path, *calls: str) -> None:  # noqa: F811
    folder = data / RECORDINGS
    folder.mkdir(exist_ok=True)
    for call in calls:
        (folder / call).write_bytes(b"sound")


def kept(data: Path) -> set[str]:  # noqa: F811
    return {each.name for each in (data / RECORDINGS).iterdir()}


async def test_nothing_is_kept_that_the_record_does_not_agree_to(tmp_path: Path) -> None:
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        await a_call(store, "yes", OTHER, *AGREED)
        await a_call(store, "erased", OTHER, *AGREED, Recording("erased"))
        await a_call(store, "now", OTHER, *AGREED, open=True)
        recorded(tmp_path, "yes.flac", "erased.flac", "now.8000.part", "unheard-of.flac")
        assert await store.look(lambda connection: prune(tmp_path, connection)) == 2
        assert kept(tmp_path) == {"yes.flac", "now.8000.part"}
        await store.sweep(Keep(), MONDAY + timedelta(days=31))
        await store.look(lambda connection: prune(tmp_path, connection))
        assert kept(tmp_path) == {"now.8000.part"}


def test_who_is_erased_is_heard_no_more(data: Path) -> None:  # noqa: F811
    async def two(store):  # type: ignore[no-untyped-def]
        await a_call(store, "theirs", PLANTED, *AGREED)
        await a_call(store, "other", OTHER, *AGREED)

    run(data, two)
    recorded(data, "theirs.flac", "other.flac")
    told = json.loads(CliRunner().invoke(cli.app, ["export", PLANTED.number or ""]).stdout)
    assert [each["file"] for each in told["recordings"]] == [str(data / RECORDINGS / "theirs.flac")]
    assert CliRunner().invoke(cli.app, ["erase", PLANTED.number or ""]).exit_code == 0
    assert kept(data) == {"other.flac"}
