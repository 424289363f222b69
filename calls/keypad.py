"""What keys mean: 1 calls a person, 4 to 8 digits are a PIN, 9 and more a number that is being left.

Any other is answered with what can be pressed: whoever is not understood on a bad line can still be served.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from calls.call import Call
from calls.turn import take_turn
from calls.words import Done, HandOff, Keys, Reason, Say, Utterance

PERSON = "1"

_PIN = re.compile(r"\d{4,8}#?")
_NUMBER = re.compile(r"\d{9,}#?")


async def press(call: Call, digits: str) -> AsyncGenerator[Say]:
    """Notes `digits` (one of 0-9, *, # each, all that were pressed together) and does what they mean."""
    if _NUMBER.fullmatch(digits) and not call.with_staff:
        now = call.elapsed()
        heard = Utterance(digits.rstrip("#"), call.language, began=now, ended=now)
        async with aclosing(take_turn(call, heard, on_record=Keys(digits))) as says:
            async for say in says:
                yield say
        return
    await call.press(digits)
    if call.with_staff:
        return
    if digits.rstrip("#") == PERSON:
        yield await call.say(call.phrase("key_person" if await _ring(call) else "hand_off_refused"))
    elif _PIN.fullmatch(digits):
        right = await call.proves(digits.rstrip("#"))
        wrong = "pin_spent" if call.pin_spent else "pin_wrong"
        yield await call.say(call.phrase("pin_ok" if right else wrong))
        if right and call.office.orders:
            async with aclosing(call.office.orders.proved(call)) as answers:
                async for sentence in answers:
                    yield await call.say(sentence.text, sentence.language)
    else:
        yield await call.say(call.phrase("keypad_menu"))


async def _ring(call: Call) -> bool:
    """Whether a person is being called, by this key or already."""
    return isinstance(await call.do(HandOff(Reason.ASKED_FOR_PERSON)), Done)
