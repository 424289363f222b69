"""Deeds are reviewed with one tap each, and what they earn is what the next turn may do alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from calls.words import Action, Booking, Caller, Circle, Message, Slot
from console.api.learning import Learning
from knowledge.autonomy import Earned
from tests.console.conftest import House, OpenHouse
from tests.doubles import MONDAY, ScriptedMind, SmallKnowledge

NOBODY: Any = None


async def opened(open_house: OpenHouse, mind: ScriptedMind) -> House:
    """A house that learns."""
    free = (Slot(MONDAY, MONDAY.replace(hour=20)),)
    known = {"+34600111222": Caller("+34600111222", "Ana", Circle.KNOWN)}
    house = await open_house(mind=mind, knowledge=SmallKnowledge(contacts=known, free=free))
    store = house.front.archive
    earned = Earned(store.lessons, lambda: (), lambda: MONDAY)  # type: ignore[attr-defined]
    office = replace(house.front.office, autonomy=earned.level)
    house.front.switchboard.office = office
    learning = Learning(earned, NOBODY, NOBODY, NOBODY, NOBODY)
    house.app.state.front = replace(house.front, office=office, learning=learning)
    return house


async def test_a_message_is_reviewed_and_counts_for_its_circle(open_house: OpenHouse) -> None:
    house = await opened(open_house, ScriptedMind([[Message("los planos")]]))
    call = await house.dial()
    await house.hear(call, "dígale que llegaron los planos")
    seq = next(each["seq"] for each in await house.events(call) if each["kind"] == "message")
    answer = await house.client.post("/api/reviews", json={"call_id": call, "seq": seq, "verdict": "accepted"})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "action": "take_message", "circle": "anyone", "level": "act_and_report", "reviewed": 1, "accepted": 1,
        "ready": False,
    }  # fmt: skip
    (kept,) = (await house.client.get(f"/api/reviews?call_id={call}")).json()["items"]
    assert kept["verdict"] == "accepted" and kept["by"] == "executive"


async def test_what_is_no_deed_is_not_reviewed(open_house: OpenHouse) -> None:
    house = await opened(open_house, ScriptedMind())
    call = await house.dial()
    for body, status in ({"call_id": call, "seq": 1}, 422), ({"call_id": "nobody", "seq": 1}, 404):
        answer = await house.client.post("/api/reviews", json={**body, "verdict": "accepted"})
        assert answer.status_code == status
    assert (await house.client.post("/api/autonomy/book/known/raise")).status_code == 409
    assert (await house.client.post("/api/autonomy/book/blocked/raise")).status_code == 422


async def test_what_has_to_be_asked_first_is_done_alone_once_it_is_earned(open_house: OpenHouse) -> None:
    booking = Booking(MONDAY.replace(hour=10), MONDAY.replace(hour=11), "Ana")
    house = await opened(open_house, ScriptedMind([[booking], [booking]]))
    call = await house.dial(number="+34600111222")
    assert not (await house.hear(call, "¿me da cita a las once?"))["steps"]
    for seq in range(1, 21):
        earned = house.app.state.front.learning.earned
        await earned.review((Action.BOOK, Circle.KNOWN), "accepted", "before", seq, "Marta")
    row = (await house.client.post("/api/autonomy/book/known/raise", json={"by": "Elena"})).json()
    assert row["level"] == "act_and_report" and row["reviewed"] == 0
    steps = (await house.hear(call, "¿me da cita a las once?"))["steps"]
    assert [each["kind"] for each in steps] == ["booking"]
