"""Calls found again, and told in sentences that each stand on an event."""

from __future__ import annotations

from datetime import timedelta

import pytest

from calls.words import HandOff, Message, Promise, Reason
from records import search
from tests.console.conftest import House, OpenHouse
from tests.doubles import MONDAY, ScriptedMind

TURNS: list[list[object]] = [
    [Message("La propuesta de Málaga", "Luis"), Promise("assistant", "llamarle", MONDAY + timedelta(hours=2)), "Ya."],
    [HandOff(Reason.ASKED_FOR_PERSON), "One moment."],
]


@pytest.fixture(params=["indexed", "compared"])
async def house(request: pytest.FixtureRequest, open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> House:
    if request.param == "compared":
        monkeypatch.setattr(search, "_indexed", lambda connection: False)
    house = await open_house(mind=ScriptedMind([*TURNS]))
    first = await house.dial(name="Luis Prieto", number="+34600111222")
    await house.hear(first, "Quería saber qué pasó con la inauguración")
    await house.client.post(f"/api/calls/{first}/hang-up")
    second = await house.dial(name="Ana Núñez", number="+34911222333", language="en")
    await house.hear(second, "I want to talk to a real person, it's 100 % urgent_7", language="en")
    return house


async def found(house: House, **asked: str) -> list[str]:
    answer = await house.client.get("/api/calls", params=asked)
    assert answer.status_code == 200, answer.text
    return [call["name"] for call in answer.json()["items"]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"q": "INAUGURACION"}, ["Luis Prieto"]),
        ({"q": "inaugur"}, ["Luis Prieto"]),
        ({"q": "prieto inauguración malaga"}, ["Luis Prieto"]),
        ({"q": "real person"}, ["Ana Núñez"]),
        ({"q": "nunez"}, ["Ana Núñez"]),
        ({"q": "911222"}, ["Ana Núñez"]),
        ({"q": "inauguracion person"}, []),
        ({"q": "100 %"}, ["Ana Núñez"]),
        ({"q": "urgent_7"}, ["Ana Núñez"]),
        ({"q": 'it"s NEAR(a b) OR * -x'}, []),
        ({"name": "LUIS"}, ["Luis Prieto"]),
        ({"name": "inauguración"}, []),
        ({"number": "+34911222333"}, ["Ana Núñez"]),
        ({"outcome": "promised"}, ["Luis Prieto"]),
        ({"outcome": "booked"}, []),
        ({"since": "2026-11-23", "until": "2026-11-23"}, ["Ana Núñez", "Luis Prieto"]),
        ({"since": "2026-11-24"}, []),
        ({"until": "2026-11-22"}, []),
        ({"q": "", "since": "", "until": "", "outcome": ""}, ["Ana Núñez", "Luis Prieto"]),
    ],
)
async def test_a_call_is_found(house: House, asked: dict[str, str], names: list[str]) -> None:
    assert await found(house, **asked) == names


async def test_a_question_that_makes_no_sense_is_422(house: House) -> None:
    for asked in ({"since": "yesterday"}, {"outcome": "lovely"}, {"since": "9999-12-31"}, {"q": "a" * 201}):
        assert (await house.client.get("/api/calls", params=asked)).status_code == 422


async def test_every_sentence_of_a_summary_stands_on_its_event(house: House) -> None:
    for call in (await house.client.get("/api/calls")).json()["items"]:
        for language in ("es", "en"):
            whole = (await house.client.get(f"/api/calls/{call['id']}", params={"language": language})).json()
            kinds = {event["seq"]: event["kind"] for event in whole["events"]}
            assert whole["summary"][0]["text"].startswith("Llamó" if language == "es" else call["name"])
            told = [kinds[each["seq"]] for each in whole["summary"]]
            assert told[:2] == ["greeted", "heard"]
    assert told == ["greeted", "heard", "message", "promise"]
    assert whole["summary"][1]["text"] == "They said: “Quería saber qué pasó con la inauguración”"
    assert whole["summary"][3]["text"] == "They were promised: llamarle, by 23/11 at 12:00."
