"""The process behind pyttsx3: it is replaced when it dies or hangs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

import pytest

from audio.voice import Urgency
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.worker import Worker
from calls.errors import EngineError, EngineLate


@pytest.fixture
async def worker() -> AsyncGenerator[Worker]:
    worker = Worker("pyttsx3", "audio.voice.pyttsx_worker")
    yield worker
    await worker.close()


async def test_a_dead_process_is_replaced(worker: Worker) -> None:
    engine = PyttsxEngine(worker=worker)
    assert await engine.say("Hola.", "es", Urgency.FIRST)
    os.kill(worker.pid or 0, signal.SIGKILL)
    assert await engine.say("Hola.", "es", Urgency.FIRST)


async def test_a_process_that_dies_while_it_speaks_is_replaced(worker: Worker) -> None:
    engine = PyttsxEngine(worker=worker)
    await engine.warm()
    asked = asyncio.create_task(engine.say("Esto se corta.", "es", Urgency.FIRST))
    await asyncio.sleep(0)
    os.kill(worker.pid or 0, signal.SIGKILL)
    assert await asked


async def test_a_process_that_hangs_is_late_and_then_replaced(worker: Worker) -> None:
    engine = PyttsxEngine(worker=worker)
    await engine.warm()
    os.kill(worker.pid or 0, signal.SIGSTOP)
    with pytest.raises(EngineLate, match="replaced"):
        await worker.ask(0.2, text="Hola.", voice="es")
    assert await engine.say("Hola.", "es", Urgency.FIRST)


async def test_an_error_of_the_engine_is_an_answer(worker: Worker) -> None:
    with pytest.raises(EngineError, match=r"pyttsx3: .*no-such-voice"):
        await worker.ask(3, text="Hola.", voice="no-such-voice")
    assert await PyttsxEngine(worker=worker).say("Hola.", "es", Urgency.FIRST)


async def test_a_process_that_cannot_live_is_an_error() -> None:
    worker = Worker("pyttsx3", "audio.voice.no_such_module")
    with pytest.raises(EngineError, match="ends as soon as"):
        await worker.ask(3, text="Hola.", voice="es")
    await worker.close()
