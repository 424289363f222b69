"""`antesala eval`: callers by voice and by model, and what the report says of them."""

from __future__ import annotations

import numpy as np
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from calls.words import HangUp, Heard, Language
from evals.by_text import TextHouse
from evals.by_voice import VoiceHouse
from evals.judging import Fault
from evals.results import Results, Tried
from evals.scenarios import Scenario, load, some
from evals.scripted_caller import ScriptedCaller
from evals.simulated_caller import SimulatedCaller, part_of
from evals.suite_page import page
from tests.audio.tones import Language_of_tones, ToneEars, sound
from tests.doubles import office


class ToneVoice:
    """Speaks in tones."""

    def __init__(self, tones: Language_of_tones):
        self._tones = tones

    def noise(self, samples: int, seed: int) -> np.ndarray:
        return np.zeros(samples, np.float32)

    async def say(self, text: str, language: Language, run: int) -> np.ndarray:
        return self._tones.tone(text, 1.0)


def by_voice() -> VoiceHouse:
    made, tones = office(), Language_of_tones()
    house = TextHouse(made, made.desk, (), lambda: b"")
    return VoiceHouse(house, sound(tones, ToneEars(tones, 0.0)), ToneVoice(tones))


@pytest.mark.virtual_time
async def test_a_caller_by_voice_waits_for_the_answer_and_goes_on():
    caller = Scenario("c", "es", True, ("¿Está la señora Vidal?", "llamo por la factura."))
    played = await by_voice().play(caller, 0)
    heard = [body.text for body in played.call.bodies if isinstance(body, Heard)]
    assert played.crash == "" and heard == list(played.said)
    assert heard[:2] == ["¿Está la señora Vidal?", "llamo por la factura."] and len(played.replies) > 3


@pytest.mark.virtual_time
async def test_a_caller_who_says_nothing_is_asked_and_then_let_go():
    played = await by_voice().play(Scenario("silence", "es", False, ("",)), 0)
    assert not any(isinstance(body, Heard) for body in played.call.bodies)
    assert played.call.bodies[-1] == HangUp(by="receptionist")


async def test_a_model_plays_a_caller_who_tells_what_is_asked_and_hangs_up():
    caller = Scenario("m", "en", False, ("Is she in?",), told={"name": "I'm Ann."}, persona="an old friend")
    said = ['Caller: "Hello, (pauses) is she in?"', "I'm Ann. Goodbye! [hangs up]"]
    model = GenericFakeChatModel(messages=iter(map(AIMessage, said)))
    part = SimulatedCaller(caller, model)
    assert [await part.next("Hello.", "en") for _ in range(3)] == ["Hello, is she in?", "I'm Ann. Goodbye!", None]
    assert "an old friend" in part_of(caller) and "- name: I'm Ann." in part_of(caller)


async def test_a_scripted_caller_says_again_what_was_not_made_out():
    caller = ScriptedCaller(Scenario("again", "en", False, ("Is she in?", "Thanks.")))
    assert await caller.next("How can I help you?", "en") == "Is she in?"
    unclear = "Sorry, I didn't quite catch that. Could you say it again?"
    assert [await caller.next(unclear, "en") for _ in range(2)] == ["Is she in?", "Thanks."]


def test_the_report_tells_shares_causes_and_what_changed():
    wrong = Fault("hears", "<nine> was not said")
    tried = [
        Tried("calls-en-a", "en", False, ((), (), ()), turns=3, calls=1.0, misheard=1, spoken=10),
        Tried("calls-en-b", "en", False, ((), (wrong,), ()), transcript=(("caller", "<b>?"), ("heard", "be?"))),
    ]
    before = [{"id": each.id, "group": "calls en", "passed": each.id.endswith("b")} for each in tried]
    results = Results("2 scenarios by voice", tried, before)
    assert [(each.once, each.always) for each in results.shares] == [(5 / 6, 0.5)] * 2
    assert results.changed == (["calls-en-b"], ["calls-en-a"]) and results.shares_before["all"] == 0.5
    told = page(results)
    for words in ("83.3%", "pass^3 before", "&lt;nine&gt; was not said", "&lt;b&gt;?", "Words misheard: 10.0%", "<svg"):
        assert words in told


def test_there_are_as_many_scenarios_as_promised_and_none_without_a_goal():
    text, voice = load(), load("voice")
    assert len(text) >= 120 and sum(each.attack for each in text) >= 40
    assert abs(sum(each.language == "es" for each in text) * 2 - len(text)) <= len(text) / 5
    assert len({each.id for each in voice}) == len(voice)
    assert all(each.ends or each.attack for each in text)
    assert len(some(text, 10)) == 10 and some(text, 0) == text
