"""Whoever owns a promise is warned before it is overdue, whatever the month brings."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.errors import EngineError
from calls.owed import LONGEST_WAIT, Owed, Watchman
from tests.doubles import MONDAY
from tests.loops import VirtualTimeLoop

MINUTE = timedelta(minutes=1)


class Ledger:
    """Promises in memory. `trouble`: so many looks fail."""

    def __init__(self, trouble: int = 0):
        self.open: dict[str, Owed] = {}
        self.warned: dict[str, datetime] = {}
        self.trouble = trouble

    async def owed(self) -> list[Owed]:
        if self.trouble:
            self.trouble -= 1
            raise EngineError("records", "the database is locked by another program")
        return [each for each in self.open.values() if each.id not in self.warned]

    async def warn(self, promise_id: str, at: datetime) -> None:
        assert promise_id not in self.warned, "once is enough"
        self.warned[promise_id] = at


async def month(promises: list[tuple[int, int, int | None]], trouble: int) -> Ledger:
    """Promises are made at a minute of the month, for so many minutes; some are moved to another time half-way."""
    loop = asyncio.get_running_loop()
    ledger = Ledger(trouble)
    watchman = Watchman(ledger, lambda: MONDAY + timedelta(seconds=loop.time()))
    watch = asyncio.create_task(watchman.keep_watch())
    for n, (at, minutes, moved) in enumerate(sorted(promises, key=lambda each: each[0])):
        await asyncio.sleep(at * 60 - loop.time())
        made = MONDAY + timedelta(seconds=loop.time())
        ledger.open[str(n)] = Owed(str(n), made, made + minutes * MINUTE)
        watchman.look()
        if moved:
            later = made + (minutes + moved) * MINUTE
            ledger.open[str(n)] = Owed(str(n), made, later)
            watchman.look()
    await asyncio.sleep(31 * 24 * 3600 * 2)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    return ledger


A_MONTH = st.lists(
    st.tuples(st.integers(0, 43_000), st.integers(1, 20_000), st.none() | st.integers(1, 20_000)), max_size=30
)


@given(promises=A_MONTH, trouble=st.integers(0, 2))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_promise_of_a_month_is_overdue_without_a_warning(
    promises: list[tuple[int, int, int | None]], trouble: int
) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        ledger = runner.run(month(promises, trouble))
    assert ledger.warned.keys() == ledger.open.keys()
    for promise in ledger.open.values():
        late = timedelta(seconds=11 if trouble else 0.001)
        assert promise.warn_at <= ledger.warned[promise.id] <= promise.warn_at + late, "at three quarters, not sooner"
        assert ledger.warned[promise.id] < promise.due


@pytest.mark.virtual_time
async def test_nothing_owed_is_looked_at_rarely() -> None:
    assert await Watchman(Ledger(), lambda: MONDAY).round() == LONGEST_WAIT
