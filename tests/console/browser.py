"""A real Chromium: opening a page, and looking whether it can be read, used by keyboard and found accessible."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.loops import ROOT

CHROMIUM = Path("/usr/bin/chromium")
OUT = ROOT / "out"
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]
"""The marks of every test that opens one."""


@asynccontextmanager
async def chromium(
    forgive: str = "", microphone: Path | None = None, size: tuple[int, int] = (1440, 900), scale: float = 1
) -> AsyncGenerator[Page]:
    """A page whose console has to be clean afterwards, but for answers with the status `forgive`.

    Its microphone is a recording, or beeps.
    """
    voice = f"--use-file-for-fake-audio-capture={microphone}%noloop" if microphone else "--mute-audio"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        app = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                voice,
            ],
        )
        page = await app.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        try:
            yield page
        finally:
            await app.close()
    assert [each for each in complaints if not (forgive and f"status of {forgive}" in each)] == []


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


async def accessible(page: Page) -> None:
    """axe-core finds nothing that WCAG 2.2 AA forbids on the page as it stands."""
    await page.evaluate(_axe())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = await page.evaluate("tags => axe.run({runOnly: tags})", tags)
    told = [
        f"{each['id']}: {each['help']}: {[node['html'][:150] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]
    assert told == [], "\n".join(told)


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
