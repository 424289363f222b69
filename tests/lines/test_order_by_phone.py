"""The executive calls their own line from a telephone: keys the PIN, says what is wanted, and it holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from calls.wire import Arrival
from calls.words import Body, CallRow, Keys, Ordered, Played, Proved, Said
from tests.knowledge.test_by_phone import ANDRES, ELENA, LUIS, ORDER, Line, line
from tests.lines.doors import Carrier, ringing, until
from tests.lines.test_whole_calls import Served, of_kind, quiet, say, small_house

__all__ = ["line"]
YES = "Sí, perfecto."


@asynccontextmanager
async def echoing(carrier: Carrier) -> AsyncGenerator[None]:
    """A carrier that has played everything as soon as it comes."""

    async def echo() -> None:
        while True:
            told: dict[str, Any] = await carrier.next()
            if told["event"] == "mark":
                await carrier.tell(event="mark", streamSid="MZ1", mark=told["mark"])

    echo_task = asyncio.create_task(echo())
    try:
        yield
    finally:
        echo_task.cancel()
        with suppress(asyncio.CancelledError, TimeoutError):
            await echo_task


def bodies(house: Served) -> list[Body]:
    row: CallRow = next(iter(house.records.rows.values()))
    return house.bodies(row)


def said(house: Served) -> str:
    return " ".join(each.text for each in of_kind(Said, bodies(house)))


def heard_out(house: Served) -> bool:
    """Whether everything that was said has been heard: what is said into it would be a murmur."""
    played = {each.said for each in of_kind(Played, bodies(house))}
    return all(each.id in played for each in of_kind(Said, bodies(house)))


@pytest.mark.slow
async def test_a_keyed_pin_and_a_spoken_order_hold_for_the_next_call(line: Line) -> None:
    parts = {"knowledge": line.knowledge, "orders": line.office.orders, "phrases": line.office.phrases}
    async with (
        small_house(**parts, now=line.clock) as house,
        ringing(house.media, Carrier) as carrier,
        echoing(carrier),
    ):
        await carrier.start(house.tickets.issue(Arrival("twilio", ELENA, "CA1")))
        await until(lambda: len(house.board.calls) == 1)
        for key in "8315#":
            await carrier.tell(event="dtmf", dtmf={"track": "inbound_track", "digit": key})
        await until(lambda: bool(of_kind(Proved, bodies(house))) and "correcto" in said(house) and heard_out(house))
        await say(carrier, house.tones.tone(ORDER, 1.2), quiet(1.5))
        await until(lambda: "¿Lo dejo así?" in said(house) and heard_out(house))
        assert "está de vacaciones hasta el lunes 30 de noviembre" in said(house) and "Andrés Vidal" in said(house)
        assert not line.by_phone(), "nothing before the yes"
        await say(carrier, house.tones.tone(YES, 0.8), quiet(1.5))
        await until(lambda: bool(of_kind(Ordered, bodies(house))) and "Hecho." in said(house))
        assert line.by_phone() == ["absence", "callers"]
        assert [each.digits for each in of_kind(Keys, bodies(house))] == ["****#"], "the PIN is on no record"
        await carrier.tell(event="stop")
        await house.only_call()
    luis, andres = await line.dial(LUIS), await line.dial(ANDRES)
    assert "vacaciones" in await line.say(luis, "quiere hablar con la señora Vidal, pregunta si está")
    assert await line.say(andres, "Hola, soy yo.") == "Le paso."
    line.desk.forget(andres)
