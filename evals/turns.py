"""`antesala bench turns`: callers who hesitate are let finish, callers who have finished are answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from evals.house import House, opened
from evals.latency import SERVER
from evals.media_caller import MediaCaller
from evals.speech import Recorded, load

TALKED_OVER, ANSWERED_S, STOPS_S = 0.20, 0.400, 0.200
CLOSING_WORD_S = 1.3
"""Speech after the last pause that is shorter than this is a closing single word; that pause doesn't count."""
KINDS = ("turn_hesitation", "turn_incomplete", "call_utterance")


@dataclass
class Outcome:
    """What happened to one recording: seconds; `pauses` that counted, `talked_over` of them, `stopped` after each."""

    name: str
    kind: str
    pauses: int = 0
    talked_over: int = 0
    stopped: list[float] = field(default_factory=list)
    answered: float | None = None


def counted(said: Recorded) -> list[tuple[float, float]]:
    """The pauses inside the sentence."""
    last = said.pauses[-1:] if said.pauses and said.ends - said.pauses[-1][1] < CLOSING_WORD_S else ()
    return [pause for pause in said.pauses if pause not in last or said.kind == "turn_incomplete"]


async def observe(house: House, said: Recorded, n: int) -> Outcome:
    """Plays one recording to a fresh call, once the greeting has been heard."""
    outcome = Outcome(said.name, said.kind)
    caller = await MediaCaller.call(house.base, f"+3460098{n:04}")
    try:
        await caller.quiet()
        began = await caller.say(said.pcm[: int((said.ends + 0.05) * 8000)])
        await asyncio.sleep(said.ends)
        answered = await caller.first_voice_after(began + said.ends, most=4.0)
        outcome.answered = None if answered is None else answered - began - said.ends
        voices = [at - began for at, voice in caller.heard if voice]
        for begin, end in counted(said):
            outcome.pauses += 1
            if any(begin <= at < end for at in voices):
                outcome.talked_over += 1
                outcome.stopped.append(max((at for at in voices if at < end + 1.0), default=end) + 0.02 - end)
    finally:
        await caller.hang_up()
    return outcome


async def run_all(out: Path, voice: str) -> list[Outcome]:
    speech = load(KINDS)
    async with opened(SERVER, out / "server-turns.log", ANTESALA_VOICE=voice, ANTESALA_MODEL="house") as house:
        return [await observe(house, said, n) for n, said in enumerate(speech)]


def run(out: Path, voice: str = "pyttsx3") -> int:
    """Measures, prints a table, writes turns.json. Returns 1 when a bar is missed; 0 also where there is no speech."""
    out.mkdir(parents=True, exist_ok=True)
    if not load(KINDS):
        Console().print("There is no recorded speech of callers who hesitate beside the project: nothing was measured.")
        return 0
    outcomes = asyncio.run(run_all(out, voice))
    (out / "turns.json").write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    return _report(outcomes)


def _report(outcomes: Sequence[Outcome]) -> int:
    hesitant = [each for each in outcomes if each.kind != "call_utterance"]
    pauses, over = sum(each.pauses for each in hesitant), sum(each.talked_over for each in hesitant)
    stopped = [seconds for each in hesitant for seconds in each.stopped]
    finished = [each.answered for each in outcomes if each.kind == "call_utterance" and each.answered is not None]
    rows: list[tuple[str, float, float]] = [
        ("hesitations talked over", over / max(pauses, 1), TALKED_OVER),
        ("voice stops after, p95 s", float(np.quantile(stopped, 0.95)) if stopped else 0.0, STOPS_S),
        ("finished sentences answered, p50 s", float(np.median(finished)) if finished else float("inf"), ANSWERED_S),
    ]
    table = Table(title=f"Turns: {pauses} pauses in {len(hesitant)} hesitations, {len(finished)} finished sentences")
    for column in ("what", "measured", "bar"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, value, bar in rows:
        table.add_row(what, f"{value:.3f}", f"{bar:.3f}", style="" if value <= bar else "red")
    Console().print(table)
    for each in hesitant:
        if each.talked_over:
            Console().print(f"talked over: {each.name} ({each.talked_over} of {each.pauses})")
    return 0 if all(value <= bar for _, value, bar in rows) else 1
