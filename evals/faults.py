"""`antesala bench faults`: each engine hangs, fails, talks nonsense or is late, on calls over the real media stream.

Every fault is in the outermost engine, after all stand-ins: the mind and the house model behind it, both voices, the
database under a call. What is asked: a voice within two seconds of the end of speech, a closed call, its words on
record.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from rich.console import Console
from rich.table import Table

from audio.reception import Reception
from calls.breaker import Breakers
from calls.errors import EngineError
from calls.switchboard import Switchboard
from calls.wire import Arrival, Wire
from calls.words import CallRow, Event, Sentence
from evals.house import free_port
from evals.media_caller import MediaCaller
from evals.speech import Recorded, own
from server import create_app
from settings import Settings

HEARD_WITHIN_S, LATE_S, HANGS_S, AT_ONCE = 2.0, 5.0, 600.0, 4
HOW = ("hangs", "fails", "late", "garbage")


@dataclass(frozen=True, slots=True)
class Fault:
    """`when`: before the first sentence, or in the middle of the answer."""

    engine: str
    how: str
    when: str = "before"


FAULTS = (
    *(Fault("mind", how, when) for how in HOW for when in ("before", "middle")),
    *(Fault("rules", how) for how in HOW),
    *(Fault("judging", how, when) for how in HOW[:3] for when in ("before", "middle")),
    *(Fault("knowledge", how) for how in HOW),
    *(Fault("ears", how) for how in HOW),
    *(Fault("voice", "fails", when) for when in ("before", "middle")),
    *(Fault("records", "locked", when) for when in ("before", "middle")),
)


@dataclass
class Result:
    """One call: seconds until a voice was heard (None: never), and what was wrong afterwards."""

    fault: Fault
    heard_s: float | None = None
    wrong: str = ""

    @property
    def holds(self) -> bool:
        return not self.wrong and self.heard_s is not None and self.heard_s <= HEARD_WITHIN_S


class Faulty:
    """An engine with one fault; whatever is not spoilt goes to the real one. Nothing is wrong until it is `armed`."""

    def __init__(self, engine: Any, fault: Fault, garbage: Callable[[], Any] = lambda: None):
        self._engine, self._fault, self._garbage = engine, fault, garbage
        self.armed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def strike(self) -> None:
        if not self.armed:
            return
        if self._fault.how == "fails":
            raise EngineError(self._fault.engine, "made to fail")
        await asyncio.sleep({"hangs": HANGS_S, "late": LATE_S}.get(self._fault.how, 0.0))

    async def _answer(self, method: str, *given: Any, **more: Any) -> Any:
        await self.strike()
        if self.armed and self._fault.how == "garbage":
            return self._garbage()
        return await getattr(self._engine, method)(*given, **more)


class FaultyMind(Faulty):
    async def propose(self, scene: Any, act: Any) -> AsyncGenerator[Sentence]:
        said = 0
        if self._fault.when == "before":
            await self.strike()
        async with aclosing(self._engine.propose(scene, act)) as sentences:
            async for sentence in sentences:
                garbled = self.armed and self._fault.how == "garbage" and (said or self._fault.when == "before")
                yield replace(sentence, text="\x00 �� {{") if garbled else sentence
                said += 1
                if said == 1 and self._fault.when == "middle":
                    await self.strike()


class FaultyRules(Faulty):
    async def hear(self, *given: Any) -> Any:
        if self._fault.engine == "rules":
            return await self._answer("hear", *given)
        return await self._engine.hear(*given)

    async def speak(self, *given: Any) -> Any:
        if self._fault.engine == "judging":
            if self._fault.when == "before":
                await self.strike()
            self._fault = replace(self._fault, when="before")
        return await self._engine.speak(*given)


class FaultyKnowledge(Faulty):
    async def recall(self, *given: Any) -> Any:
        return await self._answer("recall", *given)


class FaultyEars(Faulty):
    async def hear(self, pcm: Any, **more: Any) -> Any:
        await self.strike()
        heard = await self._engine.hear(pcm, **more)
        return (
            replace(heard, text="zxq wvut", confidence=0.05) if self.armed and self._fault.how == "garbage" else heard
        )


class FaultyVoice(Faulty):
    """Nothing new can be said; what was recorded at set-up still can."""

    def for_call(self, report: Any) -> FaultyVoice:
        self._engine = self._engine.for_call(report)
        return self

    async def speak(self, text: str, language: Any) -> AsyncGenerator[bytes]:
        recorded = any(each in text for each in ("Un momento", "Dígame su nombre", "no consigo pasar"))
        if self._fault.when == "before" and not recorded:
            await self.strike()
        self._fault = replace(self._fault, when="before")
        async with aclosing(self._engine.speak(text, language)) as chunks:
            async for chunk in chunks:
                yield chunk


class Stage:
    """The house that is served, with a reception of its own for each fault, told apart by the caller's number."""

    def __init__(self, app: Any, data: Path):
        self.app, self._data = app, data
        self._real: Reception = app.state.converse
        self._by_number: dict[str, tuple[Reception, Any]] = {}
        app.state.converse = self

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        reception, _ = self._by_number.get(arrival.number or "", (self._real, None))
        return await reception(wire, arrival, watch)

    def set(self, number: str, fault: Fault) -> Faulty | None:
        """What answers `number` from now on; None when the fault is in the database."""
        front, sound = self.app.state.front, self.app.state.sound
        office = replace(front.office, breakers=Breakers())
        faulty: Faulty | None = None
        match fault.engine:
            case "mind":
                faulty = FaultyMind(office.mind, fault)
                office = replace(office, mind=faulty)
            case "rules" | "judging":
                faulty = FaultyRules(office.rules, fault)
                office = replace(office, rules=faulty)
            case "knowledge":
                faulty = FaultyKnowledge(office.knowledge, fault)
                office = replace(office, knowledge=faulty)
            case "ears":
                faulty = FaultyEars(sound.ears, fault)
                sound = replace(sound, ears=faulty)
            case "voice":
                faulty = FaultyVoice(sound.voice, fault)
                sound = replace(sound, voice=faulty)
        board = Switchboard(office, front.desk, 1)
        self._by_number[number] = (Reception(board, sound, lambda times: None), board)
        return faulty

    async def play(self, number: str, fault: Fault, said: Recorded, base: str) -> Result:
        """One call with `fault`."""
        result, faulty = Result(fault), self.set(number, fault)
        caller = await MediaCaller.call(base, number)
        await caller.quiet()
        if faulty:
            faulty.armed = True
        with closing(sqlite3.connect(self._data / "records.sqlite", isolation_level=None)) as other:
            if fault.engine == "records" and fault.when == "before":
                other.execute("BEGIN IMMEDIATE")
            ended = await caller.say(said.pcm[: int((said.ends + 0.05) * 8000)]) + said.ends
            if fault.engine == "records" and fault.when == "middle":
                await asyncio.sleep(said.ends + 0.2)
                other.execute("BEGIN IMMEDIATE")
            answered = await caller.first_voice_after(ended, 12.0)
            result.heard_s = None if answered is None else round(answered - ended, 2)
            await asyncio.sleep(1.0)
        await caller.hang_up()
        result.wrong = await self._look(number, fault)
        return result

    async def _look(self, number: str, fault: Fault) -> str:
        store = self.app.state.front.archive
        for _ in range(100):
            with suppress(EngineError):
                await store.catch_up()
                (row,) = (await store.calls(number=number)).items[:1]
                if row["state"] != "open":
                    kinds = [event["kind"] for event in (await store.call(row["id"]))["events"]]
                    return "" if "heard" in kinds or fault.engine == "ears" else "its words are not on record"
            await asyncio.sleep(0.1)
        return "the call was not closed"


