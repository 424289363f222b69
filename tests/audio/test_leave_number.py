"""Beyond what the house serves, a caller hears a kind clip and leaves a number; nobody else notices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from audio.reception import Reception
from calls.admission import Admission, Place
from calls.errors import EngineError
from calls.switchboard import AllBusy, Switchboard
from calls.wire import Arrival
from calls.words import Caller, CallRow, Circle, Keys, Played, Promise, Said
from tests.audio.tones import HummingVoice, Language_of_tones, Telephone, ToneEars, sound
from tests.doubles import MemoryRecords, SmallKnowledge, office

pytestmark = pytest.mark.virtual_time


def reception(voice: HummingVoice | None = None, **parts: Any) -> tuple[Reception, MemoryRecords, ToneEars]:
    """A house that serves nobody, and three people who may leave a number."""
    records, tones = MemoryRecords(), Language_of_tones()
    house, ears = office(records=records, **parts), ToneEars(tones)
    board = Switchboard(house, house.desk, Admission(most=0, noted=3))
    return Reception(board, sound(tones, ears, voice), lambda stages: None), records, ears


async def rings(desk: Reception, number: str | None, keys: str = "", until: float = 60.0) -> tuple[CallRow, Telephone]:
    phone = Telephone(Language_of_tones(), [(1.0, "¿hola?", 1.0)], until, [(2 + n / 3, k) for n, k in enumerate(keys)])
    return await desk(phone, Arrival("test", number)), phone


async def test_who_has_a_number_is_promised_a_call_to_it_before_it_is_said() -> None:
    desk, records, ears = reception()
    row, phone = await rings(desk, "+34600111222")
    bodies = [event.body for event in records.events[row.id]]
    assert isinstance(bodies[0], Promise) and bodies[0].due is not None
    said = [body.text for body in bodies if isinstance(body, Said)]
    assert said == ["[full_house]", "[full_house_goodbye]"] and phone.hung_up and row.state == "closed"
    assert ears.asked == 0, "no engine is used up on it"
    assert sum(isinstance(body, Played) for body in bodies) == 2


async def test_another_number_can_be_keyed_over_the_clip() -> None:
    desk, records, _ = reception()
    row, phone = await rings(desk, None, "600333444#")
    bodies = [event.body for event in records.events[row.id]]
    assert [body.text for body in bodies if isinstance(body, Said)] == ["[full_house_no_number]", "[number_noted]"]
    assert Keys("600333444") in bodies and any(isinstance(body, Promise) for body in bodies)
    assert phone.silent_between(2.2, 4.0), "the first key stops the clip"


async def test_a_blocked_caller_is_owed_nothing() -> None:
    blocked = SmallKnowledge(contacts={"+34600111222": Caller("+34600111222", "Ventas", Circle.BLOCKED)})
    desk, records, _ = reception(knowledge=blocked)
    row, phone = await rings(desk, "+34600111222")
    bodies = [event.body for event in records.events[row.id]]
    assert [body.text for body in bodies if isinstance(body, Said)] == ["[blocked]"] and phone.hung_up
    assert not any(isinstance(body, Promise) for body in bodies)


async def test_who_hangs_up_at_once_is_called_back_all_the_same() -> None:
    desk, records, _ = reception()
    row, _ = await rings(desk, "+34600111222", until=0.5)
    assert any(isinstance(event.body, Promise) for event in records.events[row.id]) and row.state == "closed"


async def test_without_a_voice_the_call_still_ends_and_is_owed() -> None:
    desk, records, _ = reception(HummingVoice(trouble=[EngineError("voice", "dead")] * 2))
    row, phone = await rings(desk, "+34600111222")
    assert phone.hung_up and "failed" in [event.kind for event in records.events[row.id]]


async def test_at_three_times_the_number_nobody_is_lost_and_the_next_is_turned_away() -> None:
    desk, records, _ = reception()
    calls = [asyncio.ensure_future(rings(desk, f"+3460011122{n}")) for n in range(3)]
    await asyncio.sleep(1)
    with pytest.raises(AllBusy):
        await rings(desk, "+34600999888")
    await asyncio.gather(*calls)
    assert all(row.state == "closed" for row in records.rows.values()) and len(records.rows) == 3
    assert desk._switchboard.refused == {Place.FULL: 3, Place.AWAY: 1}
