"""A caller on the media stream and a person at the desk, each with a voice of their own, in a house that is real.

Their lines in ``voices/`` were spoken by Kokoro-82M (Apache-2.0): ef_dora for the person, em_alex for the caller, whose
lines are in a telephone's band.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from playwright.async_api import Page, expect

from evals.media_caller import FRAME, MediaCaller
from tests.console.browser import chromium
from tests.loops import ROOT

VOICES = ROOT / "tests" / "console" / "voices"
PATIENCE_MS = 60_000
"""The machine may be busy."""


def line(name: str) -> NDArray[np.int16]:
    said: NDArray[np.int16] = soundfile.read(VOICES / f"{name}.flac", dtype="int16")[0]
    return said


def microphone(folder: Path) -> Path:
    """The person's line as a file that Chromium takes for a microphone."""
    said, rate = soundfile.read(VOICES / "person.flac", dtype="int16")
    path = folder / "person.wav"
    soundfile.write(path, np.concatenate([np.zeros(rate // 2, np.int16), said]), rate, subtype="PCM_16")
    return path


def loudness(pcm: NDArray[np.int16], frame: int) -> NDArray[np.float64]:
    """The course of the sound, one value for 20 ms."""
    whole = pcm[: len(pcm) // frame * frame].reshape(-1, frame).astype(float)
    course: NDArray[np.float64] = np.sqrt((whole**2).mean(axis=1))
    return course


def follows(heard: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    """How well the course of what was said is found in what was heard, 0..1."""
    shape = (said - said.mean()) / said.std()
    best = 0.0
    for at in range(len(heard) - len(said)):
        part = heard[at : at + len(said)]
        if part.std() > 0:
            best = max(best, float(((part - part.mean()) / part.std() * shape).mean()))
    return best


async def taken_over_by_voice(base: str, folder: Path) -> None:
    """They hear each other, both stand on record in words, and the receptionist knows afterwards what was agreed."""
    async with chromium(microphone=microphone(folder), size=(1280, 900)) as page:
        to_the_page: list[bytes] = []

        def received(frame: str | bytes) -> None:
            if isinstance(frame, bytes):  # the others ask whether the page is still there
                to_the_page.append(frame)

        page.on("websocket", lambda socket: socket.on("framereceived", received))
        await page.goto(f"{base}/desk?lang=es")
        caller = await MediaCaller.call(base, "+34600999777")
        await page.locator(".card:not([data-health=ended]) .who").first.click(timeout=PATIENCE_MS)
        await page.locator("#listen").click()
        await expect(page.locator("#listen")).to_have_attribute("aria-pressed", "true")
        await page.locator("#take_over").click()
        await expect(page.locator("#listen")).to_be_hidden()
        before = len(caller.sound)
        await page.locator("#talk_now").click()
        await stands(page, "staff", "jueves")
        heard = np.concatenate(caller.sound[before:])
        said, rate = soundfile.read(VOICES / "person.flac", dtype="int16")
        likeness = follows(loudness(heard, FRAME), loudness(said, rate // 50))
        print(f"the person's voice at the caller's end: {likeness:.2f} like what was said")
        assert likeness > 0.6

        to_the_page.clear()
        await caller.say(line("caller_before"))
        await stands(page, "caller", "viene bien")
        loudest = max(int(np.abs(np.frombuffer(frame, "<i2")).max()) for frame in to_the_page)
        assert loudest > 4000, "the person hears the caller"

        await page.locator("#hand_back").click()
        await stands(page, "receptionist", "otra vez")
        await caller.quiet()
        await caller.say(line("caller"))
        await stands(page, "receptionist", "jueves")
        await caller.hang_up()
        await expect(page.locator("#words_form")).to_have_class("over", timeout=PATIENCE_MS)


async def stands(page: Page, who: str, words: str) -> None:
    spoken = page.locator(f"#talk li.{who}:not(.passing)", has_text=words)
    await expect(spoken.first).to_be_visible(timeout=PATIENCE_MS)
