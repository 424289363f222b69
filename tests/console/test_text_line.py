"""Calls on the text line, as automation and the assistant see them over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from calls.errors import EngineError
from calls.switchboard import IDLE
from calls.words import Action, Caller, Circle, Follow, HandOff, HangUp, Message, Promise, Reason, Ruling
from tests.console.conftest import House, OpenHouse
from tests.doubles import GREETING, MONDAY, OpenRules, ScriptedMind, SmallKnowledge

LUIS = Caller("+34600111222", "Luis Prieto", Circle.TRUSTED, "en")


async def test_a_call_is_answered_with_the_greeting(house: House) -> None:
    answer = await house.client.post("/api/calls", json={"line": "text"})
    assert answer.status_code == 201
    told = answer.json()
    assert " ".join(told["said"]) == GREETING["es"]
    assert (told["circle"], told["language"], told["open"]) == ("anyone", "es", True)
    assert [event["kind"] for event in await house.events(told["id"])] == ["greeted"]


async def test_a_contact_is_greeted_in_their_language_and_circle(open_house: OpenHouse) -> None:
    house = await open_house(knowledge=SmallKnowledge(contacts={"+34600111222": LUIS}))
    told = (await house.client.post("/api/calls", json={"line": "text", "number": "+34 600 111 222"})).json()
    assert (told["circle"], told["language"]) == ("trusted", "en")
    call = (await house.client.get(f"/api/calls/{told['id']}")).json()
    assert (call["number"], call["name"], call["state"], call["ref"]) == ("+34600111222", "Luis Prieto", "open", None)


async def test_a_message_is_left_and_is_on_record_before_it_is_claimed(open_house: OpenHouse) -> None:
    promise = Promise("executive", "Le llamará", MONDAY + timedelta(hours=3))
    mind = ScriptedMind(
        [[Message("La propuesta", "Luis"), "Anotado.", promise, "Le llamará hoy."], [HangUp(), "Adiós."]]
    )
    house = await open_house(mind=mind)
    call_id = await house.dial()

    told = await house.hear(call_id, "Dígale que llamé por la propuesta", confidence=0.8)
    assert told["said"] == ["Anotado.", "Le llamará hoy."]
    assert [step["kind"] for step in told["steps"]] == ["message", "promise"]
    assert (told["open"], told["language"], told["hand_off"]) == (True, "es", None)
    kinds = [event["kind"] for event in await house.events(call_id)]
    assert kinds == ["greeted", "heard", "recalled", "message", "said", "promise", "said"]

    bye = await house.hear(call_id, "Nada más, gracias")
    assert (bye["said"], bye["open"]) == (["Adiós."], False)
    assert bye["steps"][-1]["kind"] == "hung_up" and bye["steps"][-1]["by"] == "receptionist"
    call = (await house.client.get(f"/api/calls/{call_id}")).json()
    assert (call["state"], call["outcome"]) == ("closed", "promised") and call["ended"]

    (message,) = (await house.client.get("/api/messages")).json()["items"]
    (owed,) = (await house.client.get("/api/promises")).json()["items"]
    for row, step in zip((message, owed), told["steps"], strict=True):
        assert {name for name in step if name not in row or row[name] != step[name]} == {"seq", "at", "kind"}


async def test_nothing_can_be_said_on_a_call_that_is_over(house: House) -> None:
    call_id = await house.dial()
    for _ in range(2):
        over = await house.client.post(f"/api/calls/{call_id}/hang-up")
        assert (over.status_code, over.json()["state"], over.json()["outcome"]) == (200, "closed", "abandoned")
    assert (await house.events(call_id))[-1] | {"by": "caller"} == (await house.events(call_id))[-1]
    for path, body in (("utterances", {"text": "¿Hola?"}), ("keys", {"digits": "1"}), ("say", {"text": "Hola"})):
        late = await house.client.post(f"/api/calls/{call_id}/{path}", json=body)
        assert late.status_code == 409 and late.headers["content-type"] == "application/problem+json"


async def test_a_blocked_caller_hears_one_polite_sentence(open_house: OpenHouse) -> None:
    blocked = Caller("+34600000000", "Pesado", Circle.BLOCKED)
    house = await open_house(knowledge=SmallKnowledge(contacts={"+34600000000": blocked}))
    answer = await house.client.post("/api/calls", json={"line": "text", "number": "+34600000000"})
    told = answer.json()
    assert (answer.status_code, told["said"], told["open"]) == (201, ["[blocked]"], False)
    assert (await house.client.post(f"/api/calls/{told['id']}/utterances", json={"text": "Oiga"})).status_code == 409


async def test_the_caller_goes_on_in_the_other_language(house: House) -> None:
    call_id = await house.dial()
    assert (await house.hear(call_id, "Good morning", language="en"))["language"] == "en"
    assert (await house.client.get(f"/api/calls/{call_id}")).json()["language"] == "en"


async def test_two_utterances_at_once_are_two_turns_one_after_the_other(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([[0.01, "Uno."], ["Dos."]]))
    call_id = await house.dial()
    both = await asyncio.gather(house.hear(call_id, "a"), house.hear(call_id, "b"))
    assert sorted(each["said"] for each in both) == [["Dos."], ["Uno."]]
    texts = [event["text"] for event in await house.events(call_id) if event["kind"] in ("heard", "said")]
    assert texts in (["a", "Uno.", "b", "Dos."], ["b", "Uno.", "a", "Dos."])


async def test_all_lines_are_busy(open_house: OpenHouse) -> None:
    house = await open_house(most=1)
    call_id = await house.dial()
    busy = await house.client.post("/api/calls", json={"line": "text"})
    assert busy.status_code == 503 and int(busy.headers["retry-after"]) > 0
    await house.client.post(f"/api/calls/{call_id}/hang-up")
    await house.dial()


async def test_a_mind_that_fails_is_an_apology_and_a_person(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([[EngineError("mind", "no answer")]]))
    call_id = await house.dial()
    told = await house.hear(call_id, "Hola")
    assert told["said"] == ["[rescue]"]
    assert told["hand_off"]["state"] == "ringing" and told["hand_off"]["reason"] == "failure"


async def test_records_that_fail_are_a_problem_not_a_stack_trace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise EngineError("records", "the disk is full")

    call_id = await house.dial()
    monkeypatch.setattr(house.front.office.records, "append", fail)
    answer = await house.client.post(f"/api/calls/{call_id}/utterances", json={"text": "Hola"})
    assert (answer.status_code, answer.json()["detail"]) == (503, "records: the disk is full")


@pytest.mark.virtual_time
async def test_a_text_call_that_was_left_is_closed(house: House) -> None:
    call_id = await house.dial()
    keeping = asyncio.ensure_future(house.front.switchboard.keep_swept())
    await asyncio.sleep(IDLE.total_seconds() - 60)
    assert house.front.switchboard.find(call_id)
    await asyncio.sleep(120)
    assert (await house.client.get(f"/api/calls/{call_id}")).json()["state"] == "closed"
    keeping.cancel()


# --- the keypad -------------------------------------------------------------------------------------


async def keys(house: House, call_id: str, digits: str) -> list[str]:
    answer = await house.client.post(f"/api/calls/{call_id}/keys", json={"digits": digits})
    assert answer.status_code == 200, answer.text
    said: list[str] = answer.json()["said"]
    return said


async def test_key_1_calls_a_person_once(house: House) -> None:
    call_id = await house.dial()
    answer = (await house.client.post(f"/api/calls/{call_id}/keys", json={"digits": "1"})).json()
    assert answer["said"] == ["[key_person]"]
    assert answer["hand_off"]["reason"] == "asked_for_person" and answer["hand_off"]["state"] == "ringing"
    assert await keys(house, call_id, "1") == ["[hand_off_refused]"]
    assert len((await house.client.get("/api/hand-offs?state=ringing")).json()["items"]) == 1


async def test_a_pin_opens_the_inner_circle_and_stays_secret(house: House) -> None:
    call_id = await house.dial()
    assert await keys(house, call_id, "4711#") == ["[pin_ok]"]
    call = (await house.client.get(f"/api/calls/{call_id}")).json()
    assert call["circle"] == "inner"
    assert "4711" not in str(call)


async def test_a_pin_may_be_tried_three_times(house: House) -> None:
    call_id = await house.dial()
    said = [await keys(house, call_id, digits) for digits in ("1111", "2222", "3333", "4711")]
    assert said == [["[pin_wrong]"], ["[pin_wrong]"], ["[pin_spent]"], ["[pin_spent]"]]


async def test_a_number_can_be_keyed_in(open_house: OpenHouse) -> None:
    mind = ScriptedMind([["Seis cero cero, uno uno uno."]])
    house = await open_house(mind=mind)
    call_id = await house.dial()
    assert await keys(house, call_id, "600111222#") == ["Seis cero cero, uno uno uno."]
    assert mind.scenes[0].heard.text == "600111222"
    kinds = [event["kind"] for event in await house.events(call_id)]
    assert "keys" in kinds and "heard" not in kinds


# --- trying things out ------------------------------------------------------------------------------


async def test_asking_does_nothing_and_keeps_nothing(open_house: OpenHouse) -> None:
    redirect = [Follow("press", Action.REDIRECT), Message("Prensa"), HandOff(Reason.RULE), "Escriba a prensa."]
    house = await open_house(mind=ScriptedMind([redirect]))
    answer = await house.client.post(
        "/api/preferences/ask", json={"question": "Soy periodista", "circle": "anyone", "at": "2026-12-01T10:00:00"}
    )
    answered = answer.json()
    assert answered["said"] == ["Escriba a prensa."] and answered["action"] == "redirect" and answered["unsure"]
    assert [step["kind"] for step in answered["steps"]] == ["followed", "message", "hand_off"]
    assert answered["preferences"] == answered["checks"] == [] and answered["language"] == "es"
    for path in ("calls", "messages", "hand-offs"):
        assert (await house.client.get(f"/api/{path}")).json()["items"] == []


async def test_what_the_rules_settle_is_no_answer(open_house: OpenHouse) -> None:
    house = await open_house(rules=OpenRules({"¿A quién vota?": Ruling(say=("De eso no hablo.",))}))
    answer = (await house.client.post("/api/preferences/ask", json={"question": "¿A quién vota?"})).json()
    assert answer.pop("language") == "es" and answer.pop("unsure")
    assert answer == {"said": ["De eso no hablo."], "action": "none", "preferences": [], "steps": [], "checks": []}


async def test_the_guard_alone(house: House) -> None:
    answer = await house.client.post("/api/screen", json={"texts": ["Hola", ""], "direction": "in"})
    assert answer.json() == [{"verdict": "pass", "topic": None, "scores": {}}] * 2
