"""The day at a glance: figures that can be checked against what is on record."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calls.words import HandOff, Promise, Reason
from console.api.day import glance
from console.api.wanted import Wish, grouped
from tests.console.conftest import House, OpenHouse
from tests.doubles import MONDAY, ScriptedMind

SAID = ["=SUM(A1) ¿a qué hora abren?", "¿A qué hora cierran ustedes hoy?", "Le llamo por la factura de octubre"]


def embed(texts: Sequence[str]) -> Any:
    """Two meanings: hours, and the rest."""
    return np.array([[1.0, 0.0] if "hora" in text else [0.0, 1.0] for text in texts], np.float32)


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Three answered calls, one that a person took, one that hung up."""
    promise = Promise("assistant", "llamarle", MONDAY + timedelta(hours=2))
    mind = ScriptedMind([["De nueve a seis."], [promise, "Anotado."], ["Muy bien."], [HandOff(Reason.UNCLEAR), "Voy."]])
    house = await open_house(mind=mind)
    house.front = replace(house.front, embed=embed)
    house.app.state.front = house.front
    for said in SAID:
        call_id = await house.dial(language="es")
        await house.hear(call_id, said)
        await house.client.post(f"/api/calls/{call_id}/hang-up")
    call_id = await house.dial(language="en")
    told = await house.hear(call_id, "Put me through, please", language="en")
    await house.client.post(f"/api/hand-offs/{told['hand_off']['id']}/accept")
    await house.client.post(f"/api/calls/{await house.dial()}/hang-up")
    return house


async def test_every_figure_is_that_of_the_record(house: House) -> None:
    day = (await house.client.get("/api/day")).json()
    assert (day["since"], day["calls"], day["without_a_person"]) == ("2026-11-23", 5, 3)
    assert day["outcomes"] == {"answered": 2, "promised": 1, "open": 1, "abandoned": 1}
    assert day["languages"] == {"es": 4, "en": 1}
    assert [each["calls"] for each in day["stretches"] if each["calls"]] == [5]
    taken = day["hand_offs"]
    assert (taken["rung"], taken["taken"], taken["declined"]) == (1, 1, 0) and taken["seconds_to_take"] >= 0
    assert day["promises"] == {"made": 1, "kept": 0, "open": 1, "overdue": 0, "broken": 0}
    assert day["latency"]["turns"] == 4 == sum(each["turns"] for each in day["latency"]["spread"])
    assert [len(each["calls"]) for each in day["wanted"]] == [2, 2]


def test_a_line_that_stays_open_protects_no_minutes() -> None:
    call = {"id": "c", "started": MONDAY, "ended": MONDAY + timedelta(hours=1), "outcome": "answered", "language": "es"}
    heard = {"kind": "heard", "call_id": "c", "at": MONDAY + timedelta(minutes=2), "text": "Gracias", "language": "es"}
    facts = {"calls": [{**call, "line": "text"}], "events": [heard], "promises": []}
    told = glance(facts, [], MONDAY.date(), MONDAY.date(), ZoneInfo("Europe/Madrid"), MONDAY)
    assert told.minutes_protected == 2.0


async def test_another_day_is_empty_and_a_week_is_told_by_day(house: House) -> None:
    empty = (await house.client.get("/api/day?since=2026-11-22")).json()
    assert (empty["calls"], empty["wanted"], empty["latency"]["p50_s"]) == (0, [], None)
    week = (await house.client.get("/api/day?since=2026-11-20&until=2026-11-26")).json()
    assert [each["calls"] for each in week["stretches"]] == [0, 0, 0, 5, 0, 0, 0]


@pytest.mark.parametrize("asked", ["since=2026-11-24&until=2026-11-23", "since=2025-01-01&until=2026-11-23", "since=x"])
async def test_days_that_make_no_sense(house: House, asked: str) -> None:
    assert (await house.client.get(f"/api/day?{asked}")).status_code == 422


async def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(house: House) -> None:
    answer = await house.client.get("/api/day.csv?since=2026-11-23")
    assert 'filename="antesala-2026-11-23-2026-11-23.csv"' in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert ["calls", "", "5"] in rows and ["languages", "es", "4"] in rows
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_groups_are_by_meaning_and_the_largest_comes_first() -> None:
    wishes = [Wish(str(n), text, "es") for n, text in enumerate(["la factura", "hora uno", "hora dos", "hora tres"])]
    assert [[wish.text for wish in group] for group in grouped(wishes, embed)][1] == ["la factura"]
    assert grouped([], embed) == []


@pytest.mark.slow
def test_real_wishes_are_grouped_across_languages() -> None:
    from knowledge.embedding import E5

    said = [
        ("¿A qué hora abren mañana?", "es"), ("What time do you open tomorrow?", "en"),
        ("What are your opening hours?", "en"), ("Le llamo por la factura de octubre", "es"),
        ("It's about the October invoice", "en"), ("Quiero hablar con una persona", "es"),
        ("Páseme con alguien, por favor", "es"), ("Soy periodista y querría una entrevista", "es"),
        ("I'm a journalist, I want a quote", "en"),
    ]  # fmt: skip
    groups = grouped([Wish(str(n), text, language) for n, (text, language) in enumerate(said)], E5())
    together = {frozenset(wish.text for wish in group) for group in groups}
    assert frozenset({"Le llamo por la factura de octubre", "It's about the October invoice"}) in together
    assert frozenset(text for text, _ in said[:3]) in together
