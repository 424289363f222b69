"""How an utterance is heard: no longer than it is, twice when it loops, not at all when nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.ears.engine import Draft, Dropped
from audio.ears.hearing import LocalEars, listen
from audio.ears.mel import FULL, RATE, Features, log_mel
from calls.errors import EngineError, WeightsError
from calls.words import Language

LOOP = Draft("me llamo, " * 20, -0.3, 0.1, 40)


class ScriptedEngine:
    """Writes the given drafts in order and notes how many frames it was shown; `gate` holds it while encoding."""

    n_mels = 80

    def __init__(self, *drafts: Draft | Exception) -> None:
        self.drafts = list(drafts)
        self.frames: list[int] = []
        self.expected: list[str] = []
        self.asked: list[tuple[Language, str, int]] = []
        self.loads = 0
        self.began = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.stopped = threading.Event()

    def load(self) -> None:
        self.loads += 1

    def encode(self, features: Features, dropped: Dropped, unhurried: bool = False) -> Any:
        self.frames.append(features.shape[1])
        self.began.set()
        dropped.stops(self.stopped.set)
        assert self.gate.wait(10)
        return features

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        return {each: 1.0 if each == languages[0] else 0.0 for each in languages}

    def write(
        self, encoded: Any, language: Language, hint: str, most: int, dropped: Dropped, expected: str = ""
    ) -> Draft:
        self.asked.append((language, hint, most))
        self.expected.append(expected)
        draft = self.drafts.pop(0)
        if isinstance(draft, Exception):
            raise draft
        return draft


def speech(seconds: float) -> NDArray[np.float32]:
    """Something loud."""
    return np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def _listen(engine: ScriptedEngine, pcm: NDArray[np.float32], hints: Sequence[str] = ()) -> Any:
    return listen(engine, pcm, ("es", "en"), "es", hints, Dropped())


HOLA = Draft("Hola, buenos días.", -0.2, 0.02, 5)


def test_the_encoder_sees_little_more_than_the_sound() -> None:
    engine = ScriptedEngine(HOLA, HOLA, HOLA)
    for seconds in (0.4, 12.0, 40.0):
        assert _listen(engine, speech(seconds)).text == HOLA.text
    short, long, longest = engine.frames
    assert short < 1200 and 1200 < long < 1800 and longest == FULL
    assert engine.asked[0][2] < engine.asked[1][2]


def test_a_loop_is_heard_again_in_full() -> None:
    engine = ScriptedEngine(LOOP, HOLA)
    assert _listen(engine, speech(2)).text == HOLA.text
    assert engine.frames[0] < FULL and engine.frames[1] == FULL


def test_a_loop_that_nobody_said_is_not_worth_a_second_hearing() -> None:
    engine = ScriptedEngine(Draft(LOOP.text, -0.4, 0.6, 40))
    heard = _listen(engine, speech(2))
    assert heard.text == "" and heard.language == "es"
    assert len(engine.frames) == 1


def test_silence_costs_nothing() -> None:
    engine = ScriptedEngine()
    for pcm in (np.zeros(RATE, np.float32), np.zeros(0, np.float32), speech(1) * 1e-4):
        assert _listen(engine, pcm).text == ""
    assert not engine.frames


def test_hints_reach_the_engine_as_one_line() -> None:
    engine = ScriptedEngine(HOLA)
    _listen(engine, speech(1), hints=("Elena Vidal", "Marta Ríos"))
    assert engine.asked[0][1] == "Elena Vidal, Marta Ríos."


async def test_who_no_longer_waits_costs_nothing_more() -> None:
    engine = ScriptedEngine(HOLA)
    engine.gate.clear()
    ears = LocalEars(engine)

    def hear() -> asyncio.Task[Any]:
        return asyncio.create_task(ears.hear(speech(1), languages=("es", "en"), current="es"))

    running, waiting, last = hear(), hear(), hear()
    assert await asyncio.to_thread(engine.began.wait, 10)
    running.cancel()
    waiting.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    assert engine.stopped.is_set(), "the encoder is told, half-way"
    engine.gate.set()
    assert (await last).text == HOLA.text
    assert len(engine.frames) == 2, "the one that was running and the last; the waiting one never began"
    assert len(engine.asked) == 1, "nothing was written for the one that was running"
    assert engine.loads == 1
    await ears.close()


async def test_what_is_not_in_a_hurry_keeps_nobody_waiting() -> None:
    engine = ScriptedEngine(HOLA)
    engine.gate.clear()
    ears = LocalEars(engine, workers=1)
    aside = asyncio.create_task(ears.hear(speech(1), languages=("es",), current="es", unhurried=True))
    assert await asyncio.to_thread(engine.began.wait, 10)
    engine.began.clear()
    hurried = asyncio.create_task(ears.hear(speech(1), languages=("es",), current="es"))
    assert await asyncio.to_thread(engine.began.wait, 10), "it begins while the other is still running"
    aside.cancel()
    engine.gate.set()
    assert (await hurried).text == HOLA.text
    await ears.close()


async def test_a_gap_between_words_costs_nothing_while_another_is_heard() -> None:
    engine = ScriptedEngine(HOLA, HOLA)
    engine.gate.clear()
    ears = LocalEars(engine, workers=2)
    first = asyncio.create_task(ears.hear(speech(1), languages=("es",), current="es"))
    assert await asyncio.to_thread(engine.began.wait, 10)
    gap = asyncio.create_task(ears.hear(speech(1), languages=("es",), current="es"))
    await asyncio.sleep(0)
    gap.cancel()
    await asyncio.gather(gap, return_exceptions=True)
    assert len(engine.frames) == 1, "it was over before it was begun"
    second = asyncio.create_task(ears.hear(speech(1), languages=("es",), current="es"))
    engine.gate.set()
    assert (await first).text == (await second).text == HOLA.text
    assert ears.idle
    await ears.close()


async def test_what_was_made_out_before_reaches_the_engine() -> None:
    engine = ScriptedEngine(HOLA)
    ears = LocalEars(engine, workers=2)
    await ears.hear(speech(1), languages=("es",), current="es", expected="Hola, buenos")
    assert engine.expected == ["Hola, buenos"]
    await ears.close()


def test_who_is_dropped_before_the_encoder_can_be_stopped_stops_it_at_once() -> None:
    dropped, stopped = Dropped(), threading.Event()
    assert not dropped
    dropped.tell()
    dropped.stops(stopped.set)
    assert dropped and stopped.is_set()


async def test_an_engine_that_breaks_is_an_engine_error_and_the_next_call_is_heard() -> None:
    ears = LocalEars(ScriptedEngine(RuntimeError("out of memory"), HOLA))
    with pytest.raises(EngineError, match=r"ears: .*RuntimeError: out of memory"):
        await ears.hear(speech(1), languages=("es",), current="es")
    assert (await ears.hear(speech(1), languages=("es",), current="es")).text == HOLA.text
    await ears.close()


async def test_missing_weights_are_said_as_they_are() -> None:
    class Unloadable(ScriptedEngine):
        def load(self) -> None:
            raise WeightsError("ears", "whisper:small is not there. Run: antesala models fetch whisper:small")

    ears = LocalEars(Unloadable())
    with pytest.raises(WeightsError, match="models fetch whisper:small"):
        await ears.warm()
    await ears.close()


def test_features_are_whispers_own() -> None:
    import torch
    from whisper.audio import log_mel_spectrogram, pad_or_trim

    for pcm in (speech(1.3), speech(7.5), speech(0.005), np.zeros(1600, np.float32)):
        theirs = log_mel_spectrogram(pad_or_trim(torch.from_numpy(pcm), 800 * 160)).numpy()
        assert np.abs(log_mel(pcm, 800) - theirs).max() < 1e-4
