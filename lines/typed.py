"""A call in writing, at this terminal: what is typed is heard, what is said is printed."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from calls import keypad
from calls.call import Call
from calls.switchboard import Switchboard
from calls.turn import take_turn
from calls.wire import Arrival
from calls.words import CallRow, Event, Say, Utterance

LOOK_S = 0.1
"""How often it is looked for something said unasked."""


async def type_call(
    switchboard: Switchboard, typed: AsyncIterator[str], arrival: Arrival, watch: Callable[[Event], None]
) -> CallRow:
    """Answers one call whose caller types a line a turn; ``#1`` presses keys. Ends with the lines, or with a goodbye.

    `watch` is told of every event. Raises AllBusy, EngineError.
    """
    call = await switchboard.answer(arrival.line, number=arrival.number, ref=arrival.ref, language=arrival.language)
    watching = asyncio.create_task(_watched(call, watch))
    try:
        await call.greet()
        async for line in typed:
            async with aclosing(_turn(call, line)) as says:
                async for _ in says:
                    pass
            if call.ending:
                break
    finally:
        await switchboard.end(call, "receptionist" if call.ending else "caller")
        await watching
    return call.row


async def lines_of_stdin() -> AsyncGenerator[str]:
    """Each line typed that is not empty, until the end of input."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str | None]()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.strip())
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="keyboard", daemon=True).start()
    while (line := await lines.get()) is not None:
        if line:
            yield line


def _turn(call: Call, line: str) -> AsyncGenerator[Say]:
    if line.startswith("#"):
        return keypad.press(call, line.removeprefix("#"))
    spoken = call.office.knowledge.policy.receptionist.languages
    now = call.elapsed()
    return take_turn(call, Utterance(line, call.office.language_of(line, spoken, call.language), began=now, ended=now))


async def _watched(call: Call, watch: Callable[[Event], None]) -> None:
    shown = 0
    while call.open or shown < len(call.events):
        for event in call.events[shown:]:
            watch(event)
            shown += 1
        await asyncio.sleep(LOOK_S)
