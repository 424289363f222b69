"""A full house, somebody who rings all the time, a call without end, a recording: all kindly, none at others' cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from calls.admission import WINDOW, Admission, Place, carried
from calls.switchboard import AllBusy, Switchboard
from calls.turn import take_turn
from calls.words import Caller, Circle, Promise, Utterance
from tests.doubles import MONDAY, OpenDoor, SmallKnowledge, office, texts

STRANGER, FRIEND = Caller("+34600111222"), Caller("+34600333444", "Luis", Circle.TRUSTED)


def test_who_comes_when_all_are_taken_leaves_a_number_and_the_next_is_turned_away() -> None:
    house = Admission(most=2, noted=1)
    assert house.place(STRANGER, served=1, noted=0, now=MONDAY) is Place.SERVED
    assert house.place(STRANGER, served=2, noted=0, now=MONDAY) is Place.FULL
    assert house.place(STRANGER, served=2, noted=1, now=MONDAY) is Place.AWAY
    house.shut()
    assert house.place(STRANGER, served=0, noted=0, now=MONDAY) is Place.AWAY


def test_who_rings_too_often_leaves_a_number_then_is_turned_away_and_may_come_again_later() -> None:
    house, now, got = Admission(most=5, noted=5, per_number=3), MONDAY, []
    for _ in range(7):
        got.append(house.place(STRANGER, 0, 0, now))
        house.rang(STRANGER.number, now)
        now += timedelta(seconds=20)
    assert got == [*[Place.SERVED] * 3, *[Place.OFTEN] * 3, Place.AWAY]
    for _ in range(11):
        house.rang(FRIEND.number, now)
    assert house.place(FRIEND, 0, 0, now) is Place.SERVED, "whom the office knows may ring more often"
    assert house.place(Caller(None), 0, 0, now) is Place.SERVED
    house.forget(now + WINDOW)
    assert house.place(STRANGER, 0, 0, now + WINDOW) is Place.SERVED


@pytest.mark.virtual_time
async def test_calls_by_typing_take_no_place_of_those_by_voice() -> None:
    house = office()
    board = Switchboard(house, house.desk, Admission(most=1, typed=2))
    typed = [await board.answer("text") for _ in range(2)]
    with pytest.raises(AllBusy):
        await board.answer("text")
    assert not board.full and board.place(None) is Place.SERVED
    spoken = await board.answer("test", door=OpenDoor())
    assert board.full
    with pytest.raises(AllBusy):
        await board.answer("test", door=OpenDoor())
    for call in (*typed, spoken):
        await board.end(call, "caller")


def test_a_quick_machine_carries_more_than_a_slow_one_and_each_two_calls_a_core() -> None:
    assert carried(0.3, cores=2) == 6
    assert carried(0.3, cores=8) > 25
    assert carried(60.0, cores=2) == 4


@pytest.mark.virtual_time
async def test_a_call_that_lasts_too_long_is_ended_kindly_and_called_back() -> None:
    house = office()
    board = Switchboard(house, house.desk, 2, longest=timedelta(minutes=30))
    door = OpenDoor(seconds=0.0)
    call = await board.answer("test", number="+34600111222", door=door)
    async for _ in take_turn(call, Utterance("Llamo por los planos", "es")):
        pass
    await board.sweep()
    assert not call.ending
    call.row = replace(call.row, started=call.row.started - timedelta(minutes=31))
    await board.sweep()
    await board.sweep()
    assert call.ending and texts(door.spoken) == ["[time_is_up]"], "once"
    assert any(isinstance(step, Promise) for step in call.deeds)
    await board.end(call, "receptionist")


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("heard", "recording"),
    [
        (["Pulse uno para hablar con ventas", "Pulse dos para todo lo demás"] * 3, True),
        (["Su llamada es importante para nosotros"] * 4, True),
        (["¿Me oye?"] * 6, False),
        (["Quiero hablar con la señora Vidal", "Es por los planos", "Sí, gracias"], False),
    ],
)
async def test_a_recording_that_goes_in_circles_is_left_to_itself(heard: list[str], recording: bool) -> None:
    house = office(knowledge=SmallKnowledge())
    board, door = Switchboard(house, house.desk, 2), OpenDoor()
    call = await board.answer("test", door=door)
    for text in heard:
        async for _ in take_turn(call, Utterance(text, "es")):
            pass
    await board.sweep()
    assert call.ending is recording
    assert ("[going_in_circles]" in texts(door.spoken)) is recording
    await board.end(call, "receptionist")
