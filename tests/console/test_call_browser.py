"""The page `/call` in a real Chromium, with a recorded voice as its microphone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import soundfile
from playwright.async_api import Route, expect

from calls.wire import Arrival, Wire
from calls.words import (
    Body,
    CallRow,
    Event,
    Greeted,
    HandOff,
    HandOffState,
    Heard,
    Language,
    Message,
    Partial,
    Promise,
    Reason,
    Said,
)
from console import call as call_page
from console import look
from evals.house import opened
from lines import browser
from lines.tickets import Tickets
from settings import Settings
from tests.console.a_person import taken_over_by_voice
from tests.console.browser import IN_A_BROWSER, OUT, by_keyboard, chromium, fits, picture
from tests.lines.doors import served
from tests.loops import ROOT

CALLERS = ROOT / "evals" / "callers"
HEARD_WITHIN_MS = 60_000
"""The machine may be busy."""

pytestmark = IN_A_BROWSER


def spoken(language: Language, folder: Path) -> Path:
    """A caller who waits for the greeting and then asks for Ms. Vidal."""
    said, rate = soundfile.read(CALLERS / f"message_{language}" / "01.flac", dtype="int16")
    pause = np.zeros(11 * rate, np.int16)
    path = folder / f"caller_{language}.wav"
    soundfile.write(path, np.concatenate([pause, said, pause, pause, pause]), rate, subtype="PCM_16")
    return path


# --- a whole call, every engine real -----------------------------------------------------------------

REAL: list[tuple[Language, str, str]] = [("es", "inteligencia artificial", "Prieto"), ("en", "AI", "Vidal")]


async def test_a_call_from_the_page_is_heard_answered_and_on_record(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    if (weights := Settings.read().data / "weights").is_dir():
        (data / "weights").symlink_to(weights)
    settings = {"ANTESALA_DATA": str(data), "ANTESALA_MODEL": "house"}
    command = ("-c", "from server import serve; from settings import Settings; serve(Settings.read())")
    async with opened(command, OUT / "browser-house.log", **settings) as house:
        for language, disclosure, caught in REAL:
            async with chromium(microphone=spoken(language, tmp_path), size=(1280, 800), scale=2) as page:
                await page.goto(f"{house.base}/call?lang={language}")
                await by_keyboard(page, "#call")
                greeting = page.locator("li.receptionist").first
                await expect(greeting).to_contain_text(disclosure, timeout=HEARD_WITHIN_MS)
                heard = page.locator("li.you:not(.passing)").first
                await expect(heard).to_contain_text(caught, timeout=HEARD_WITHIN_MS)
                await expect(page.locator("li.you:not(.passing) ~ li.receptionist").first).to_be_visible(
                    timeout=HEARD_WITHIN_MS
                )
                await picture(page, f"call-{language}")
                await by_keyboard(page, "#hang_up")
                await expect(page.locator("#call")).to_be_focused()
            await closed_on_record(house.base, language)
        await taken_over_by_voice(house.base, tmp_path)


async def closed_on_record(base: str, language: Language) -> None:
    async with httpx.AsyncClient(base_url=base) as web, asyncio.timeout(30):
        while True:
            row = (await web.get("/api/calls")).json()["items"][0]
            if row["state"] != "open":
                break
            await asyncio.sleep(0.2)
        call = (await web.get(f"/api/calls/{row['id']}")).json()
    assert (call["line"], call["state"], call["language"]) == ("browser", "closed", language)
    kinds = [event["kind"] for event in call["events"]]
    assert {"greeted", "heard", "said"} <= set(kinds)
    (over,) = [event for event in call["events"] if event["kind"] == "hung_up"]
    assert over["by"] == "caller"


# --- the page itself, with a double that answers ---------------------------------------------------------

TALK: dict[Language, list[Body]] = {
    "en": [
        Greeted(
            "Good morning, Ms. Vidal's office. This is Clara, her AI assistant. How can I help you?",
            "en",
            "AI assistant",
        ),
        Heard("Good morning. I'd like to talk to Ms. Vidal about the board papers.", "en", 0.9, 1, 2),
        Said("1", "She's in a meeting and can't come to the phone just now.", "en"),
        Said("2", "May I take a message, and your name?", "en"),
        Heard("Yes, it's Luis Prieto. Could she ring me back before five?", "en", 0.9, 3, 4),
        Message("call back before five", "Luis Prieto"),
        Promise("assistant", "call back", due=datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
        Said("3", "Of course, Mr. Prieto. I've noted it, and Marta will ring you before five.", "en"),
        HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.RINGING),
        Partial("Thank you, that", "en"),
    ],
    "es": [
        Greeted(
            "Buenos días, despacho de la señora Vidal. Soy Clara, su asistente de inteligencia artificial. "
            "¿En qué puedo ayudarle?",
            "es",
            "inteligencia artificial",
        ),
        Heard("Buenos días, quería hablar con la señora Vidal.", "es", 0.9, 1, 2),
        Said("1", "Está reunida y ahora no puede ponerse. ¿Quiere dejarle un recado?", "es"),
        Partial("Sí, por favor", "es"),
    ],
}


async def told(wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
    """A call in which everything has been said already."""
    assert watch and arrival.language
    for seq, body in enumerate(TALK[arrival.language], 1):
        watch(Event(seq, datetime(2026, 11, 23, 9, 0, tzinfo=UTC), body))
    await wire.send(np.zeros(320, np.int16))
    frames = wire.frames()
    async for _ in frames:
        pass
    await frames.aclose()
    return None  # type: ignore[return-value]


@asynccontextmanager
async def small_house() -> AsyncGenerator[str]:
    tickets = Tickets()
    pages = call_page.router(lambda: tickets.issue(Arrival("browser")))
    async with served(browser.router(told, tickets), pages, look.router) as address:
        yield f"http://{address}"


SIZES = {"desk": (1280, 800), "phone": (390, 800)}


async def test_the_page_is_legible_at_every_size_by_day_and_by_night():
    async with small_house() as base, chromium(size=(1280, 800), scale=2) as page:
        for language in ("en", "es"):
            await page.set_viewport_size({"width": 1280, "height": 800})
            await page.goto(f"{base}/call?lang={language}")
            await expect(page.locator("html")).to_have_attribute("lang", language)
            await fits(page, f"page-{language}-idle")
            await page.locator("#call").click()
            await expect(page.locator("li.passing")).to_be_visible()
            for size, (width, height) in SIZES.items():
                await page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    await fits(page, f"page-{language}-{size}-{scheme}")
            await page.emulate_media(color_scheme="light")
            await page.locator("#hang_up").click()


async def test_everything_can_be_done_by_keyboard():
    async with small_house() as base, chromium(size=(1280, 800), scale=2) as page:
        await page.goto(f"{base}/call?lang=en")
        await by_keyboard(page, "#call")
        await expect(page.locator("#hang_up")).to_be_focused()
        await by_keyboard(page, "#keypad summary")
        await by_keyboard(page, "[data-key='1']")
        await by_keyboard(page, "#hang_up")
        await expect(page.locator("#state")).to_have_text("The call has ended")
        await by_keyboard(page, "a.tongue")
        await expect(page.locator("html")).to_have_attribute("lang", "es")


async def test_hanging_up_before_anybody_answers_ends_it_there():
    async with small_house() as base, chromium(size=(1280, 800), scale=2) as page:
        answer = asyncio.Event()

        async def slowly(route: Route) -> None:
            await answer.wait()
            await route.continue_()

        await page.route("**/api/call-tickets", slowly)
        await page.goto(f"{base}/call?lang=en")
        await by_keyboard(page, "#call")
        await expect(page.locator("#keypad")).to_be_hidden()
        await by_keyboard(page, "#hang_up")
        async with page.expect_response("**/api/call-tickets"):
            answer.set()
        await page.wait_for_timeout(300)  # what would begin now, if anything did
        await expect(page.locator("#state")).to_have_text("The call has ended")
        await expect(page.locator("#captions li")).to_have_count(0)
        await expect(page.locator("#call")).to_be_focused()
