"""`antesala bench latency`: how long a caller waits for an answer, measured from outside on the media stream."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from evals.house import House, opened
from evals.media_caller import FRAME_S, MediaCaller
from evals.speech import Recorded, load, own

BARS = {"pyttsx3": (0.400, 0.800), "kokoro": (0.500, 1.000)}
"""p50 and p95 in seconds from the end of speech to the first sound of the reply."""
BARGE_IN_S, FOUR_CALLS_S, MEMORY_MB, A_CALL_MB = 0.200, 1.200, 1500.0, 60.0
AGAINST_PLAIN = 0.5
STAGES = ("end_of_turn", "ears", "mind", "voice")
PAUSE_S = 0.8
PLAIN = ("-m", "evals.plain_pipecat")
SERVER = ("-m", "cli", "serve")


@dataclass
class Result:
    """One house under one load. Seconds; `late` counts utterances that nobody answered within 10 s."""

    name: str
    calls: int
    replies: list[float] = field(default_factory=list)
    barge_ins: list[float] = field(default_factory=list)
    late: int = 0
    memory_mb: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.replies, share)) if self.replies else float("nan")


async def measure(house: House, name: str, calls: int, speech: Sequence[Recorded], each: int) -> Result:
    """`calls` callers at once, `each` utterances apiece, then one cuts in on the last reply."""
    result = Result(name, calls)
    await asyncio.gather(*(_one_call(house, result, list(speech[n::calls]), each, n) for n in range(calls)))
    result.stages = await _stages(house)
    return result


async def _one_call(house: House, result: Result, speech: list[Recorded], each: int, n: int) -> None:
    await asyncio.sleep(0.7 * n)
    caller: MediaCaller | None = None
    for turn, said in enumerate(speech[:each]):
        if turn % 3 == 0 or caller is None or caller.over.is_set():
            if caller:
                await caller.hang_up()
            caller = await MediaCaller.call(house.base, f"+3460099{n:02}{turn:02}")
            await caller.quiet(PAUSE_S)
            result.memory_mb = max(result.memory_mb, house.memory_mb())
        await _one_turn(caller, said, result)
        if turn % 3 == 1:
            await _cut_in(caller, speech[(turn + 1) % len(speech)], result)
        await caller.quiet(PAUSE_S)
    if caller:
        await caller.hang_up()


async def _one_turn(caller: MediaCaller, said: Recorded, result: Result) -> None:
    began = await caller.say(said.pcm[: int((said.ends + 0.05) * 8000)])
    ended = began + said.ends
    answered = await caller.first_voice_after(ended)
    if answered is None:
        result.late += 1
    else:
        result.replies.append(answered - ended)


async def _cut_in(caller: MediaCaller, said: Recorded, result: Result) -> None:
    """Speaks into the reply and notes how long the reply went on."""
    await asyncio.sleep(0.6)
    began = await caller.say(said.pcm[int(said.begins * 8000) : int((said.ends + 0.05) * 8000)])
    speaking = [at for at, voice in caller.heard if voice and began - 0.2 < at <= began]
    await asyncio.sleep(min(1.5, said.ends - said.begins))
    if speaking:
        heard = sorted(at for at, voice in caller.heard if voice and at >= began)
        result.barge_ins.append(_falls_silent(heard, began) - began)


def _falls_silent(heard: Sequence[float], began: float) -> float:
    """When the unbroken run of sound that `began` falls into ends."""
    last = began
    for at in heard:
        if at - last > 5 * FRAME_S:
            break
        last = at + FRAME_S
    return last


async def _stages(house: House) -> dict[str, float]:
    """Medians by stage from the house's own meters, in seconds; empty where it has none."""
    async with httpx.AsyncClient() as web:
        page = await web.get(f"{house.base}/metrics")
    found: dict[str, float] = {}
    for stage in STAGES:
        rows = [row for row in page.text.splitlines() if row.startswith("antesala_stage_seconds_bucket{le=")]
        buckets = [row for row in rows if f'stage="{stage}"' in row]
        if buckets:
            found[stage] = _median_of(buckets)
    return found


def _median_of(buckets: Sequence[str]) -> float:
    points = [
        (float(row.split('le="')[1].split('"')[0].replace("+Inf", "inf")), float(row.rsplit(" ", 1)[1]))
        for row in buckets
    ]
    points.sort()
    half, below, floor = points[-1][1] / 2, 0.0, 0.0
    for edge, count in points:
        if count >= half and count > below:
            return floor + (edge - floor) * (half - below) / (count - below)
        floor, below = edge, count
    return float("nan")


