"""What the caller hears while a person is called, and while one has the call."""

from __future__ import annotations

from itertools import pairwise

from audio.silence import Silence
from calls.call import Call
from calls.words import HandOff, HandOffState, Reason
from tests.doubles import OpenDoor, office

STEP_S = 0.5


async def quiet(call: Call, silence: Silence, since: float, seconds: float) -> list[tuple[float, str]]:
    """What is said, and when, in so many seconds of silence."""
    door, said = call.door, list[tuple[float, str]]()
    assert isinstance(door, OpenDoor)
    for n in range(int(seconds / STEP_S)):
        before = len(door.spoken)
        await silence.mind(call, since + n * STEP_S)
        said += [(since + n * STEP_S, say.text) for say in door.spoken[before:]]
    return said


async def test_while_a_person_is_called_the_caller_hears_from_us_every_eight_to_ten_seconds() -> None:
    call = await Call.answered(office(), "sip", door=OpenDoor())
    await call.note(HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.RINGING, id="h"))
    said = await quiet(call, Silence(), 0.0, 60)
    assert {text for _, text in said} == {"[comfort]"} and len(said) == 6
    assert all(8 <= later - earlier <= 10 for (earlier, _), (later, _) in pairwise([(0.0, ""), *said]))


async def test_once_a_person_has_the_call_nothing_is_said_into_their_silence() -> None:
    call = await Call.answered(office(), "sip", door=OpenDoor())
    await call.note(HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.BRIDGED, id="h"))
    assert await quiet(call, Silence(), 0.0, 60) == []
