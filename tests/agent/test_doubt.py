"""The grey question: a doubt is settled by the model's yes or no; late, failing or rambling, it stays a doubt."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent.doubt import Doubt
from agent.guard.house_rules import HouseRules
from calls.words import HandOff, Heard, Ruling, Said, Screened, ScreenedText, Topic, Utterance, Verdict
from tests.agent.guard_doubles import POLICY, rules

DOUBTFUL = Screened(Verdict.GREY, Topic.POLITICS)


class Answering(BaseChatModel):
    """Answers `word` after `after_s` seconds, or fails when there is none."""

    word: str = ""
    after_s: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "answering"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        await asyncio.sleep(self.after_s)
        if not self.word:
            raise ConnectionError("gone")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.word))])


@pytest.mark.asyncio
@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("word", "after_s", "found"),
    [("yes", 0.1, True), ("No.", 0.1, False), ("Well, it depends", 0.1, None), ("yes", 5.0, None), ("", 0.1, None)],
)
async def test_yes_and_no_count_all_else_is_unsure(word: str, after_s: float, found: bool | None) -> None:
    assert await Doubt(Answering(word=word, after_s=after_s)).ask("the mayor's speech", Topic.POLITICS) is found


def doubting(answer: bool | None, monkeypatch: pytest.MonkeyPatch) -> HouseRules:
    """Rules that find every utterance doubtful, and a model that says `answer` of it."""

    async def ask(text: str, topic: Topic) -> bool | None:
        return answer

    monkeypatch.setattr(HouseRules, "_judged", lambda *_: DOUBTFUL)
    return rules(ask=ask)


async def heard(house: HouseRules, again: bool = False) -> Ruling:
    past = [Heard("uno", "es"), ScreenedText("in", Verdict.GREY, Topic.POLITICS), Said("s", "Dígame.", "es")]
    return await house.hear(Utterance("lo del alcalde", "es"), past if again else [], POLICY)


@pytest.mark.asyncio
async def test_yes_declines_no_lets_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    declined = await heard(doubting(True, monkeypatch))
    assert declined.screened.verdict is Verdict.BLOCK and declined.say and declined.step is None
    passed = await heard(doubting(False, monkeypatch))
    assert passed.screened.verdict is Verdict.PASS and not passed.settles_it


@pytest.mark.asyncio
async def test_unsure_twice_ends_at_the_human(monkeypatch: pytest.MonkeyPatch) -> None:
    house = doubting(None, monkeypatch)
    assert (await heard(house)).screened == DOUBTFUL
    assert isinstance((await heard(house, again=True)).step, HandOff)


@pytest.mark.asyncio
async def test_a_no_keeps_the_call_with_the_receptionist(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await heard(doubting(False, monkeypatch), again=True)).step is None