async def run_all(out: Path, loads: Sequence[int], voices: Sequence[str], each: int, plain: bool) -> list[Result]:
    speech = load(["call_utterance"]) + load(["ivr_prompt"])[:8] or own()
    results: list[Result] = []
    for voice in voices:
        environment = {"ANTESALA_VOICE": voice, "ANTESALA_MODEL": "house", "ANTESALA_MAX_CALLS": str(max(loads))}
        async with opened(SERVER, out / f"server-{voice}.log", **environment) as house:
            for calls in loads:
                results.append(await measure(house, f"antesala {voice}", calls, speech, each))
                _tell(results[-1])
        if plain:
            async with opened(PLAIN, out / f"plain-{voice}.log", **environment) as house:
                results.append(await measure(house, f"plain pipecat {voice}", 1, speech, each))
                _tell(results[-1])
    return results


def run(
    out: Path, loads: Sequence[int] = (1, 4, 8), voices: Sequence[str] = ("pyttsx3", "kokoro"), each: int = 12,
    plain: bool = True,
) -> int:  # fmt: skip
    """Measures, prints a table, writes latency.json and latency.png into `out`. Returns 1 when a bar is missed."""
    out.mkdir(parents=True, exist_ok=True)
    results = asyncio.run(run_all(out, loads, voices, each, plain))
    Console().print(_table(results))
    (out / "latency.json").write_text(json.dumps([asdict(result) for result in results], indent=1))
    _plot(results, out / "latency.png")
    missed = _missed(results)
    for bar in missed:
        Console().print(f"[red]missed[/]: {bar}")
    return 1 if missed else 0


def _tell(result: Result) -> None:
    print(
        f"{result.name}, {result.calls} at once: p50 {result.quantile(0.5) * 1000:.0f} ms, "
        f"p95 {result.quantile(0.95) * 1000:.0f} ms, n={len(result.replies)}, late {result.late}",
        file=sys.stderr,
        flush=True,
    )


def _table(results: Sequence[Result]) -> Table:
    table = Table(title="End of speech to first sound of the reply, ms")
    for column in ("house", "calls", "n", "p50", "p95", "late", "barge-in p95", *STAGES, "memory MB"):
        table.add_column(column, justify="left" if column == "house" else "right")
    for each in results:
        barge = f"{np.quantile(each.barge_ins, 0.95) * 1000:.0f}" if each.barge_ins else "-"
        stages = [f"{each.stages[stage] * 1000:.0f}" if stage in each.stages else "-" for stage in STAGES]
        table.add_row(
            each.name, str(each.calls), str(len(each.replies)), f"{each.quantile(0.5) * 1000:.0f}",
            f"{each.quantile(0.95) * 1000:.0f}", str(each.late), barge, *stages, f"{each.memory_mb:.0f}",
        )  # fmt: skip
    return table


def _missed(results: Sequence[Result]) -> list[str]:
    """The bars that do not hold, in words."""
    bars: list[tuple[str, float, float]] = []
    for each in results:
        voice = each.name.split()[-1]
        if each.name.startswith("plain") or voice not in BARS:
            continue
        if each.calls == 1:
            bars += [(f"{each.name} p50", each.quantile(0.5), BARS[voice][0])]
            bars += [(f"{each.name} p95", each.quantile(0.95), BARS[voice][1])]
            bars += [(f"{each.name} memory", each.memory_mb, MEMORY_MB)]
            plain = next((other for other in results if other.name == f"plain pipecat {voice}"), None)
            if plain and plain.replies:
                bars += [(f"{each.name} p50 against plain", each.quantile(0.5), AGAINST_PLAIN * plain.quantile(0.5))]
            if each.barge_ins:
                bars += [(f"{each.name} barge-in p95", float(np.quantile(each.barge_ins, 0.95)), BARGE_IN_S)]
        if each.calls == 4:
            bars += [(f"{each.name} p95 at 4 calls", each.quantile(0.95), FOUR_CALLS_S)]
        bars += [(f"{each.name} unanswered at {each.calls}", float(each.late), 0.0)]
    one = {each.name: each for each in results if each.calls == 1}
    for each in results:
        if each.calls > 1 and each.name in one:
            grown = (each.memory_mb - one[each.name].memory_mb) / (each.calls - 1)
            bars += [(f"{each.name} memory a further call at {each.calls}", grown, A_CALL_MB)]
    return [f"{what}: {value:.3f} > {bar:.3f}" for what, value, bar in bars if not value <= bar]


def _plot(results: Sequence[Result], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5))
    for each in results:
        times = np.sort(each.replies) * 1000
        style = "--" if each.name.startswith("plain") else "-"
        axes.step(
            times, np.arange(1, len(times) + 1) / max(len(times), 1), style, label=f"{each.name}, {each.calls} at once"
        )
    axes.set(xlabel="end of speech to reply, ms", ylabel="share of turns answered", xlim=(0, 3000), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(file, dpi=120)
    pyplot.close(figure)
