"""What keys do, without the model."""

from __future__ import annotations

import asyncio

import pytest

from calls.call import Call
from calls.desk import Desk
from calls.keypad import press
from calls.words import HandOff, Keys
from tests.doubles import office

pytestmark = pytest.mark.virtual_time


async def pressed(call: Call, digits: str) -> list[str]:
    return [say.text async for say in press(call, digits)]


async def test_one_calls_a_person_at_any_time():
    house = office()
    call = await Call.answered(house, "sip")
    assert await pressed(call, "1") == ["[key_person]"]
    assert any(isinstance(body, HandOff) for body in call.bodies)
    assert isinstance(house.desk, Desk)
    house.desk.forget(call)
    await asyncio.sleep(0)


@pytest.mark.parametrize("digits", ["0", "*", "#", "23", "999"])
async def test_keys_that_mean_nothing_are_answered_with_what_can_be_pressed(digits: str):
    call = await Call.answered(office(), "sip")
    assert await pressed(call, digits) == ["[keypad_menu]"]
    assert call.bodies[0] == Keys(digits)


async def test_a_pin_is_proved_and_never_written_down():
    call = await Call.answered(office(), "sip")
    assert await pressed(call, "1234#") == ["[pin_wrong]"]
    assert await pressed(call, "4711#") == ["[pin_ok]"]
    assert all("4711" not in str(body) and "1234" not in str(body) for body in call.bodies)