async def measure(data: Path) -> list[Result]:
    """Every fault, AT_ONCE calls at a time; the database is locked for one call alone."""
    said = next(each for each in own() if each.language == "es")
    port = free_port()
    app = create_app(Settings.read(data=data, model="house", port=port))
    async with app.router.lifespan_context(app):
        server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="critical"))
        serving = asyncio.create_task(server.serve())
        front = app.state.front
        while any(state != "ok" for state in (await front.readiness.look()).values()):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        for key in ("hold_on", "rescue_no_one", "unclear_again", "rescue"):
            line = front.office.phrases.line(key, "es", **front.office.knowledge.policy.names("es"))
            await app.state.sound.voice.prepare([(line, "es")])
        stage, base, free = Stage(app, data), f"http://127.0.0.1:{port}", asyncio.Semaphore(AT_ONCE)

        async def one(n: int, fault: Fault) -> Result:
            async with free:
                result = await stage.play(f"+3460011{n:04}", fault, said, base)
            Console().print(f"{fault.engine} {fault.how}, {fault.when}: {result.heard_s} s {result.wrong}")
            return result

        sound_ones = [fault for fault in FAULTS if fault.engine != "records"]
        results = list(await asyncio.gather(*(one(n, fault) for n, fault in enumerate(sound_ones))))
        for n, fault in enumerate((each for each in FAULTS if each.engine == "records"), len(results)):
            results.append(await one(n, fault))
        server.should_exit = True
        await serving
    return results


def run(reports: Path) -> int:
    """Prints the table and writes it; how many faults were not borne."""
    with TemporaryDirectory() as data:
        results = asyncio.run(measure(Path(data)))
    table = Table("engine", "how", "when", "heard after", "", title=f"{len(results)} faults")
    for each in results:
        heard = "never" if each.heard_s is None else f"{each.heard_s:.2f} s"
        table.add_row(
            each.fault.engine, each.fault.how, each.fault.when, heard, each.wrong or ("" if each.holds else "late")
        )
    Console().print(table)
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "faults.json").write_text(json.dumps([asdict(each) for each in results], indent=2) + "\n")
    return sum(not each.holds for each in results)
