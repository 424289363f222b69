"""`antesala bench cluster`: two servers, one PostgreSQL, one Chroma, ten calls, the desk at the other, one killed.

Both are processes of their own, as `antesala serve` starts them. Every call is made at the first, and guided and taken
over at the second. Half way Chroma is killed, and callers are answered without it. Then the database is stopped for a
moment, the first server is killed (SIGKILL), and what is on record is counted; Chroma is back and recalls again.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx
from rich.console import Console

from evals.chroma import ChromaServer
from evals.chroma import running as running_chroma
from evals.house import House, free_port, opened
from evals.postgres import Server, database, running
from settings import SAMPLE_OFFICE

CALLS = 10
QUESTION, ANSWER = "¿Hay aparcamiento para las visitas?", "entrada norte"
SHOWN_WITHIN_S, BURIED_WITHIN_S = 2.0, 30.0


@dataclass
class Result:
    """`shown_s`: how late the other server's feed showed each first word of a call, the slowest of them.

    `told`: callers who asked what is on file and were told it, whether Chroma was there or not.
    """

    calls: int = 0
    shown_s: float = 0.0
    told: int = 0
    taken_over: int = 0
    recovered: int = 0
    called_back: int = 0
    wrong: list[str] = field(default_factory=list)


async def measure(reports: Path, server: Server, chroma: ChromaServer, calls: int = CALLS) -> Result:
    """Plays it all."""
    result, url, token = Result(), database(server), secrets.token_urlsafe()
    with TemporaryDirectory() as one, TemporaryDirectory() as two:

        def given(data: str) -> dict[str, str]:
            """The environment of one server."""
            return {
                "ANTESALA_DATA": data, "ANTESALA_TOKEN": token, "ANTESALA_DATABASE_URL": url,
                "ANTESALA_OFFICE": str(SAMPLE_OFFICE), "ANTESALA_CHROMA_URL": chroma.url,
                "ANTESALA_MODEL": "house", "ANTESALA_VOICE": "pyttsx3", "ANTESALA_MAX_CALLS": "50",
            }  # fmt: skip

        first, second = free_port(), free_port()
        async with (
            _served(reports / "cluster-1.log", first, given(one)) as a,
            _served(reports / "cluster-2.log", second, given(two)) as b,
        ):
            headers = {"Authorization": f"Bearer {token}"}
            async with (
                httpx.AsyncClient(base_url=a.base, headers=headers, timeout=30) as here,
                httpx.AsyncClient(base_url=b.base, headers=headers, timeout=30) as there,
            ):
                made = [await _call(here, there, n, result) for n in range(calls // 2)]
                await asyncio.to_thread(chroma.kill)
                made += [await _call(here, there, n, result) for n in range(calls // 2, calls)]
                await asyncio.to_thread(_restart, server)
                a.process.kill()
                await _after_the_death(there, made, result)
                await asyncio.to_thread(chroma.start)
                await _recalls(there, result)
    return result


def _served(log: Path, port: int, environment: dict[str, str]) -> AbstractAsyncContextManager[House]:
    where = f"http://127.0.0.1:{port}"
    return opened(("-m", "cli", "serve"), log, **environment, ANTESALA_PORT=str(port), ANTESALA_INNER_URL=where)


def _restart(server: Server) -> None:
    server.stop()
    server.start()


async def _call(here: httpx.AsyncClient, there: httpx.AsyncClient, n: int, result: Result) -> str:
    """One call at `here`, watched, guided and taken over at `there`."""
    call: str = (await here.post("/api/calls", json={"number": f"+3460011{n:04}"})).json()["id"]
    asked = await here.post(f"/api/calls/{call}/utterances", json={"text": QUESTION})
    result.told += ANSWER in " ".join(asked.json()["said"])
    cursor = asyncio.ensure_future(_shown(there, call))
    await asyncio.sleep(0.3)  # the feed is being watched by then
    began = perf_counter()
    await here.post(f"/api/calls/{call}/utterances", json={"text": "Quería dejar un recado para la señora Vidal"})
    if not await cursor:
        result.wrong.append("an event was not shown at the other server")
    result.shown_s = max(result.shown_s, perf_counter() - began)
    for act, body in (("guidance", {"text": "Es urgente", "by": "Marta"}), ("take-over", {"by": "Marta"})):
        answer = await there.post(f"/api/calls/{call}/{act}", json=body)
        if answer.status_code != 200:
            result.wrong.append(f"{act} at the other server: {answer.status_code}")
    kinds = [event["kind"] for event in (await here.get(f"/api/calls/{call}")).json()["events"]]
    result.taken_over += "staff" in kinds and "guidance" in kinds
    result.calls += 1
    return call


async def _recalls(web: httpx.AsyncClient, result: Result) -> None:
    """Once Chroma is back the index is asked again."""
    answer = await web.post("/api/preferences/ask", json={"question": QUESTION, "circle": "anyone", "language": "es"})
    if ANSWER not in answer.text:
        result.wrong.append("the index does not answer again")


async def _shown(web: httpx.AsyncClient, call: str) -> bool:
    """Whether the live feed shows what was heard in the call."""
    async with asyncio.timeout(SHOWN_WITHIN_S + 5), web.stream("GET", "/api/live") as feed:
        async for line in feed.aiter_lines():
            if line.startswith("data:") and call in line and '"heard"' in line:
                return True
    return False


async def _after_the_death(there: httpx.AsyncClient, calls: list[str], result: Result) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + BURIED_WITHIN_S
    states: list[str] = ["open"]
    while "open" in states and loop.time() < until:
        await asyncio.sleep(0.5)
        answers = [await there.get(f"/api/calls/{call}") for call in calls]
        states = [answer.json()["state"] if answer.status_code == 200 else "open" for answer in answers]
    result.recovered = states.count("interrupted")
    owed = (await there.get("/api/promises", params={"limit": 200})).json()["items"]
    result.called_back = len({each["call_id"] for each in owed} & set(calls))
    for call in calls:
        seqs = [event["seq"] for event in (await there.get(f"/api/calls/{call}")).json()["events"]]
        if seqs != list(range(1, len(seqs) + 1)):
            result.wrong.append(f"events of {call} are lost or doubled")


def run(reports: Path, calls: int = CALLS) -> int:
    """Prints and writes what was found; how many bars were missed."""
    with running() as server, running_chroma() as chroma:
        result = asyncio.run(measure(reports, server, chroma, calls))
    if result.told < result.calls:
        result.wrong.append("not every caller was told what is on file")
    if not result.calls == result.taken_over == result.recovered == result.called_back:
        result.wrong.append("not every call was taken over, recovered and called back")
    if result.shown_s > SHOWN_WITHIN_S:
        result.wrong.append("events were shown too late")
    Console().print(result)
    (reports / "cluster.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
    return len(result.wrong)
