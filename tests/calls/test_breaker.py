"""An engine that keeps failing is left alone for a while, and tried again by one question."""

from __future__ import annotations

import asyncio

import pytest

from calls.breaker import FAILURES, REST_S, Breakers
from calls.call import Call
from calls.errors import EngineError, EngineLate
from calls.turn import PATIENCE_S, take_turn
from calls.words import Utterance
from tests.doubles import SmallKnowledge, office

pytestmark = pytest.mark.virtual_time


class Engine:
    def __init__(self) -> None:
        self.asked, self.broken, self.takes_s = 0, True, 0.0

    async def answer(self) -> str:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        if self.broken:
            raise EngineError("ears", "broken")
        return "words"


async def test_after_some_failures_nobody_waits_for_it_until_one_question_has_tried_it_out() -> None:
    breakers, engine = Breakers(), Engine()
    engine.takes_s = 600.0
    for _ in range(FAILURES):
        with pytest.raises(EngineLate):
            await breakers.ask("ears", engine.answer(), 8.0)
    with pytest.raises(EngineError, match="left alone"):
        await breakers.ask("ears", engine.answer(), 8.0)
    assert engine.asked == FAILURES and "ears" in breakers.resting
    await asyncio.sleep(REST_S)
    assert not breakers.resting, "it may be asked again"
    engine.takes_s, engine.broken = 1.0, False
    tried = asyncio.ensure_future(breakers.ask("ears", engine.answer(), 8.0))
    await asyncio.sleep(0.5)
    with pytest.raises(EngineError, match="left alone"):
        await breakers.ask("ears", engine.answer(), 8.0)
    assert await tried == "words" == await breakers.ask("ears", engine.answer(), 8.0)


async def test_a_question_that_nobody_waits_for_any_more_is_no_failure() -> None:
    breakers, engine = Breakers(), Engine()
    engine.takes_s, engine.broken = 5.0, False
    for _ in range(2 * FAILURES):
        asked = asyncio.ensure_future(breakers.ask("ears", engine.answer(), 8.0))
        await asyncio.sleep(1)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    assert await breakers.ask("ears", engine.answer(), 8.0) == "words"


async def test_while_recall_hangs_later_callers_get_a_person_at_once() -> None:
    house = office(knowledge=SmallKnowledge(trouble=[600.0] * 9))
    loop, waits = asyncio.get_running_loop(), []
    for _ in range(FAILURES + 1):
        call, began = await Call.answered(house, "test"), loop.time()
        said = [say.text async for say in take_turn(call, Utterance("¿A qué hora abren?", "es"))]
        assert said == ["[rescue]"]
        waits.append(round(loop.time() - began, 1))
        call.office.desk.forget(call)  # type: ignore[attr-defined]
        await call.close("caller")
    assert waits == [*[PATIENCE_S] * FAILURES, 0.0]
