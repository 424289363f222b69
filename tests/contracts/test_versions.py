"""What every keeper of versions promises: the one of the tests and the one on a real database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from calls.versions import Outdated, Version, Versions
from evals.postgres import database
from records.store import open_records
from tests.doubles import MONDAY, MemoryVersions

PRESS = Version("preference", "press", 1, {"text": {"es": "La prensa escribe. 😀"}}, "approved", "Elena", MONDAY)
LUIS = Version("contact", "press", 1, {"name": "Luis"}, "approved", "office folder", MONDAY, source="abc", batch="b1")


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def versions(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Versions]:
    if request.param == "memory":
        yield MemoryVersions()
    else:
        server = request.param == "postgresql" and request.getfixturevalue("postgres")
        url = database(server) if server else f"sqlite:///{tmp_path}/records.sqlite"
        async with open_records(url) as store:
            yield store.versions


def bare(found: Version) -> Version:
    return replace(found, cursor=0)


async def test_what_is_kept_comes_back_whole(versions: Versions) -> None:
    await versions.add([PRESS, LUIS])
    assert [bare(each) for each in await versions.after(0)] == [PRESS, LUIS]
    assert [bare(each) for each in await versions.history("preference", "press")] == [PRESS]
    assert list(await versions.history("voice", "press")) == []


async def test_after_a_cursor_comes_only_what_is_new_and_only_its_newest(versions: Versions) -> None:
    await versions.add([PRESS, LUIS])
    seen = max(each.cursor for each in await versions.after(0))
    second, third = replace(PRESS, number=2), replace(PRESS, number=3, status="archived")
    await versions.add([second])
    await versions.add([third])
    (newest,) = await versions.after(seen)
    assert bare(newest) == third and newest.cursor > seen
    assert list(await versions.after(newest.cursor)) == []
    assert [each.number for each in await versions.history("preference", "press")] == [1, 2, 3]


async def test_a_number_that_is_taken_is_refused_and_nothing_is_kept(versions: Versions) -> None:
    await versions.add([PRESS])
    with pytest.raises(Outdated) as late:
        await versions.add([LUIS, replace(PRESS, data={})])
    assert (late.value.key, late.value.newest) == (("preference", "press"), 1)
    assert [bare(each) for each in await versions.after(0)] == [PRESS]
    with pytest.raises(Outdated):
        await versions.add([replace(PRESS, number=3)])


async def test_an_import_is_found_by_its_batch(versions: Versions) -> None:
    await versions.add([PRESS, LUIS])
    await versions.add([replace(LUIS, id="ana", batch="b2", author="Marta"), replace(LUIS, id="eva", batch="b2")])
    assert [each.id for each in await versions.batch("b2")] == ["ana", "eva"]
    assert [(each.id, each.count) for each in await versions.batches()] == [("b2", 2), ("b1", 1)]
    assert list(await versions.batch("b3")) == []
