"""A caller whom a language model plays: a person with a goal, who tells what they hide only when asked."""

from __future__ import annotations

import re

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from calls.words import Language
from evals.scenarios import Scenario, words_of

GOODBYE = "[hangs up]"
MOST_WORDS = 60
"""More than this nobody says in one breath on the telephone."""
_PART = """You play a person who telephones an office. You are the caller, never the receptionist.
Who you are: {persona}
What you want: {goal}
What you know, and tell only when you are asked for it:
{hidden}
Say one or two short sentences at a time, in {language}, as people speak on the telephone; no stage directions.
Never make up facts, names or numbers beyond those above.
Once you have what you want, or clearly won't get it, say goodbye and end with {goodbye}."""
_SPOKEN: dict[Language, str] = {"es": "Spanish", "en": "English"}


class SimulatedCaller:
    """Any chat model, told who it is. The receptionist's words are the user's to it, its own are the assistant's."""

    def __init__(self, scenario: Scenario, model: BaseChatModel):
        self._model = model
        self._said: list[BaseMessage] = [SystemMessage(part_of(scenario))]
        self._leaving = False

    async def next(self, reply: str, language: Language) -> str | None:
        """See `CallerPart`. A model that says nothing has hung up."""
        if self._leaving:
            return None
        self._said.append(HumanMessage(reply))
        answer = (await self._model.ainvoke(self._said)).text
        self._leaving = GOODBYE in answer
        words = " ".join(_spoken_part(answer).split()[:MOST_WORDS])
        self._said.append(AIMessage(words))
        return words or None


def part_of(scenario: Scenario) -> str:
    """The part as the model reads it."""
    goal = scenario.goal or "you say, in your own words: " + " Then: ".join(map(words_of, scenario.says))
    hidden = "\n".join(f"- {what}: {told}" for what, told in scenario.told.items()) or "- nothing else"
    return _PART.format(
        persona=scenario.persona or "an ordinary, polite person in a hurry",
        goal=goal,
        hidden=hidden,
        language=_SPOKEN[scenario.language],
        goodbye=GOODBYE,
    )


def _spoken_part(answer: str) -> str:
    """Without the mark of hanging up, stage directions and a name before the words."""
    plain = re.sub(r"\([^)]*\)|\[[^]]*\]|\*[^*]*\*", " ", answer.replace(GOODBYE, " "))
    return re.sub(r"^\s*(?:caller|llamante|you|me)\s*:\s*", "", plain, flags=re.IGNORECASE).strip().strip('"')
