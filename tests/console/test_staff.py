"""What the assistant does in a call, over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from calls.words import HandOff, Reason, Screened, Topic, Verdict
from tests.console.conftest import House, OpenHouse
from tests.doubles import OpenRules, ScriptedMind

RING: list[object] = [HandOff(Reason.ASKED_FOR_PERSON), "Un momento."]


async def ringing(house: House) -> tuple[str, str]:
    """A call that rings for a person: its id and the hand-off's."""
    call_id = await house.dial(name="Luis Prieto")
    told = await house.hear(call_id, "Quiero hablar con una persona")
    return call_id, told["hand_off"]["id"]


async def states(house: House, call_id: str) -> list[str]:
    return [event["state"] for event in await house.events(call_id) if event["kind"] == "hand_off"]


async def test_guidance_is_private_and_reaches_the_next_turn(open_house: OpenHouse) -> None:
    mind = ScriptedMind()
    house = await open_house(mind=mind)
    call_id = await house.dial()
    hint = await house.client.post(
        f"/api/calls/{call_id}/guidance", json={"text": "Ofrézcale el martes", "by": "Marta"}
    )
    assert hint.json()["kind"] == "guidance" and hint.json()["by"] == "Marta"
    told = await house.hear(call_id, "¿Cuándo podría ser?")
    assert mind.scenes[0].guidance == ("Ofrézcale el martes",)
    assert "martes" not in str(told)


async def test_staff_words_are_spoken_as_they_are(house: House) -> None:
    call_id = await house.dial()
    said = await house.client.post(
        f"/api/calls/{call_id}/say", json={"text": "Le llamo en diez minutos.", "by": "Marta"}
    )
    assert said.json()["said"] == ["Le llamo en diez minutos."]
    assert [event["kind"] for event in await house.events(call_id)] == ["greeted", "staff", "said"]


