"""The page `/call` in a real Chromium, with a recorded voice as its microphone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, Route, async_playwright, expect

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
from evals.house import opened
from lines import browser
from lines.tickets import Tickets
from settings import Settings
from tests.lines.doors import served
from tests.loops import ROOT

CHROMIUM = Path("/usr/bin/chromium")
OUT = ROOT / "out"
CALLERS = ROOT / "evals" / "callers"
HEARD_WITHIN_MS = 60_000
"""The machine may be busy."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]


@asynccontextmanager
async def chromium(microphone: Path | None = None) -> AsyncGenerator[Page]:
    """A page whose microphone is a recording; afterwards its console has to be clean."""
    voice = f"--use-file-for-fake-audio-capture={microphone}%noloop" if microphone else "--mute-audio"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        app = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                "--disable-background-networking",
                voice,
            ],
        )
        page = await app.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=2)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        try:
            yield page
        finally:
            await app.close()
    assert complaints == []


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
            async with chromium(spoken(language, tmp_path)) as page:
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
    async with served(browser.router(told, tickets), pages) as address:
        yield f"http://{address}"


SIZES = {"desk": (1280, 800), "phone": (390, 800)}


async def test_the_page_is_legible_at_every_size_by_day_and_by_night():
    async with small_house() as base, chromium() as page:
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
    async with small_house() as base, chromium() as page:
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
    async with small_house() as base, chromium() as page:
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


# --- looking at it -----------------------------------------------------------------------------------

CONTRAST = """
() => {
  const canvas = new OffscreenCanvas(1, 1), brush = canvas.getContext("2d", { willReadFrequently: true });
  const light = (rgb) => {
    const [r, g, b] = [...rgb].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paint = (color, alpha) => { brush.globalAlpha = alpha; brush.fillStyle = color; brush.fillRect(0, 0, 1, 1); };
  const pixel = () => light(brush.getImageData(0, 0, 1, 1).data.slice(0, 3));
  const poor = [];
  for (const each of document.querySelectorAll("body *")) {
    const texts = [...each.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
    if (!texts.length || !each.checkVisibility() || ["SCRIPT", "STYLE"].includes(each.tagName)) continue;
    const line = [];
    for (let up = each; up; up = up.parentElement) line.unshift(getComputedStyle(up));
    brush.globalAlpha = 1; brush.fillStyle = "#fff"; brush.fillRect(0, 0, 1, 1);
    let opacity = 1;
    for (const style of line) { opacity *= style.opacity; paint(style.backgroundColor, opacity); }
    const ground = pixel();
    paint(line.at(-1).color, opacity);
    const ink = pixel(), ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    if (ratio < 4.5) poor.push(`${texts[0].textContent.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


async def fits(page: Page, name: str) -> None:
    """Nothing hangs over the edge and everything can be read (WCAG 2.2, 1.4.3)."""
    await page.wait_for_timeout(350)  # colours fade in
    await picture(page, name)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert await page.evaluate(CONTRAST) == [], name


async def picture(page: Page, name: str) -> None:
    OUT.mkdir(exist_ok=True)
    await page.screenshot(path=OUT / f"{name}.png")


async def by_keyboard(page: Page, what: str) -> None:
    """Goes there with the Tab key alone and presses Enter."""
    target = page.locator(what)
    await expect(target).to_be_visible()
    for _ in range(30):
        if await target.evaluate("each => each === document.activeElement"):
            return await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
    raise AssertionError(f"{what} cannot be reached by keyboard")
