"""A call in writing, at the terminal."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from calls.desk import Desk
from calls.switchboard import Switchboard
from calls.wire import Arrival
from calls.words import CallRow, Event, HangUp
from lines.typed import type_call
from tests.doubles import OpenRules, ScriptedMind, office

pytestmark = pytest.mark.virtual_time


async def lines(*typed: str) -> AsyncGenerator[str]:
    for line in typed:
        yield line


async def types(*typed: str, **parts: object) -> tuple[CallRow, list[Event]]:
    desk, seen = Desk(), list[Event]()
    switchboard = Switchboard(office(desk=desk, rules=OpenRules(), **parts), desk, most=1)
    async with aclosing(lines(*typed)) as typing:
        row = await type_call(switchboard, typing, Arrival("text", "+34600111222"), seen.append)
    assert switchboard.calls == ()
    return row, seen


async def test_every_event_is_seen_as_it_happens() -> None:
    row, seen = await types("¿Está Elena?")
    assert [event.kind for event in seen] == ["greeted", "heard", "recalled", "said", "hung_up"]
    assert (row.line, row.caller.number, row.state) == ("text", "+34600111222", "closed")


async def test_a_goodbye_ends_the_call() -> None:
    _, seen = await types("Adiós.", "¿Sigue ahí?", mind=ScriptedMind([["Adiós.", HangUp()]]))
    assert [event.kind for event in seen][-2:] == ["said", "hung_up"]
    assert seen[-1].body == HangUp("receptionist")


async def test_keys_are_pressed_with_a_hash() -> None:
    _, seen = await types("#1")
    assert [event.kind for event in seen][1:4] == ["keys", "hand_off", "hand_off"]
