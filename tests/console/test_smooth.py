"""Nothing holds up the event loop while calls are typed: other callers are speaking on it."""

from __future__ import annotations

import asyncio

from calls.words import Message
from tests.console.conftest import OpenHouse
from tests.console.watch import steps_of_the_loop
from tests.doubles import ScriptedMind


async def test_ten_calls_at_once_never_hold_up_the_loop(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([[Message("La propuesta"), "Anotado."]] * 30))

    async def one() -> None:
        call_id = await house.dial()
        for _ in range(3):
            await house.hear(call_id, "Dígale que llamé")
        await house.client.get("/api/calls?q=llame")
        await house.client.post(f"/api/calls/{call_id}/hang-up")

    await one()
    with steps_of_the_loop() as slow:
        await asyncio.gather(*(one() for _ in range(9)))
    assert slow == []
