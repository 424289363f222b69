"""The other pages of the desk in a real Chromium: how the day went, and who is told of what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from playwright.async_api import expect

from calls.words import Message
from console import desk as desk_page
from console import look
from tests.console.browser import IN_A_BROWSER, accessible, chromium, fits
from tests.console.conftest import House, OpenHouse, served
from tests.console.test_day import embed
from tests.console.test_notices import Post, with_notices
from tests.console.test_reviews import opened
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
        await expect(page.locator("#plots svg")).to_have_count(6)
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
        await accessible(page)


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


async def test_what_was_done_in_a_call_is_reviewed_with_one_tap(open_house: OpenHouse) -> None:
    house = await opened(open_house, ScriptedMind([[Message("los planos")]]))
    call_id = await house.dial(name="Ana")
    await house.hear(call_id, "Dígale que llegaron los planos")
    await house.client.post(f"/api/calls/{call_id}/hang-up")
    async with served(house, look.router, desk_page.router) as base, chromium() as page:
        await page.route("**/api/voice-policy", lambda route: route.fulfill(json={}))
        await page.goto(f"{base}/desk/calls?lang=es#{call_id}")
        tap = page.locator("#record .message [data-verdict=accepted]")
        await tap.click()
        await expect(tap).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await expect(tap).to_have_attribute("aria-pressed", "true")
        (kept,) = (await house.client.get("/api/reviews")).json()["items"]
        assert (kept["verdict"], kept["by"]) == ("accepted", "assistant")
        await accessible(page)
        await fits(page, "desk-review")
        await page.locator("#record .message [data-verdict=corrected]").click()
        await page.locator("#record .message form input").fill("Eran los contratos")
        await page.keyboard.press("Enter")
        await expect(page.locator("#record .message form")).to_have_count(0)
        assert (await house.client.get("/api/reviews")).json()["items"][0]["note"] == "Eran los contratos"
        heard = page.locator("#record li.caller")
        await heard.locator("[data-act=correct]").click()
        await heard.locator("textarea").fill("Dígale que llegaron los <b>contratos</b>")
        await page.keyboard.press("Enter")
        await expect(heard.locator("span").first).to_have_text("Dígale que llegaron los <b>contratos</b>")
        await expect(heard.locator(".was")).to_have_text("Se oyó: «Dígale que llegaron los planos»")
        await accessible(page)
        await heard.locator("[data-act=uncorrect]").click()
        await expect(heard.locator("span").first).to_have_text("Dígale que llegaron los planos")
        await page.locator("#rename input").fill("Ana Ruiz")
        await page.locator("#rename button").first.click()
        await expect(page.locator("#whole_who")).to_have_text("Ana Ruiz")
        await page.locator("#unname").click()
        await expect(page.locator("#whole_who")).to_have_text("Ana")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await fits(page, "desk-review-phone")
