"""Somebody at the desk, seen from outside: a real Chromium behind a connection that can be cut, and what it showed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
LIVE = b"GET /api/live"
_WATCH = """
const seen = {}, partials = [];
const note = (line) => {
  const card = line.closest(".card");
  if (!card) return;
  requestAnimationFrame(() => {
    if (line.dataset.seq) seen[`${card.dataset.id}/${line.dataset.seq}`] ??= Date.now();
    else partials.push([Date.now(), line.querySelector("span").textContent]);
  });
};
new MutationObserver((records) => {
  for (const { addedNodes } of records)
    for (const node of addedNodes) if (node.matches?.("li[data-seq]")) note(node);
}).observe(document, { childList: true, subtree: true });
globalThis.told = () => ({ seen, partials });
"""
_ON_SCREEN = """
() => [...document.querySelectorAll("#talk li[data-seq], #done li[data-seq]")]
  .map((line) => Number(line.dataset.seq)).filter(Boolean).sort((one, other) => one - other)
"""


@dataclass
class Cable:
    """Carries bytes between the page and the house; the live feed's connections can be cut."""

    port: int
    _feeds: set[asyncio.StreamWriter] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def laid(cls, to_port: int) -> AsyncGenerator[Cable]:
        cable = cls(0)

        async def carry(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
            far, there = await asyncio.open_connection("127.0.0.1", to_port)
            await asyncio.gather(cable._carry(near, there, back), cable._carry(far, back, None))

        async with await asyncio.start_server(carry, "127.0.0.1", 0) as server:
            cable.port = server.sockets[0].getsockname()[1]
            yield cable

    async def _carry(
        self, near: asyncio.StreamReader, far: asyncio.StreamWriter, asks: asyncio.StreamWriter | None
    ) -> None:
        """One direction; `asks` is whoever waits for the answers to what is carried."""
        with suppress(OSError):
            while sound := await near.read(65_536):
                if asks and LIVE in sound:
                    self._feeds.add(asks)
                far.write(sound)
                await far.drain()
        far.close()
        if asks:
            self._feeds.discard(asks)

    def cut(self) -> int:
        """Breaks every connection of the live feed; how many there were."""
        cut, self._feeds = self._feeds, set()
        for each in cut:
            each.transport.abort()
        return len(cut)


@asynccontextmanager
async def desk(base: str) -> AsyncGenerator[Page]:
    """The page `/desk`, open and connected; it notes when each line was first painted."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.add_init_script(_WATCH)
        await page.goto(f"{base}/desk?lang=en")
        await page.locator("#link[data-state=connected]").wait_for()
        yield page
        await browser.close()


async def told(page: Page) -> dict[str, Any]:
    """When (ms since 1970) each line was first on its card: `seen` by call/seq, and the `partials` with their words."""
    shown: dict[str, Any] = await page.evaluate("told()")
    return shown


async def on_screen(page: Page, call_id: str) -> list[int]:
    """The seq of every event that the call's own view shows, in order, as often as it shows it."""
    await page.locator(f'.card[data-id="{call_id}"] .who').click()
    shown: list[int] = await page.evaluate(_ON_SCREEN)
    return shown
