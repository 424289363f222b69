"""`antesala bench load`: the admitted number of calls for ten minutes, then three times as many callers.

At the admitted number replies come in time, no call is dropped and memory stays flat. At three times as many those who
are served notice nothing, and all the others hear a clip and are called back.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from rich.console import Console

from evals.house import House, opened
from evals.latency import SERVER
from evals.media_caller import MediaCaller
from evals.speech import Recorded, load, own

MINUTES, ROUNDS = 10.0, 3
P95_S, SLOPE_MB = 1.2, 1.0
"""Bars: seconds from end of speech to reply, megabytes a minute."""
SETTLED_S, SAMPLE_S = 30.0, 10.0
CLIP_WITHIN_S = 5.0


@dataclass
class Result:
    """`replies`, `crowded`: seconds to each reply at the admitted number, and of those served at three times it."""

    most: int = 0
    replies: list[float] = field(default_factory=list)
    crowded: list[float] = field(default_factory=list)
    calls: int = 0
    dropped: int = 0
    late: int = 0
    noted: int = 0
    heard_no_clip: int = 0
    called_back: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """(minutes since the beginning, megabytes)."""

    @property
    def slope(self) -> float:
        """Megabytes a minute, once it has settled."""
        settled = [each for each in self.memory if each[0] * 60 >= SETTLED_S]
        minutes, held = ([each[n] for each in settled] for n in (0, 1))
        return float(np.polyfit(minutes, held, 1)[0]) if len(settled) > 2 else 0.0

    def p95(self, replies: Sequence[float]) -> float:
        return float(np.quantile(replies, 0.95)) if replies else float("nan")


_numbers = count()


def _number() -> str:
    return f"+3461{next(_numbers):07}"


async def _one_call(house: House, said: Sequence[Recorded], result: Result, replies: list[float]) -> None:
    caller = await MediaCaller.call(house.base, _number())
    result.calls += 1
    await caller.quiet()
    for each in said:
        if caller.over.is_set():
            result.dropped += 1
            break
        ended = await caller.say(each.pcm[: int((each.ends + 0.05) * 8000)]) + each.ends
        if (answered := await caller.first_voice_after(ended)) is None:
            result.late += 1
        else:
            replies.append(answered - ended)
        await caller.quiet()
    await caller.hang_up()


async def _keep_calling(
    house: House, speech: Sequence[Recorded], n: int, until: float, result: Result, replies: list[float]
) -> None:
    loop, turn = asyncio.get_running_loop(), n
    await asyncio.sleep(0.9 * n)
    while loop.time() < until:
        said = [speech[(turn + each) % len(speech)] for each in range(ROUNDS)]
        turn += ROUNDS
        await _one_call(house, said, result, replies)


async def _not_served(house: House, n: int, result: Result) -> None:
    """Somebody too many: hears the clip, presses nothing, and is hung up on kindly."""
    await asyncio.sleep(0.3 * n)
    caller = await MediaCaller.call(house.base, _number())
    result.noted += 1
    began = asyncio.get_running_loop().time()
    if await caller.first_voice_after(began, CLIP_WITHIN_S) is None:
        result.heard_no_clip += 1
    await asyncio.wait([asyncio.ensure_future(caller.over.wait())], timeout=60)
    await caller.hang_up()


async def measure(house: House, speech: Sequence[Recorded], minutes: float) -> Result:
    """Both parts, one after the other."""
    result, loop = Result(await _most(house)), asyncio.get_running_loop()
    began = loop.time()
    watching = asyncio.ensure_future(_watch_memory(house, began, result))
    until = began + minutes * 60
    await asyncio.gather(*(_keep_calling(house, speech, n, until, result, result.replies) for n in range(result.most)))
    watching.cancel()
    until = loop.time() + 60
    served = [_keep_calling(house, speech, n, until, result, result.crowded) for n in range(result.most)]
    tasks = [asyncio.ensure_future(each) for each in served]
    await asyncio.sleep(result.most + 1.0)
    await asyncio.gather(*(_not_served(house, n, result) for n in range(2 * result.most)))
    await asyncio.gather(*tasks)
    async with httpx.AsyncClient(base_url=house.base) as web:
        owed = (await web.get("/api/promises", params={"limit": 200})).json()["items"]
    result.called_back = sum("no podíamos atender" in each["text"] for each in owed)
    return result


async def _most(house: House) -> int:
    """How many calls the house serves at once, as it measured itself."""
    await asyncio.sleep(SETTLED_S)
    async with httpx.AsyncClient() as web:
        page = (await web.get(f"{house.base}/metrics")).text
    found = re.search(r"^antesala_most_calls (\d+)", page, re.MULTILINE)
    assert found, "the house tells how many it serves"
    return int(found[1])


async def _watch_memory(house: House, began: float, result: Result) -> None:
    loop = asyncio.get_running_loop()
    while True:
        result.memory.append(((loop.time() - began) / 60, house.memory_mb()))
        await asyncio.sleep(SAMPLE_S)


def run(reports: Path, minutes: float = MINUTES) -> int:
    """Prints and writes what was found; how many bars were missed."""
    reports.mkdir(parents=True, exist_ok=True)
    speech = load(["call_utterance"]) or own()

    async def played() -> Result:
        with TemporaryDirectory() as data:
            quiet = {"ANTESALA_DATA": data, "ANTESALA_MODEL": "house", "ANTESALA_VOICE": "pyttsx3"}
            async with opened(SERVER, reports / "load-serve.log", **quiet) as house:
                return await measure(house, speech, minutes)

    result = asyncio.run(played())
    figures = {
        "served at once": result.most, "calls": result.calls, "p95 s": round(result.p95(result.replies), 3),
        "p95 s at three times": round(result.p95(result.crowded), 3), "dropped": result.dropped,
        "unanswered": result.late, "MB a minute": round(result.slope, 2), "left a number": result.noted,
        "heard no clip": result.heard_no_clip, "called back": result.called_back,
    }  # fmt: skip
    Console().print(figures)
    (reports / "load.json").write_text(json.dumps({**figures, **asdict(result)}, indent=1) + "\n")
    return sum((
        result.p95(result.replies) > P95_S, result.p95(result.crowded) > P95_S, result.dropped > 0, result.late > 0,
        result.slope >= SLOPE_MB, result.heard_no_clip > 0, result.called_back < result.noted,
    ))  # fmt: skip
