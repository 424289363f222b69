"""The other pages of the desk in a real Chromium: how the day went, and who is told of what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from playwright.async_api import expect

from console import desk as desk_page
from console import look
from tests.console.browser import IN_A_BROWSER, accessible, chromium, fits
from tests.console.conftest import House, OpenHouse, served
from tests.console.test_day import embed
from tests.console.test_notices import Post, with_notices
from tests.doubles import ScriptedMind

pytestmark = IN_A_BROWSER
PHONE = {"width": 390, "height": 844}


async def busy(open_house: OpenHouse) -> House:
    house = await open_house(mind=ScriptedMind(), now=lambda: datetime.now(UTC))
    house.front = replace(house.front, embed=embed)
    house = with_notices(house, Post())
    for said in ("¿A qué hora abren?", "<b>Hola</b>, ¿a qué hora cierran?", "Le llamo por la factura"):
        call_id = await house.dial(language="es")
        await house.hear(call_id, said)
        await house.client.post(f"/api/calls/{call_id}/hang-up")
    return house


async def test_the_day_is_told_in_figures_plots_and_tables(open_house: OpenHouse) -> None:
    house = await busy(open_house)
    async with served(house, look.router, desk_page.router) as base, chromium() as page:
        await page.goto(f"{base}/desk/day?lang=es")
        await expect(page.locator("#figures div").first).to_contain_text("3")
        await expect(page.locator("#plots svg")).to_have_count(4)
        await page.locator("#plots summary").first.click()
        await expect(page.locator("#plots table").first).to_contain_text("3")
        await expect(page.locator("#wanted li")).to_have_count(2)
        await accessible(page)
        await fits(page, "desk-day")
        async with page.expect_download() as download:
            await page.locator("#csv").click()
        assert (await download.value).suggested_filename.endswith(".csv")
        await page.locator("[data-days='7']").click()
        await expect(page.locator("#plots figcaption").first).to_have_text("Llamadas por día")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await fits(page, "desk-day-phone")


async def test_a_person_chooses_what_they_are_told_of(open_house: OpenHouse) -> None:
    house = await busy(open_house)
    async with served(house, look.router, desk_page.router) as base, chromium(forgive="422") as page:
        await page.goto(f"{base}/desk/notices?lang=en")
        await expect(page.locator("option[value=sms]")).to_be_disabled()
        await page.locator("[name=to]").fill("marta")
        await page.locator("#new button").click()
        await expect(page.locator("#toast")).to_contain_text("write an e-mail address")
        await page.locator("[name=to]").fill("marta@vidal.example")
        await page.locator("[value=call]").check()
        await page.locator("[name=from]").fill("22:00")
        await page.locator("[name=until]").fill("08:00")
        await page.locator("#new button").click()
        channel = page.locator("#channels li")
        await expect(channel).to_contain_text("marta@vidal.example")
        await expect(channel).to_contain_text("Every call")
        await expect(channel).to_contain_text("22:00")
        await channel.locator("button").first.click()
        await expect(page.locator("#toast")).to_contain_text("Sent")
        await page.locator("[name=medium]").select_option("webhook")
        await page.locator("[name=to]").fill("https://in.vidal.example/hook")
        await page.locator("#new button").click()
        await expect(page.locator("#secret")).to_contain_text("whsec_x")
        await accessible(page)
        await fits(page, "desk-notices")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await fits(page, "desk-notices-phone")
        await channel.first.locator(".stop").click()
        await channel.first.locator(".stop").click()
        await expect(channel).to_have_count(1)
