"""What every mind keeps to, shown on the agent with a scripted model and with the house model over real embeddings."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import get_args

import pytest
from langchain_core.language_models import BaseChatModel

from agent.house.model import HouseModel
from agent.mind import AgentMind
from calls.errors import EngineError
from calls.ports import Mind
from calls.words import Circle, HandOff, Language, Outcome, Step
from knowledge.embedding import E5
from prompts import Phrasebook
from tests.agent.providers.scenes import Acting, scene
from tests.agent.providers.scripted import Scripted, call

ASKS: dict[Language, str] = {
    "es": "Soy periodista y quería unas declaraciones.",
    "en": "Can I speak to a person, please?",
}


@pytest.fixture(scope="session")
def house() -> HouseModel:
    return HouseModel(Phrasebook.load(), E5())


@pytest.fixture(params=["scripted", "house"])
def mind(request: pytest.FixtureRequest, house: HouseModel) -> Mind:
    """A mind that answers a request for a person by ringing one."""
    ring = call("put_through", reason="asked_for_person")
    model: BaseChatModel = house
    if request.param == "scripted":
        model = Scripted(script=[["Un momento. ", ring], ["Ahora no puede ser. ¿Le dejo un recado?"]])
    return AgentMind(model, house)


@pytest.mark.parametrize("language", ["es", "en"])
async def test_it_answers_in_whole_sentences(mind: Mind, language: Language) -> None:
    async with aclosing(mind.propose(scene(ASKS[language], language), Acting())) as proposals:
        said = [sentence async for sentence in proposals]
    assert said
    for sentence in said:
        assert sentence.text == sentence.text.strip() and sentence.text and sentence.language in ("es", "en")
        assert not any(sign in sentence.text for sign in ("[[", "{", "\n"))


async def test_steps_go_through_act_and_nowhere_else(mind: Mind) -> None:
    act = Acting()
    async with aclosing(mind.propose(scene("Quiero hablar con una persona, por favor."), act)) as proposals:
        said = [sentence.text async for sentence in proposals]
    assert said and any(isinstance(step, HandOff) for step in act.steps)
    assert all(isinstance(step, get_args(Step)) for step in act.steps)


async def test_a_refused_step_still_ends_in_words(mind: Mind) -> None:
    act = Acting("nobody is there")
    async with aclosing(mind.propose(scene("Quiero hablar con una persona, por favor."), act)) as proposals:
        assert [sentence async for sentence in proposals]
    assert act.steps


async def test_it_can_be_abandoned_at_any_sentence(mind: Mind) -> None:
    async with aclosing(mind.propose(scene(), Acting())) as proposals:
        await anext(proposals)
    async with aclosing(mind.propose(scene(), Acting())):
        pass


async def test_it_can_be_abandoned_in_the_middle_of_a_deed(mind: Mind) -> None:
    reached = asyncio.Event()

    async def act(step: Step) -> Outcome:
        reached.set()
        return await asyncio.Future[Outcome]()

    async def listen() -> None:
        async with aclosing(mind.propose(scene("Quiero hablar con una persona, por favor."), act)) as proposals:
            async for _ in proposals:
                pass

    listening = asyncio.create_task(listen())
    await reached.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_an_error_in_a_deed_comes_out_as_it_is(mind: Mind) -> None:
    async def act(step: Step) -> Outcome:
        raise EngineError("records", "disk full")

    with pytest.raises(EngineError, match="records: disk full"):
        async with aclosing(mind.propose(scene("Quiero hablar con una persona, por favor."), act)) as proposals:
            async for _ in proposals:
                pass


async def test_calls_at_once_are_answered_each_by_itself(mind: Mind) -> None:
    async def answer(circle: Circle) -> list[str]:
        async with aclosing(mind.propose(scene(circle=circle), Acting())) as proposals:
            return [sentence.text async for sentence in proposals]

    assert all(await asyncio.gather(*(answer(circle) for circle in (Circle.ANYONE, Circle.KNOWN, Circle.TRUSTED))))
