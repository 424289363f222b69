"""The digest, the proposals, the table of autonomy and the first meeting in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from calls.words import Action, Circle
from console import call as call_page
from console import look
from console import study as pages
from console.api.learning import Learning
from console.study import sound
from knowledge.first_meeting import FirstMeeting
from prompts import Phrasebook
from tests.console.browser import IN_A_BROWSER, accessible, chromium, fits
from tests.console.conftest import TheStudy, served
from tests.console.test_study import RATE, hear, speak
from tests.doubles import MONDAY
from tests.knowledge.school import DOGS, School

pytestmark = IN_A_BROWSER


@pytest.fixture
async def school(study: TheStudy, tmp_path: Path) -> School:
    """What `study` learns with; two questions wait, and one cell is ready to rise."""
    school = School(study.knowledge)
    for seq in range(1, 21):
        await school.earned.review((Action.BOOK, Circle.TRUSTED), "accepted", "before", seq, "Marta")
    meeting = FirstMeeting(study.knowledge, tmp_path / "first", Phrasebook.load().line, lambda: MONDAY)
    learning = Learning(school.earned, school.digests, school.proposals, school.replay, meeting)
    app = study.house.app
    app.state.front = replace(app.state.front, learning=learning)
    return school


@asynccontextmanager
async def opened(study: TheStudy, forgive: str = "") -> AsyncGenerator[tuple[Page, str]]:
    doors = (look.router, pages.router, call_page.router(lambda: ""), sound.router(speak, RATE, hear))
    async with served(study.house, *doors) as base, chromium(forgive, size=(1280, 900)) as page:
        yield page, base
        await page.goto("about:blank")


async def test_what_is_proposed_is_decided_with_a_tap(study: TheStudy, school: School) -> None:
    async with opened(study, forgive="422") as (page, base):
        await page.goto(f"{base}/study/digest?lang=es")
        questions = page.locator("[data-section=questions] li")
        await expect(questions).to_have_count(2)
        await expect(page.locator("[data-section=decisions]")).to_contain_text("dar citas")
        await accessible(page)
        await fits(page, "study-digest")
        await page.locator("#reply").fill("¿y eso?")
        await page.get_by_role("button", name="Responder").click()
        await expect(page.locator(".faults")).to_be_focused()
        await page.locator("#reply").fill("El viernes cerramos a las tres")
        await page.get_by_role("button", name="Responder").click()
        await expect(page.locator("#kept li")).to_contain_text("El viernes cerramos a las tres.")

        text = {"es": "Los perros son bienvenidos en la jornada."}
        draft = {"id": "dogs", "text": text, "when": DOGS, "status": "draft"}
        await study.ask("POST", "preferences", 201, **draft)
        await page.goto(f"{base}/study?lang=es")
        dogs = page.locator('li[data-id="dogs"]')
        await dogs.locator("[data-act=replay]").click()
        await expect(dogs.locator("[role=status]")).to_have_text("Cambiarían 1 de 4 respuestas:")
        await expect(dogs.locator("ins")).to_have_text("Los perros son bienvenidos en la jornada.")

        await page.goto(f"{base}/study/proposals?lang=es")
        bikes = page.locator("#proposals > li").first
        await bikes.locator("textarea").fill("Hay sitio para bicicletas en la entrada sur.")
        await bikes.locator("[data-act=replay]").click()
        await expect(bikes.locator("[role=status]")).to_contain_text("de 4 respuestas:")
        await accessible(page)
        await fits(page, "study-proposals")
        await bikes.locator("[data-act=approve]").click()
        await expect(page.locator("#proposals > li")).to_have_count(1)
        await page.locator("[data-act=dismiss]").click()
        await expect(page.locator("#none")).to_be_visible()

        await page.goto(f"{base}/study/autonomy?lang=en")
        cell = page.locator('[data-cell="book/trusted"]')
        await cell.locator("[data-act=raise]").click()
        await expect(cell).to_contain_text("acts and reports")
        answers = page.locator('[data-cell="answer/known"]')
        await answers.locator("[data-act=lower]").click()
        await expect(answers).to_contain_text("acts and reports")
        await answers.locator("[data-act=lower]").click()
        await expect(answers.locator("strong")).to_have_text("asks")
        await accessible(page)
        await fits(page, "study-autonomy")


async def test_the_first_meeting_ends_in_an_office_that_answers(study: TheStudy, school: School) -> None:
    async with opened(study, forgive="422") as (page, base):
        await page.set_viewport_size({"width": 360, "height": 780})
        await page.goto(f"{base}/study/first-meeting?lang=en")
        await expect(page.locator("#questions label")).to_have_count(15)
        await page.get_by_role("button", name="Open the office").click()
        await expect(page.locator("[name=executive]")).to_have_attribute("aria-invalid", "true")
        await accessible(page)
        microphone = page.locator("#questions button").nth(1)
        await expect(page.locator("#questions button")).to_have_count(15)
        await page.locator("#ask_aloud").check()
        async with page.expect_response("**/api/sandbox/speak") as asked:
            await microphone.click()
        assert (await asked.value).status == 200
        await expect(microphone).to_have_class(re.compile("heard"), timeout=20_000)
        await microphone.click()
        await expect(page.locator("[name=spoken]")).to_have_value("¿Dónde puedo aparcar?")
        await expect(page.locator("#questions button").nth(2)).to_be_focused()
        await page.locator("[name=executive]").fill("Irene Salas")
        await page.locator("[name=spoken]").fill("Dr. Salas")
        await fits(page, "study-first-meeting")
        await page.get_by_role("button", name="Open the office").click()
        await expect(page.locator("#greeting")).to_contain_text("Dr. Salas's office. This is Clara, an AI assistant.")
    assert study.knowledge.policy.executive.name == "Irene Salas"
