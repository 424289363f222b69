"""Five hundred calls, one after another: each is gone when it is over."""

from __future__ import annotations

import asyncio
import gc
import threading

import psutil
import pytest

from audio.reception import Reception
from calls.call import Call
from calls.switchboard import Switchboard
from calls.wire import Arrival
from tests.audio.tones import Language_of_tones, Telephone, sound
from tests.doubles import MemoryRecords, office

CALLS = 500


def left() -> dict[str, int]:
    """What is there now that a call may have made."""
    gc.collect()
    mine = psutil.Process()
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "files": mine.num_fds(),
        "generators": sum(1 for each in gc.get_objects() if type(each).__name__ == "async_generator"),
        "calls": sum(1 for each in gc.get_objects() if type(each) is Call),
    }


@pytest.mark.slow
@pytest.mark.virtual_time
async def test_five_hundred_calls_leave_nothing_behind() -> None:
    records, tones = MemoryRecords(), Language_of_tones()
    house = office(records=records)
    board = Switchboard(house, house.desk, most=1)
    reception = Reception(board, sound(tones), lambda stages: None)

    async def rings(n: int) -> None:
        phone = Telephone(tones, [(0.4, "¿Está la señora Vidal?", 0.6)], until=(0.2, 0.8, 1.8)[n % 3])
        await reception(phone, Arrival("test", "+34600111222"))

    for n in range(3):
        await rings(n)
    before = left()
    for n in range(CALLS):
        await rings(n)
    await asyncio.sleep(0)
    after = left()
    assert all(after[what] <= count for what, count in before.items()), f"{before} became {after}"
    assert len(records.rows) == CALLS + 3 and all(row.state == "closed" for row in records.rows.values())
