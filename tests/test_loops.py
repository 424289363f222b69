"""The test loops themselves."""

import asyncio
import time

import pytest

pytest_plugins = ["pytester"]


@pytest.mark.virtual_time
async def test_an_hour_passes_at_once() -> None:
    loop, began = asyncio.get_running_loop(), time.monotonic()
    await asyncio.sleep(3600)
    assert loop.time() == pytest.approx(3600)
    assert time.monotonic() - began < 1


@pytest.mark.virtual_time
async def test_timers_fire_in_their_order() -> None:
    order: list[str] = []

    async def after(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    await asyncio.gather(after(3, "c"), after(1, "a"), after(2, "b"))
    assert order == ["a", "b", "c"]


@pytest.mark.virtual_time
async def test_work_in_a_thread_is_waited_for_and_costs_no_virtual_time() -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(sum, range(1_000_000)) == 499999500000
    assert loop.time() == 0


def test_what_is_left_behind_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        """
        [pytest]
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = function
        addopts = --import-mode=importlib
        markers = virtual_time
        """
    )
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile(
        """
        import asyncio
        async def test_task(): asyncio.create_task(asyncio.sleep(60))
        async def count():
            yield 1
            yield 2
        async def test_generator():
            async for one in count(): break
        async def test_clean():
            await asyncio.create_task(asyncio.sleep(0))
        """
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.loops.ROOT", pytester.path)
        result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*tasks left running*sleep*", "*dropped without aclose*count*"])
