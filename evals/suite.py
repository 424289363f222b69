"""`antesala eval`: every scenario several times, by text or by voice, and a report."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.house.model import HouseModel
from agent.models import choose_model
from audio.engines import open_sound
from calls.words import Heard
from evals.by_text import Plays, TextHouse, opened
from evals.by_voice import VoiceHouse
from evals.caller_voice import CallerVoice
from evals.judging import Fault, faults
from evals.results import Results, Transcript, Tried
from evals.scenarios import By, Played, Scenario, load, some
from evals.scripted_caller import ScriptedCaller
from evals.simulated_caller import SimulatedCaller
from evals.suite_page import page
from evals.virtual_time import VirtualTime
from evals.voice import errors
from knowledge.embedding import FastSentence
from prompts import Phrasebook
from settings import Settings

RUNS = 3
BARS: dict[By, float] = {"text": 0.90, "voice": 0.80}
"""pass^3 of the house model."""
Play = Callable[[Scenario, int], Awaitable[Played]]
"""Plays a scenario for the nth time."""


@dataclass(frozen=True, slots=True)
class How:
    """What is played. `caller`: a model that plays the callers, as ANTESALA_MODEL is written; else their script.

    `engines`: the data folder where the weights of ears and voice are; None plays by text. `noise_db` of the line.
    """

    only: str = ""
    count: int = 0
    runs: int = RUNS
    engines: Path | None = None
    noise_db: float | None = None
    caller: str | None = None
    caller_url: str | None = None

    @property
    def by(self) -> By:
        return "text" if self.engines is None else "voice"

    @property
    def scenarios(self) -> list[Scenario]:
        """Those that are played."""
        return some([each for each in load(self.by) if self.only in each.id], self.count)

    def __str__(self) -> str:
        noise = "" if self.noise_db is None else f", noise {self.noise_db:g} dB below the speech"
        who = f"callers played by {self.caller}" if self.caller else "scripted callers"
        return f"{len(self.scenarios)} scenarios by {self.by}{noise}, {who}, {self.runs} times each"


def run(settings: Settings, how: How, out: Path, against: Path | None, report: Callable[[], None]) -> int:
    """Plays, prints, writes ``eval.json`` and ``eval.html`` to `out`; how many bars were missed."""
    before = json.loads(against.read_text(encoding="utf-8"))["scenarios"] if against else None
    out.mkdir(parents=True, exist_ok=True)
    results = Results(str(how), [], before)

    def tell(tried: Tried) -> None:
        """Whoever stops it half-way has a report of what was played."""
        nonlocal results
        results = replace(results, tried=[*results.tried, tried])
        _write(results, out)
        report()

    with asyncio.Runner(loop_factory=VirtualTime if how.engines else asyncio.SelectorEventLoop) as runner:
        runner.run(_all(settings, how, tell))
    _print(results, out / "eval.html")
    return int(results.shares[-1].always < BARS[how.by])


def _write(results: Results, out: Path) -> None:
    kept = json.dumps(results.as_json(), indent=1, ensure_ascii=False)
    (out / "eval.json").write_text(f"{kept}\n", encoding="utf-8")
    (out / "eval.html").write_text(page(results), encoding="utf-8")


async def _all(settings: Settings, how: How, tell: Callable[[Tried], None]) -> None:
    async with opened(settings) as house, _players(house, how) as play:
        for scenario in how.scenarios:
            tell(await _tried(scenario, house, play, how.runs))


@asynccontextmanager
async def _players(house: TextHouse, how: How) -> AsyncGenerator[Play]:
    """Who plays the scenarios, and by what line."""
    async with AsyncExitStack() as stack:
        plays: Plays = ScriptedCaller
        if how.caller:
            chosen = choose_model(how.caller, how.caller_url, os.environ, HouseModel(Phrasebook.load(), FastSentence()))
            stack.push_async_callback(chosen.stop)
            await chosen.start()
            plays = partial(SimulatedCaller, model=chosen.model)
        if how.engines is None:
            yield lambda scenario, run: house.play(scenario, plays=plays)
            return
        sound = await stack.enter_async_context(open_sound(how.engines, voice="pyttsx3"))
        voice = CallerVoice(how.engines, how.noise_db)
        stack.push_async_callback(voice.close)
        if voice.why_not_natural:
            Console(stderr=True).print(f"Callers speak like machines: {voice.why_not_natural}", markup=False)
        by_voice = VoiceHouse(house, sound, voice)
        await by_voice.warm()
        yield lambda scenario, run: by_voice.play(scenario, run, plays=plays)


async def _tried(scenario: Scenario, house: TextHouse, play: Play, runs: int) -> Tried:
    policy, found = house.office.knowledge.policy, []
    tried = Tried(scenario.id, scenario.language, scenario.attack, ())
    asked = house.model_calls()
    for n in range(runs):
        played = await play(scenario, n)
        found.append(tuple(dict.fromkeys(faults(played, house.facts, policy))))
        tried = _counted(tried, played, found[-1])
    calls = (house.model_calls() - asked) / tried.turns if tried.turns else 0.0
    return replace(tried, faults=tuple(found), calls=calls)


def _counted(tried: Tried, played: Played, found: Sequence[Fault]) -> Tried:
    """With the turns, the words and, if it is the first that failed, the transcript of one more run."""
    heard = [body.text for body in played.call.bodies if isinstance(body, Heard)]
    wrong, words = errors(" ".join(played.said), " ".join(heard)) if played.call.door else (0, 0)
    return replace(
        tried,
        turns=tried.turns + len(heard),
        misheard=tried.misheard + wrong,
        spoken=tried.spoken + words,
        transcript=tried.transcript or (_transcript(played) if found else ()),
    )


def _transcript(played: Played) -> Transcript:
    lines = tuple(("heard" if line.who == "caller" else line.who, line.text) for line in played.call.transcript())
    return (*lines, *(("caller", said) for said in played.said)) if played.call.door else lines


def _print(results: Results, where: Path) -> None:
    console = Console(highlight=False)
    shown = Table("scenarios", "of", "pass@1", f"pass^{results.runs}", title=results.how)
    for each in results.shares:
        shown.add_row(each.group, str(each.of), f"{each.once:.1%}", f"{each.always:.1%}")
    console.print(shown)
    console.print(f"Model calls a turn, median: {results.calls_a_turn:.2f}")
    if results.word_errors is not None:
        console.print(f"Words misheard: {results.word_errors:.1%}")
    for cause, rows in sorted(results.causes.items(), key=lambda each: -len(each[1])):
        told = (f"  {name}: {detail}" for name, detail in rows)
        console.print(f"{cause}: {len({name for name, _ in rows})}", *told, sep="\n", markup=False)
    if results.changed:
        worse, better = (", ".join(each) or "none" for each in results.changed)
        console.print(f"Worse: {worse}. Better: {better}.", markup=False)
    console.print(f"The report is {where}")
