"""The house closes while people are on the line."""

from __future__ import annotations

import asyncio

import pytest

from calls.call import Call
from calls.farewell import farewell
from calls.turn import take_turn
from calls.words import Promise, Utterance
from tests.doubles import OpenDoor, office, texts

pytestmark = pytest.mark.virtual_time


async def on_the_line(seconds: float = 1.0, **caller: str) -> tuple[Call, OpenDoor]:
    door = OpenDoor(seconds)
    call = await Call.answered(office(), "test", door=door, **caller)
    async for _ in take_turn(call, Utterance("Llamo por los planos", "es")):
        pass
    return call, door


async def hang_up_when_told(call: Call) -> None:
    while not call.ending:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await call.close("receptionist")


async def test_whoever_can_be_called_back_is_promised_it_before_it_is_said() -> None:
    known, door = await on_the_line(number="+34600111222")
    withheld, other = await on_the_line()
    hanging_up = [asyncio.ensure_future(hang_up_when_told(each)) for each in (known, withheld)]
    began = asyncio.get_running_loop().time()
    await farewell([known, withheld], 8.0)
    await asyncio.gather(*hanging_up)
    assert asyncio.get_running_loop().time() - began < 3
    assert texts(door.spoken) == ["[closing_down]"] and texts(other.spoken) == ["[closing_down_alone]"]
    kinds = [event.kind for event in known.events]
    assert kinds.index("promise") < max(n for n, kind in enumerate(kinds) if kind == "said")
    assert not any(isinstance(step, Promise) for step in withheld.deeds)


async def test_nobody_waits_longer_than_set() -> None:
    call, _ = await on_the_line(600.0, number="+34600111222")
    began = asyncio.get_running_loop().time()
    await farewell([call], 8.0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(8.0)
    assert any(isinstance(step, Promise) for step in call.deeds), "the promise stands all the same"
    await call.close("line")
