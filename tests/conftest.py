"""What every test may use: virtual time, the check that nothing is left behind, and the recorded audio."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from evals.postgres import NoPostgres, Server, running
from tests.loops import ROOT, VirtualTimeLoop, WatchfulLoop

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Any]]:
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": WatchfulLoop}


@pytest.fixture(autouse=True)
def watched(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("nothing_left_behind")


@pytest.fixture
async def nothing_left_behind() -> AsyncGenerator[None]:
    """Fails a test that leaves a task running or one of our async generators unclosed."""
    before = asyncio.all_tasks()
    yield
    for _ in range(3):
        await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    gc.collect(0)
    loop = asyncio.get_running_loop()
    abandoned = loop.abandoned if isinstance(loop, WatchfulLoop) else []
    assert not left, f"tasks left running: {[task.get_coro() for task in left]}"
    assert not abandoned, f"async generators dropped without aclose: {abandoned}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL server; a test that needs it is skipped without one."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NoPostgres as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """The folder of recorded speech beside the checkout; a test that needs it is skipped without it."""
    folder = ROOT.parent / "shared" / "audio"
    if not folder.is_dir():
        pytest.skip(f"recorded speech is missing: {folder}")
    return folder
