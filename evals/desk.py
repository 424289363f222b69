"""`antesala bench desk`: how soon the page shows what is said, in a real Chromium with twenty calls on it."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
from playwright.async_api import Page
from rich.console import Console
from rich.table import Table

from evals.desk_peer import CHROMIUM, Cable, desk, on_screen, told
from evals.house import House, opened
from evals.media_caller import MediaCaller
from evals.speech import RATE, Recorded, own
from settings import Settings

CALLS, CUTS, MINUTES = 20, 10, 5.0
TURN_S = (6.0, 14.0)
"""A caller of twenty says something this often."""
FINAL_MS, PARTIAL_MS = 500.0, 800.0
SPOKEN = ("heard", "said", "greeted")
SAID = {
    "es": ("¿A qué hora abren mañana?", "Quería dejar un recado para la señora Vidal", "Soy Luis Prieto",
           "¿Está la señora Vidal?", "Es por la propuesta del martes", "¿Me puede repetir la dirección?"),
    "en": ("What time do you open tomorrow?", "I'd like to leave a message for Ms. Vidal", "It's John Ellis",
           "Is Ms. Vidal in?", "It's about the board papers", "Could you tell me the address again?"),
}  # fmt: skip
_SERVER = ("-m", "cli", "serve")


@dataclass
class Result:
    """Milliseconds from an event's time on record, or from the voice, to the painted page."""

    final: list[float] = field(default_factory=list)
    partial: list[float] = field(default_factory=list)
    updates: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the twenty calls began, and how long the page took."""
    cuts: list[float] = field(default_factory=list)
    """When the feed was cut, in the same seconds."""
    events: int = 0
    wrong: int = 0
    """Events that the page lost, showed twice, or showed out of order."""


class Crowd:
    """Twenty callers who type; whoever is done is followed by another."""

    def __init__(self, web: httpx.AsyncClient, seed: int = 7):
        self._web, self._chance, self._numbers = web, random.Random(seed), count(600_100_000)
        self.open: dict[int, str] = {}
        self.all: list[str] = []

    async def call(self, place: int) -> None:
        """One place in the crowd, for as long as it is let."""
        language = ("es", "en")[place % 2]
        while True:
            number = f"+34{next(self._numbers)}"
            answer = await self._web.post("/api/calls", json={"line": "text", "number": number, "language": language})
            call_id = self.open[place] = answer.raise_for_status().json()["id"]
            self.all.append(call_id)
            still = True
            while still:
                await asyncio.sleep(self._chance.uniform(*TURN_S))
                said = {"text": self._chance.choice(SAID[language])}
                answer = await self._web.post(f"/api/calls/{call_id}/utterances", json=said)
                still = answer.raise_for_status().json()["open"]


async def measure(house: House, minutes: float) -> Result:
    """One voice first, then the crowd for `minutes`, its feed cut ten times."""
    result = Result()
    async with (
        Cable.laid(int(house.base.rsplit(":", 1)[1])) as cable,
        httpx.AsyncClient(base_url=house.base, timeout=30) as web,
        desk(f"http://127.0.0.1:{cable.port}") as page,
    ):
        await _one_voice(house, web, page, result)
        await _many(cable, web, page, minutes * 60, result)
    return result


async def _one_voice(house: House, web: httpx.AsyncClient, page: Page, result: Result) -> None:
    """Recorded callers on the media stream: partial words against the voice, final ones against the record."""
    for language in ("es", "en"):
        recorded = [each for each in own() if each.language == language][:2]
        caller = await MediaCaller.call(house.base, {"es": "+34600777001", "en": "+442079460001"}[language])
        await caller.quiet()
        for said in recorded:
            first = await caller.say(said.pcm)
            await caller.first_voice_after(first + said.ends)
            await caller.quiet()
            began = _wall(first)
            partials = [each for each in (await told(page))["partials"] if each[0] / 1000 > began]
            result.partial += _behind(partials, began, await asyncio.to_thread(_words, said))
        await caller.hang_up()
    seen = (await told(page))["seen"]
    for row in (await web.get("/api/calls")).json()["items"]:
        events = (await web.get(f"/api/calls/{row['id']}")).json()["events"]
        result.final += [lag for kind, _, lag in _lags(row["id"], events, seen) if kind == "heard"]


def _wall(loop_time: float) -> float:
    return datetime.now().timestamp() + loop_time - asyncio.get_running_loop().time()


@cache
def _whisper() -> Any:
    import whisper

    from audio.ears.models import checkpoint

    return whisper.load_model(str(checkpoint(Settings.read().data)))


def _words(said: Recorded) -> list[tuple[str, float]]:
    """Each word of a recording and when it ends, in seconds."""
    import soxr

    wide = soxr.resample(said.pcm.astype(np.float32) / 32768, RATE, 16_000)
    heard: dict[str, Any] = _whisper().transcribe(wide, language=said.language, word_timestamps=True, temperature=0.0)
    return [(_plain(each["word"]), each["end"]) for part in heard["segments"] for each in part["words"]]


def _behind(partials: Sequence[tuple[float, str]], began: float, words: Sequence[tuple[str, float]]) -> list[float]:
    """How long after the voice each partial stood on the page, in ms: since the end of the last word it has right."""
    lags = []
    for at, text in partials:
        told = [_plain(word) for word in text.split()]
        near = range(min(len(told), len(words) - 1), max(-1, len(told) - 5), -1)
        made_out = next((n for word in told[:-4:-1] for n in near if words[n][0] == word), None)
        if made_out is not None:
            lags.append(at - (began + words[made_out][1]) * 1000)
    return lags


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word).lower()


async def _many(cable: Cable, web: httpx.AsyncClient, page: Page, lasting_s: float, result: Result) -> None:
    crowd = Crowd(web)
    began = datetime.now().timestamp()
    async with asyncio.TaskGroup() as callers:
        tasks = [callers.create_task(crowd.call(place)) for place in range(CALLS)]
        for n in range(CUTS):
            await asyncio.sleep(max(0.0, began + (n + 0.5) * lasting_s / CUTS - datetime.now().timestamp()))
            if cable.cut():
                result.cuts.append(datetime.now().timestamp() - began)
        await asyncio.sleep(max(0.0, began + lasting_s - datetime.now().timestamp()))
        for task in tasks:
            task.cancel()
    await asyncio.sleep(2)
    shown = (await told(page))["seen"]
    for call_id in crowd.all:
        events = (await web.get(f"/api/calls/{call_id}")).json()["events"]
        result.updates += [(at - began, lag) for _, at, lag in _lags(call_id, events, shown)]
        if call_id not in crowd.open.values():
            continue  # its card has gone
        spoken = [each["seq"] for each in events if each["kind"] in SPOKEN]
        lines = [seq for seq in await on_screen(page, call_id) if seq in set(spoken)]
        result.events += len(spoken)
        result.wrong += len(set(spoken) ^ set(lines)) + len(lines) - len(set(lines))


def _lags(call_id: str, events: Sequence[dict[str, Any]], seen: dict[str, float]) -> list[tuple[str, float, float]]:
    """(kind, when, ms until it was painted) of each spoken line that had a moment on its card."""
    lags = []
    for event in events:
        shown = seen.get(f"{call_id}/{event['seq']}")
        if event["kind"] in SPOKEN and shown:
            at = datetime.fromisoformat(event["at"]).timestamp()
            lags.append((event["kind"], at, shown - at * 1000))
    return lags


async def _measured(reports: Path, minutes: float) -> Result:
    with TemporaryDirectory() as data:
        weights = Settings.read().data / "weights"
        if weights.is_dir():
            (Path(data) / "weights").symlink_to(weights)
        environment = {"ANTESALA_DATA": data, "ANTESALA_MODEL": "house", "ANTESALA_VOICE": "pyttsx3"}
        environment["ANTESALA_MAX_CALLS"] = str(CALLS + 10)
        async with opened(_SERVER, reports / "desk-server.log", **environment) as house:
            return await measure(house, minutes)


def run(reports: Path, minutes: float = MINUTES) -> int:
    """Measures, prints a table, writes desk.json and desk.png into `reports`; the number of bars that were missed."""
    if not CHROMIUM.exists():
        Console().print(f"There is no Chromium at {CHROMIUM}: the desk is not measured.")
        return 0
    reports.mkdir(parents=True, exist_ok=True)
    result = asyncio.run(_measured(reports, minutes))
    rows = _rows(result, minutes)
    table = Table("what", "measured", "holds")
    for what, measured, holds in rows:
        table.add_row(what, measured, "yes" if holds else "no")
    Console().print(table)
    (reports / "desk.json").write_text(json.dumps(asdict(result), indent=1) + "\n")
    _plot(result, reports / "desk.png")
    return sum(not holds for _, _, holds in rows)


def _rows(result: Result, minutes: float) -> list[tuple[str, str, bool]]:
    updates = [lag for _, lag in result.updates]
    return [
        _row("a caller's final words on the page, one call by voice", result.final, FINAL_MS),
        _row("partial words behind the voice, one call", result.partial, PARTIAL_MS),
        _row(f"updates of the page, {CALLS} calls, {minutes:g} minutes", updates, FINAL_MS),
        (f"cuts of the live feed: {CUTS}", f"{len(result.cuts)}", len(result.cuts) == CUTS),
        ("lines lost, doubled or strange", f"{result.wrong} of {result.events}", result.wrong == 0 < result.events),
    ]


def _row(what: str, lags: Sequence[float], bar: float) -> tuple[str, str, bool]:
    if not lags:
        return what, "nothing was seen", False
    half, most = np.quantile(lags, (0.5, 0.95))
    return what, f"p50 {half:.0f}, p95 {most:.0f}, worst {max(lags):.0f} ms, n={len(lags)}", bool(most <= bar)


def _plot(result: Result, file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (shares, course) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for name, lags in (
        ("final words, one voice", result.final),
        ("partial words behind the voice", result.partial),
        (f"updates, {CALLS} calls", [lag for _, lag in result.updates]),
    ):
        shares.step(np.sort(lags), np.arange(1, len(lags) + 1) / max(len(lags), 1), label=f"{name}, n={len(lags)}")
    shares.set(xlabel="ms until it stands on the page", ylabel="share", xlim=(0, 1200), ylim=(0, 1))
    shares.legend(fontsize=8)
    course.scatter(*zip(*result.updates, strict=True) if result.updates else ((), ()), s=4)
    for cut in result.cuts:
        course.axvline(cut, color="tab:red", alpha=0.4)
    course.axhline(FINAL_MS, linestyle="--", color="tab:gray")
    course.set(xlabel=f"seconds with {CALLS} calls; red: the feed is cut", ylabel="ms until it stands on the page")
    for axes in (shares, course):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    pyplot.close(figure)
