"""The study in a real Chromium: what the executive writes, tries out and takes back, also on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, expect

from calls.words import Allowance, Circle
from console import call as call_page
from console import look
from console import study as pages
from console.study import agenda, sound
from knowledge.budget import CIRCLES
from tests.console.browser import IN_A_BROWSER, accessible, by_keyboard, chromium, fits
from tests.console.conftest import TheStudy, served
from tests.console.test_study import RATE, hear, speak

pytestmark = IN_A_BROWSER
PHONE = {"width": 360, "height": 780}


@dataclass(frozen=True)
class Trouble:
    """A calendar that no longer answers."""

    as_of: datetime = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    trouble: str = "it answers 500"
    brought: bool = False


@dataclass(frozen=True)
class Agenda:
    """A calendar that is followed, and a week of which callers took some."""

    calendar_state: Trouble = Trouble()

    async def take_calendar(self, text: str, name: str) -> None:
        raise AssertionError("it is followed")

    async def drop_calendar(self) -> None:
        raise AssertionError("it is followed")

    async def this_week(self) -> dict[str, Any]:
        monday = datetime(2026, 11, 23, tzinfo=UTC)
        used = {"minutes": 35, "interruptions": 2, "of_minutes": 60, "of_interruptions": 2}
        free = {"minutes": 0, "interruptions": 0, "of_minutes": None, "of_interruptions": None}
        circles = [{"circle": each, **(used if each == "known" else free)} for each in CIRCLES]
        return {"since": monday, "until": monday + timedelta(days=7), "circles": circles}


@asynccontextmanager
async def in_the_study(
    study: TheStudy, path: str = "/study", language: str = "es", forgive: str = ""
) -> AsyncGenerator[Page]:
    """Somebody who has just opened the page."""
    doors = (
        look.router,
        pages.router,
        agenda.router(Agenda, Agenda),
        call_page.router(lambda: ""),
        sound.router(speak, RATE, hear),
    )
    async with served(study.house, *doors) as base, chromium(forgive, size=(1280, 900)) as page:
        await page.goto(f"{base}{path}?lang={language}")
        yield page
        await page.goto("about:blank")


def card(page: Page, id: str) -> Locator:
    return page.locator(f'li[data-id="{id}"]')


async def write(form: Locator, **fields: str) -> None:
    for name, text in fields.items():
        await form.locator(f'[name="{name.replace("__", ".")}"]').fill(text)


async def test_a_preference_is_found_written_told_and_taken_back(study: TheStudy) -> None:
    call = await study.house.dial()
    async with in_the_study(study, forgive="422") as page:
        await expect(page.locator("#list > li")).to_have_count(6)
        await page.keyboard.press("/")
        await page.keyboard.type("prensa")
        await expect(page.locator("#list > li")).to_have_count(1)
        await page.locator("[name=q]").fill("")
        await expect(page.locator("#list > li")).to_have_count(6)
        await page.locator("h1").click()
        await page.keyboard.press("n")
        form = page.locator("#new form")
        await write(form, text__es="Está de baja por depresión.")
        await page.keyboard.press("Control+Enter")
        await expect(form.locator(".faults")).to_contain_text("salud de una persona")
        await expect(form.locator('[name="text.es"]')).to_have_attribute("aria-invalid", "true")
        await accessible(page)
        await write(form, text__es="El guardarropa está en la planta baja.", topic="coats")
        await page.keyboard.press("Control+Enter")
        await expect(card(page, "coats")).to_be_focused()
        assert await told(study, call, "¿tienen guardarropa?") == ["El guardarropa está en la planta baja."]
        await page.keyboard.press("e")
        await expect(card(page, "coats").locator("textarea").first).to_be_focused()
        await write(card(page, "coats"), text__es="El guardarropa está en el sótano.")
        await card(page, "coats").get_by_role("button", name="Guardar", exact=True).click()
        await expect(card(page, "coats").locator(".wording")).to_have_text("El guardarropa está en el sótano.")
        assert await told(study, call, "¿tienen guardarropa?") == ["El guardarropa está en el sótano."]
        await page.locator("#toast button").click()
        await expect(card(page, "coats")).to_contain_text("planta baja")
        await expect(page.locator("#toast")).to_have_text("Deshecho")
        await card(page, "coats").locator("[data-act=history]").click()
        changes = card(page, "coats").locator(".history > li")
        await expect(changes).to_have_count(3)
        await expect(changes.nth(1).locator("del")).to_have_text(" la planta baja.")
        await expect(changes.nth(1).locator("ins")).to_have_text(" el sótano.")
        await accessible(page)
        await fits(page, "study-history")
        await changes.nth(1).get_by_role("button").click()
        await expect(card(page, "coats").locator(".wording")).to_have_text("El guardarropa está en el sótano.")
        await expect(card(page, "coats").locator(".history")).to_have_count(0)
        await card(page, "coats").locator("[data-act=archive]").click()
        await expect(card(page, "coats").locator("[data-act=approve]")).to_be_visible()
        assert "sótano" not in str(await told(study, call, "¿tienen guardarropa?"))
        await page.keyboard.press("u")
        await expect(card(page, "coats").locator("[data-act=archive]")).to_be_visible()


async def told(study: TheStudy, call: str, question: str) -> Any:
    return (await study.house.hear(call, question))["said"]


async def test_secrets_are_covered_until_they_are_asked_for(study: TheStudy) -> None:
    async with in_the_study(study) as page:
        sale = card(page, "sale")
        await expect(sale.locator(".hint")).to_have_text("Texto tapado, por si alguien mira.")
        await expect(page.locator("#list")).not_to_contain_text("Lumen")
        await sale.focus()
        await page.keyboard.press("v")
        await expect(sale.locator(".wording")).to_have_text("Vidal Robotics negocia la compra de Lumen.")
        await expect(sale.locator("[data-act=reveal]")).to_be_focused()
        await expect(card(page, "hotel").locator(".wording")).to_have_count(0)
        await accessible(page)
        await page.keyboard.press("Enter")
        await expect(page.locator("#list")).not_to_contain_text("Lumen")


async def test_two_who_edit_the_same_lose_nothing(study: TheStudy) -> None:
    async with in_the_study(study, forgive="409") as page:
        mine = card(page, "parking")
        await mine.locator("[data-act=edit]").click()
        await write(mine, text__es="Aparque en la entrada sur.")
        await study.ask(
            "PUT", "preferences/parking", version=1, author="Marta", topic="coches",
            text={"es": "Aparque en el garaje.", "en": "Park in the garage."},
        )  # fmt: skip
        await mine.get_by_role("button", name="Guardar", exact=True).click()
        box = mine.locator(".meanwhile")
        await expect(box).to_contain_text("Marta")
        await expect(box).to_contain_text("Ahora dice: Aparque en el garaje.")
        await expect(box).to_contain_text("Usted escribe: Aparque en la entrada sur.")
        await expect(mine.locator('[name="text.en"]')).to_have_value("Park in the garage.")
        await expect(mine.locator("[name=topic]")).to_have_value("coches")
        await accessible(page)
        await mine.get_by_role("button", name="Guardar", exact=True).click()
        await expect(mine.locator(".wording").first).to_have_text("Aparque en la entrada sur.")
    kept = await study.get("preferences/parking")
    assert (kept["version"], kept["topic"]) == (3, "coches")
    assert kept["text"] == {"es": "Aparque en la entrada sur.", "en": "Park in the garage."}


async def test_who_writes_a_conflict_sees_both_texts(study: TheStudy) -> None:
    await study.ask("PUT", "preferences/parking", version=1, topic="parking")
    async with in_the_study(study, language="en") as page:
        await page.locator("#add").click()
        await write(page.locator("#new form"), text__es="Puede aparcar en la entrada sur.", topic="parking")
        await page.locator("#new .rule summary").click()
        await write(page.locator("#new form"), valid__until="2030-12-31")
        await page.locator("#new button.main").click()
        both = page.locator(".conflicts")
        await expect(both).to_contain_text("Puede aparcar en la entrada sur.")
        await expect(both).to_contain_text("Puede aparcar en la entrada norte.")
        await accessible(page)
        await fits(page, "study-conflict")
        await both.get_by_role("button").click()
        await expect(page.locator("#list > li")).to_have_count(2)


NASTY = [
    "<script>document.title = 'mine'</script><img src=x onerror=document.title='mine'>",
    "‏שלום‏ و مرحبا \u202eabc",
    "Vale 😀👩‍💼 " + "largo" * 300,
]


async def test_any_signs_are_shown_as_text_and_too_many_are_refused(study: TheStudy) -> None:
    for n, text in enumerate(NASTY):
        await study.ask("POST", "preferences", 201, id=f"nasty-{n}", text={"es": text})
    async with in_the_study(study, forgive="422") as page:
        for n, text in enumerate(NASTY):
            await expect(card(page, f"nasty-{n}").locator(".wording")).to_have_text(text)
        assert await page.title() == "Preferencias · Antesala"
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await fits(page, "study-nasty")
        await page.locator("#add").click()
        await write(page.locator("#new form"), text__es="a" * 5000)
        await page.locator("#new button.main").click()
        await expect(page.locator("#new .faults")).to_contain_text("Tiene 5000 caracteres. Dígalo en 4000 como mucho.")


async def test_a_file_comes_in_and_is_taken_back(study: TheStudy, tmp_path: Path) -> None:
    file = tmp_path / "mias.csv"
    async with in_the_study(study, forgive="422") as page:
        await by_keyboard(page, "#bulk")
        file.write_text("id,text_es\ncoats,El guardarropa está abajo.\nx,Tiene cáncer.\n")
        await page.locator("[name=file]").set_input_files(file)
        await expect(page.locator("#bring .faults")).to_contain_text("mias.csv, línea 3: 'Tiene cáncer'")
        await expect(page.locator("#bring_in")).to_be_hidden()
        file.write_text("id,text_es\n" + "".join(f"fila-{n},El armario {n} está abajo.\n" for n in range(50)))
        await page.locator("[name=file]").set_input_files([])
        await page.locator("[name=file]").set_input_files(file)
        await expect(page.locator("#preview")).to_contain_text("Entrarían 50 nuevas")
        await accessible(page)
        await fits(page, "study-import")
        waiting = [50]
        await page.route("**/api/imports/waiting", lambda route: route.fulfill(json={"waiting": waiting[-1]}))
        await page.locator("#bring_in").click()
        await expect(page.locator("#going_told")).to_contain_text("0 de 50", timeout=20_000)
        waiting.append(20)
        await expect(page.locator("#bar")).to_have_attribute("value", "0.6")
        await accessible(page)
        waiting.append(0)
        await expect(page.locator("#toast")).to_contain_text("Importadas: 50", timeout=20_000)
        await expect(card(page, "fila-49")).to_be_visible()
        async with page.expect_download() as download:
            await page.locator("#bulk").click()
            await page.locator("[data-form=csv]").click()
        assert (await download.value).suggested_filename == "preferences.csv"
        await page.locator("#imports button").click()
        await expect(page.locator("#imports")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("#list > li")).to_have_count(6)


async def test_people_move_between_circles(study: TheStudy, tmp_path: Path) -> None:
    async with in_the_study(study, "/study/people", forgive="422") as page:
        await expect(page.locator(".person")).to_have_count(4)
        await page.keyboard.press("n")
        form = page.locator("#new form")
        await write(form, name="Ana Soler", numbers="12")
        await form.locator("[name=circle]").select_option("trusted")
        await form.get_by_role("button", name="Guardar").click()
        await expect(form.locator(".faults")).to_contain_text("no es un teléfono")
        await write(form, numbers="600 555 444\n+34 910 555 444", pin="4071")
        await form.get_by_role("button", name="Guardar").click()
        ana = card(page, "ana-soler")
        await expect(page.locator("[data-circle=trusted]").locator(ana)).to_contain_text("con PIN")
        await ana.locator("select").select_option("known")
        await expect(page.locator("[data-circle=known]").locator(ana)).to_be_focused()
        assert study.knowledge.caller("+34600555444").circle == "known"
        await page.keyboard.press("u")
        await expect(page.locator("[data-circle=trusted]").locator(ana)).to_be_visible()
        await ana.locator("[data-act=edit]").click()
        await accessible(page)
        await fits(page, "study-people")
        await page.keyboard.press("Escape")
        cards = tmp_path / "agenda.vcf"
        cards.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Bea Mora\nTEL:+34600555777\nEND:VCARD\n")
        await page.locator("#bulk").click()
        await page.locator("[name=file]").set_input_files(cards)
        await page.locator("#bring_in").click()
        await expect(page.locator(".person", has_text="Bea Mora")).to_be_visible()


async def test_what_the_form_says_is_what_the_next_call_hears(study: TheStudy) -> None:
    async with in_the_study(study, "/study/voice", forgive="422") as page:
        greeting = page.locator('[name="greeting.es"]')
        await expect(page.locator("#disclosed_es")).to_contain_text("Dice que es")
        await greeting.fill("Despacho de la señora Vidal, dígame.")
        await expect(page.locator("#disclosed_es")).to_contain_text("Falta decir")
        await page.locator("#save").click()
        await expect(page.locator("#policy .faults")).to_contain_text("El saludo en español no dice")
        await greeting.fill("Despacho de la señora Vidal, le atiende Lucía, su asistente virtual.")
        async with page.expect_response("**/api/sandbox/speak") as spoken:
            await page.locator('[data-speak="greeting.es"]').click()
        assert (await spoken.value).status == 200
        await page.locator('[name="receptionist.warmth"]').select_option("warm")
        await expect(page.locator('[data-sample="es"]')).to_contain_text("goodbye_named.warm")
        await expect(page.locator('[data-circle="known"] .taken')).to_have_text("35 min, 2 veces")
        await page.locator('[name="budget.known.minutes"]').fill("60")
        await page.locator('[name="budget.anyone.interruptions"]').fill("0")
        await page.locator("#save").click()
        await expect(page.locator("#toast")).to_contain_text("Guardado")
        assert study.knowledge.policy.receptionist.warmth == "warm"
        assert study.knowledge.policy.budget == {Circle.ANYONE: Allowance(None, 0), Circle.KNOWN: Allowance(60)}
        opened = await study.ask("POST", "calls", 201, line="text", language="es")
        assert "le atiende Lucía" in " ".join(opened["said"])
        await page.locator("#past").click()
        await expect(page.locator("#card .history > li").first).to_contain_text("Saludo: Español")
        await page.locator("#past").click()
        await expect(page.locator("#calendar")).to_contain_text("Se usa la última buena, de 23 nov 2026")
        await page.locator("#as_yaml").click()
        await expect(page.locator("#yaml")).to_have_value(re.compile("le atiende Lucía"))
        await page.locator("#yaml").fill("greeting: [")
        await page.locator("#file button.main").click()
        await expect(page.locator("#file .faults")).to_contain_text("voice.yaml, línea")
        await accessible(page)
        await page.keyboard.press("Escape")
        await page.locator("#as_form").click()
        await page.locator("h1").click()
        await page.keyboard.press("u")
        await expect(greeting).not_to_have_value("Despacho de la señora Vidal, le atiende Lucía, su asistente virtual.")


async def test_it_is_tried_out_by_typing_and_by_voice(study: TheStudy) -> None:
    async with in_the_study(study, "/study/try") as page:
        await page.locator("#question").fill("¿dónde está la entrada para aparcar?")
        await page.keyboard.press("Enter")
        answer = page.locator("#tried > li").first
        await expect(answer.locator(".receptionist")).to_have_text("Puede aparcar en la entrada norte.")
        await expect(answer.locator(".grounds")).to_contain_text("parking, versión 1")
        await expect(answer.locator("dd.good")).to_have_count(4)
        async with page.expect_response("**/api/sandbox/speak"):
            await answer.locator(".listen").click()
        await page.locator("#question").fill("")
        await page.locator("#aloud").check()
        await page.locator("#microphone").click()
        await expect(page.locator("#microphone")).to_have_class(re.compile("heard"), timeout=20_000)
        async with page.expect_response("**/api/sandbox/speak"):
            await page.locator("#microphone").click()
        await expect(page.locator("#tried > li")).to_have_count(2)
        await expect(page.locator("#tried .caller").first).to_have_text("¿Dónde puedo aparcar?")
        await accessible(page)
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await fits(page, "study-try-phone")
        await page.locator(".grounds a").first.click()
        await expect(card(page, "parking")).to_be_focused()


async def test_every_page_can_be_read_and_is_accessible(study: TheStudy) -> None:
    async with in_the_study(study) as page:
        for name in ("preferences", "people", "voice", "try"):
            await page.set_viewport_size({"width": 1280, "height": 900})
            await page.emulate_media(color_scheme="light")
            await page.goto(f"{page.url.split('/study')[0]}{pages.PAGES[name]}?lang=en")
            await expect(page.locator("html")).to_have_attribute("lang", "en")
            await fits(page, f"study-{name}-en")
            await page.goto(page.url.replace("lang=en", "lang=es"))
            await page.emulate_media(color_scheme="dark")
            await fits(page, f"study-{name}-es-dark")
            await accessible(page)
            await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            await fits(page, f"study-{name}-es-phone")
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.locator("h1").click()
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_be_visible()
        await accessible(page)