async def test_staff_words_are_guarded_too(open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    async def block(self: OpenRules, texts: list[str], direction: str) -> list[Screened]:
        assert direction == "out"
        return [Screened(Verdict.BLOCK, Topic.POLITICS)]

    monkeypatch.setattr(OpenRules, "screen", block)
    house = await open_house()
    call_id = await house.dial()
    said = await house.client.post(f"/api/calls/{call_id}/say", json={"text": "Vote usted a los míos."})
    assert (said.status_code, said.json()["topic"]) == (422, "politics")
    assert [event["kind"] for event in await house.events(call_id)] == ["greeted"]


async def test_a_hand_off_is_accepted_once(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    call_id, hand_off_id = await ringing(house)
    (listed,) = (await house.client.get("/api/hand-offs", params={"state": "ringing"})).json()["items"]
    assert listed["id"] == hand_off_id and listed["call_id"] == call_id and listed["brief"]
    accepted = await house.client.post(f"/api/hand-offs/{hand_off_id}/accept")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "bridged")
    for answer in ("accept", "decline"):
        assert (await house.client.post(f"/api/hand-offs/{hand_off_id}/{answer}")).status_code == 409
    assert await states(house, call_id) == ["offered", "ringing", "accepted", "bridged"]
    assert (await house.hear(call_id, "¿Hola?"))["said"] == []
    assert (await house.client.post(f"/api/calls/{call_id}/hand-back")).status_code == 200
    assert (await house.hear(call_id, "¿Sigue ahí?"))["said"] == ["Muy bien."]
    assert (await states(house, call_id))[-1] == "resumed"


async def test_two_answers_never_both_count(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    _, hand_off_id = await ringing(house)
    answers = await asyncio.gather(
        *(house.client.post(f"/api/hand-offs/{hand_off_id}/{how}") for how in ("accept", "decline", "accept"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_on_decline_the_caller_is_told_unasked(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    call_id, hand_off_id = await ringing(house)
    declined = await house.client.post(f"/api/hand-offs/{hand_off_id}/decline")
    assert (declined.status_code, declined.json()["state"]) == (200, "resumed")
    assert (await house.events(call_id))[-2]["text"] == "[hand_off_declined]"


@pytest.mark.virtual_time
async def test_nobody_comes_and_the_receptionist_resumes(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING, ["Dígame."]]))
    call_id, hand_off_id = await ringing(house)
    assert (await house.hear(call_id, "¿Tardará mucho?"))["said"] == ["Dígame."]
    await asyncio.sleep(30)
    assert await states(house, call_id) == ["offered", "ringing", "timed_out", "resumed"]
    assert (await house.client.post(f"/api/hand-offs/{hand_off_id}/accept")).status_code == 409


async def test_a_call_that_ends_rings_no_more(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    call_id, hand_off_id = await ringing(house)
    await house.client.post(f"/api/calls/{call_id}/hang-up")
    assert (await house.client.get("/api/hand-offs?state=ringing")).json()["items"] == []
    assert (await house.client.post(f"/api/hand-offs/{hand_off_id}/accept")).status_code == 409
    (owed,) = (await house.client.get("/api/promises")).json()["items"]
    assert (owed["owner"], owed["text"]) == ("assistant", "[brief_missed]"), "who hung up waiting is called back"


async def test_a_person_takes_over_and_gives_back(house: House) -> None:
    call_id = await house.dial()
    assert (await house.client.post(f"/api/calls/{call_id}/hand-back")).status_code == 409
    assert (await house.client.post(f"/api/calls/{call_id}/take-over", json={"by": "Marta"})).json()["by"] == "Marta"
    assert (await house.client.post(f"/api/calls/{call_id}/take-over")).status_code == 409
    assert (await house.hear(call_id, "Hola, Marta"))["said"] == []
    await house.client.post(f"/api/calls/{call_id}/hand-back")
    assert (await house.hear(call_id, "Hola"))["said"] == ["Muy bien."]


async def test_taking_over_answers_what_rings(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    call_id, hand_off_id = await ringing(house)
    await house.client.post(f"/api/calls/{call_id}/take-over")
    assert (await house.client.post(f"/api/hand-offs/{hand_off_id}/accept")).status_code == 409
    assert (await states(house, call_id))[-1] == "bridged"


async def test_a_call_is_put_through_to_the_executive(house: House) -> None:
    call_id = await house.dial()
    await house.client.post(f"/api/calls/{call_id}/take-over")
    put = await house.client.post(f"/api/calls/{call_id}/put-through", json={"by": "Marta"})
    assert (put.status_code, put.json()["to"], put.json()["state"]) == (200, "executive", "ringing")
    assert (await house.events(call_id))[-1]["text"] == "[hand_off_ringing_executive]"
    assert (await house.client.post(f"/api/calls/{call_id}/put-through")).status_code == 409
    assert (await house.client.post(f"/api/calls/{call_id}/put-through", json={"to": "anyone"})).status_code == 422


async def test_a_message_is_asked_for_instead_of_a_person(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    call_id, _ = await ringing(house)
    told = await house.client.post(f"/api/calls/{call_id}/take-message", json={"by": "Marta"})
    assert told.json()["state"] == "resumed"
    again = await house.client.post(f"/api/calls/{call_id}/take-message")
    assert again.json()["said"] == ["[hand_off_declined]"]
    await house.client.post(f"/api/calls/{call_id}/hang-up")
    (owed,) = (await house.client.get("/api/promises")).json()["items"]
    assert owed["text"] == "[brief_unserved]", "they left no message: somebody calls them back"


async def test_what_nobody_knows_is_404(house: House) -> None:
    for path in ("calls/x/guidance", "calls/x/say"):
        assert (await house.client.post(f"/api/{path}", json={"text": "Hola"})).status_code == 404
    for path in (
        "calls/x/take-over",
        "calls/x/hang-up",
        "calls/x/put-through",
        "hand-offs/x/accept",
        "hand-offs/x/decline",
    ):
        assert (await house.client.post(f"/api/{path}")).status_code == 404
