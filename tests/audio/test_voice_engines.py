"""Engines stacked: what is kept, who stands in, who goes first. Scripted engines on virtual time."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from audio.voice import Engine, Urgency
from audio.voice.booth import Booth
from audio.voice.cached import CachedEngine
from audio.voice.sentences import ClauseVoice
from audio.voice.stand_in import REST_S, StandIn
from calls.errors import EngineError
from calls.words import Language

pytestmark = pytest.mark.virtual_time


class Scripted:
    """Says each clause as its own letters, each `takes` seconds; fails on clauses that contain `fails_on`."""

    def __init__(self, name: str = "scripted", takes: float = 0.0, fails_on: str | None = None):
        self.name = self.edition = name
        self.takes, self.fails_on = takes, fails_on
        self.asked: list[tuple[str, Urgency]] = []
        self.given_up = 0

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        self.asked.append((clause, urgency))
        try:
            await asyncio.sleep(self.takes)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.fails_on is not None and self.fails_on in clause:
            raise EngineError(self.name, "it broke")
        return f"<{self.name}:{clause}>".encode()

    async def warm(self) -> None:
        await self.say("uno", "es", Urgency.AHEAD)

    async def close(self) -> None: ...


async def heard(engine: Engine, text: str) -> str:
    async with aclosing(ClauseVoice(engine).speak(text, "es")) as chunks:
        return b"".join([chunk async for chunk in chunks]).decode()


def sounds_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.pcm"))


class Notes(list[tuple[str, str, str]]):
    async def __call__(self, engine: str, error: str, stand_in: str) -> None:
        self.append((engine, error, stand_in))


# --- clause by clause ---


async def test_the_second_clause_is_made_while_the_first_is_heard() -> None:
    engine = Scripted(takes=1.0)
    async with aclosing(ClauseVoice(engine).speak("Un momento. Ya miro. Aquí está.", "es")) as chunks:
        assert (await anext(chunks)).decode() == "<scripted:Un momento.>"
        await asyncio.sleep(5)
        assert (await anext(chunks)).decode() == "<scripted:Ya miro.>"
    assert [urgency for _, urgency in engine.asked] == [Urgency.FIRST, Urgency.NEXT, Urgency.NEXT]


async def test_closing_early_gives_up_the_rest() -> None:
    engine = Scripted(takes=1.0)
    voice = ClauseVoice(engine)
    async with aclosing(voice.speak("Uno a uno. Dos a dos. Tres a tres. Cuatro a cuatro.", "es")) as chunks:
        await anext(chunks)
        await asyncio.sleep(0.5)
    assert engine.given_up == 1
    assert [clause for clause, _ in engine.asked] == ["Uno a uno.", "Dos a dos.", "Tres a tres."]


@pytest.mark.parametrize("text", ["", "  ", "😀", "...", "\n"])
async def test_nothing_to_say_is_silence(text: str) -> None:
    assert await heard(Scripted(), text) == ""


# --- kept ---


async def test_what_was_prepared_is_on_disk_and_what_was_improvised_is_not(tmp_path: Path) -> None:
    first = CachedEngine(Scripted(), tmp_path)
    await first.prepare([("Gracias por llamar.", "es"), ("Gracias por llamar.", "es")])
    await heard(first, "Su número es el 600 111 222.")

    again = Scripted()
    second = CachedEngine(again, tmp_path)
    assert await heard(second, "Gracias por llamar.") == "<scripted:Gracias por llamar.>"
    assert again.asked == []
    await heard(second, "Su número es el 600 111 222.")
    assert again.asked, "a caller's number is not for the disk"


async def test_a_prepared_first_clause_is_heard_while_the_rest_is_made(tmp_path: Path) -> None:
    engine = Scripted(takes=1.0)
    kept = CachedEngine(engine, tmp_path)
    await kept.prepare([("Claro que sí.", "es")])
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with aclosing(ClauseVoice(kept).speak("Claro que sí. Ahora lo miro.", "es")) as chunks:
        await anext(chunks)
        assert loop.time() == began
        await anext(chunks)
        assert loop.time() == began + 1.0


@pytest.mark.parametrize("damage", [b"", b"too short", b"x" * 80])
async def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    await CachedEngine(Scripted(), tmp_path).prepare([("Hola, buenas.", "es")])
    (file,) = sounds_in(tmp_path)
    file.write_bytes(damage)
    again = Scripted()
    kept = CachedEngine(again, tmp_path)
    assert await heard(kept, "Hola, buenas.") == "<scripted:Hola, buenas.>"
    assert len(again.asked) == 1
    await kept.prepare([("Hola, buenas.", "es")])
    assert sounds_in(tmp_path)[0].read_bytes() != damage


async def test_the_least_used_make_room(tmp_path: Path) -> None:
    kept = CachedEngine(Scripted(), tmp_path, on_disk=200)
    texts: list[tuple[str, Language]] = [(f"Frase número {n}.", "es") for n in ("uno", "dos", "tres", "cuatro")]
    await kept.prepare(texts)
    assert sum(file.stat().st_size for file in sounds_in(tmp_path)) <= 200


async def test_preparing_waits_for_quiet_and_goes_last(tmp_path: Path) -> None:
    engine, quiet = Scripted(), asyncio.Event()

    async def when_quiet() -> None:
        await quiet.wait()

    kept = CachedEngine(engine, tmp_path)
    reports: list[tuple[int, int]] = []
    preparing = asyncio.create_task(
        kept.prepare([("Uno a uno.", "es"), ("Dos a dos.", "es")], lambda *at: reports.append(at), when_quiet)
    )
    await asyncio.sleep(10)
    assert engine.asked == []
    quiet.set()
    await preparing
    assert {urgency for _, urgency in engine.asked} == {Urgency.AHEAD}
    assert reports == [(0, 2), (1, 2), (2, 2)]


async def test_memory_is_bounded(tmp_path: Path) -> None:
    engine = Scripted()
    kept = CachedEngine(engine, tmp_path, in_memory=60)
    for text in ("Uno a uno.", "Dos a dos.", "Tres a tres.", "Uno a uno."):
        await heard(kept, text)
    assert [clause for clause, _ in engine.asked].count("Uno a uno.") == 2


# --- standing in ---


async def test_the_stand_in_goes_on_where_the_first_broke_and_keeps_the_call() -> None:
    first, second, notes = Scripted("first", fails_on="dos"), Scripted("second"), Notes()
    call = StandIn(first, second).for_call(notes)
    assert await heard(call, "Uno a uno. Dos a dos. Tres a tres.".replace("Dos", "dos")) == (
        "<first:Uno a uno.><second:dos a dos.><second:Tres a tres.>"
    )
    assert await heard(call, "Otra frase.") == "<second:Otra frase.>"
    assert notes == [("first", "it broke", "second")]
    assert call.name == "second"


async def test_a_late_first_clause_is_given_to_the_stand_in() -> None:
    first, notes = Scripted("first", takes=9.0), Notes()
    call = StandIn(first, Scripted("second"), {Urgency.FIRST: 2.0}).for_call(notes)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await heard(call, "Buenos días.") == "<second:Buenos días.>"
    assert loop.time() == began + 2.0
    assert first.given_up == 1 and len(notes) == 1


async def test_later_calls_come_back_to_the_first_after_a_rest() -> None:
    first = Scripted("first", fails_on="Buenos")
    pair = StandIn(first, Scripted("second"))
    assert "second" in await heard(pair.for_call(), "Buenos días.")
    assert "second" in await heard(pair.for_call(), "Hola, dígame.")
    await asyncio.sleep(REST_S)
    assert "first" in await heard(pair.for_call(), "Hola, dígame.")


async def test_both_broken_is_an_error_that_names_the_engine() -> None:
    call = StandIn(Scripted("first", fails_on=""), Scripted("second", fails_on="")).for_call()
    with pytest.raises(EngineError, match="second: it broke"):
        await heard(call, "Buenos días.")


# --- who goes first ---


class Switch:
    def __init__(self) -> None:
        self._set = threading.Event()

    @property
    def terminate(self) -> bool:
        return self._set.is_set()

    @terminate.setter
    def terminate(self, value: bool) -> None:
        self._set.set()

    def wait(self) -> None:
        """Works until it is stopped."""
        assert self._set.wait(10)
        raise RuntimeError("stopped")


class Bench:
    """A booth whose first clause is under way until stopped; every other is made at once."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.made: list[str] = []
        self.booth = Booth(self._make, Switch, "bench")

    def _make(self, clause: str, language: Language, stop: object) -> bytes:
        assert isinstance(stop, Switch)
        if not self.begun.is_set():
            self.begun.set()
            stop.wait()
        self.made.append(clause)
        return clause.encode()


async def test_live_speech_interrupts_what_nobody_waits_for() -> None:
    bench = Bench()
    ahead = asyncio.create_task(bench.booth.make("ahead", "es", Urgency.AHEAD))
    await asyncio.to_thread(bench.begun.wait)
    assert await bench.booth.make("live", "es", Urgency.FIRST) == b"live"
    assert await ahead == b"ahead"
    assert bench.made == ["live", "ahead"]
    await bench.booth.close()


async def test_what_is_given_up_is_stopped_and_first_clauses_overtake() -> None:
    bench = Bench()
    given_up = asyncio.create_task(bench.booth.make("given up", "es", Urgency.FIRST))
    await asyncio.to_thread(bench.begun.wait)
    waiting = [
        asyncio.create_task(bench.booth.make(clause, "es", urgency))
        for clause, urgency in (("ahead", Urgency.AHEAD), ("next", Urgency.NEXT), ("first", Urgency.FIRST))
    ]
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, *waiting, return_exceptions=True)
    assert bench.made == ["first", "next", "ahead"]
    await bench.booth.close()
