"""The mind: a LangChain agent that proposes sentences and steps. It decides nothing for good; the policy disposes."""

from __future__ import annotations

import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime
from itertools import product
from typing import Any, cast

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ToolCallLimitMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langsmith import set_runtime_overrides, tracing_context

from agent.middleware import (
    Answered,
    Discarded,
    OnFailure,
    OnModelCall,
    OnTokens,
    Retrieval,
    Scope,
    StandIn,
    offered,
)
from agent.reading import RINGING, conversation, system_text
from agent.sentences import Sentences
from agent.thought import Context, Thought
from agent.tools import TOOLS, done
from calls.errors import AntesalaError, EngineGarbled
from calls.ports import Act
from calls.words import Caller, Circle, Language, Recall, Scene, Sentence, Utterance, VoicePolicy

TOOL_CALLS = 8
"""Tool calls in one turn; further ones are refused."""


class AgentMind:
    """`calls.ports.Mind` over a LangChain agent, built once and used by every call of the office.

    `model` is the chosen model, `house` the one without weights that goes on within the turn when `model` fails (they
    may be the same). `first_token_s`: how long the chosen model may take to begin; `total_s`: how long all its answers
    of one turn may take. `on_failure`, `on_model_call` and `on_tokens` are told of each failure, of each
    model call, and of what it used.
    """

    def __init__(
        self,
        model: BaseChatModel,
        house: BaseChatModel,
        *,
        name: str = "house",
        first_token_s: float = 1.5,
        total_s: float = 6.0,
        on_failure: OnFailure = lambda call_id, failed: None,
        on_model_call: OnModelCall = lambda name: None,
        on_tokens: OnTokens = lambda name, read, written: None,
    ):
        layers: list[AgentMiddleware[Any, Context, Any]] = [
            Retrieval(),
            Scope(),
            stand_in := StandIn(name, house, first_token_s, total_s, on_failure, on_model_call, on_tokens),
            ToolCallLimitMiddleware[Any, Context](run_limit=TOOL_CALLS, exit_behavior="continue"),
        ]
        self._model, self._stand_in = model, stand_in
        set_runtime_overrides(aio_to_thread=_here)
        self._agent = create_agent(model, TOOLS, middleware=layers, context_schema=Context)

    @property
    def stands_in(self) -> str:
        """What answers for a model that keeps failing; "" while all is well."""
        return "house" if self._stand_in.resting else ""

    async def warm(self, policy: VoicePolicy, now: datetime) -> None:
        """Has the chosen model read what all prompts of a language begin with, as long as that takes.

        For a model on this machine: the first caller then waits only for what is new. Raises what the model raises.
        """
        for language, circle in product(policy.receptionist.languages, (Circle.ANYONE, Circle.KNOWN)):
            caller, heard = Caller(circle=circle), Utterance("", language)
            scene = Scene("", caller, language, policy, heard, (), Recall(), now, open_now=True, callback_by=None)
            tools = [tool for tool in TOOLS if tool.name in offered(scene)]
            prompt = [SystemMessage(system_text(scene), additional_kwargs={"scene": scene}), HumanMessage(RINGING)]
            async with aclosing(_untraced(self._model.bind_tools(tools).astream(prompt))) as pieces:
                await anext(pieces, None)

    async def propose(self, scene: Scene, act: Act) -> AsyncGenerator[Sentence]:
        """Sentences for the caller, each as soon as it is whole; steps go through `act`.

        The last sentence of an answer waits for the tool calls that may come with it, and for their outcome: it is
        dropped if one is refused. Sentences before it are out by then; that they claim nothing undone is for the
        rules to see. Closing the generator cancels the model's request. Raises EngineError when the stand-in fails too.
        """
        thought, speech = Thought(scene, act), Speech(scene.language)
        stream = self._agent.astream(
            {"messages": [*conversation(scene)]},
            RunnableConfig(callbacks=[thought.pulse]),
            context=Context(thought),
            stream_mode=["messages", "custom"],
        )
        try:
            async with aclosing(_untraced(stream)) as pieces:
                async for _, piece in pieces:
                    for sentence in speech.take(piece[0] if isinstance(piece, tuple) else piece):
                        yield sentence
        except AntesalaError:
            raise
        except Exception as error:
            raise EngineGarbled("mind", f"{type(error).__name__} in the house model too") from error
        if not speech.said and not thought.acted:
            raise EngineGarbled("mind", "an empty answer")


class Speech:
    """Turns what the agent streams into sentences, and holds back those that a tool's outcome may belie."""

    def __init__(self, language: Language):
        self.said: list[str] = []
        self._sentences = Sentences(language)
        self._held: list[Sentence] = []
        self._with_call = False
        """The answer being streamed calls a tool."""
        self._outcomes_due = 0

    def take(self, piece: object) -> list[Sentence]:
        """What may be said now."""
        match piece:
            case ToolMessage():
                return self._outcome(done(str(piece.content)))
            case AIMessage():
                return self._words(piece)
            case Answered(calls=0):
                return self._release(self._sentences.rest())
            case Answered(calls=calls):
                self._held += self._sentences.rest()
                self._outcomes_due, self._with_call = calls, False
            case Discarded():
                self._sentences.rest()
                self._held.clear()
                self._with_call = False
        return []

    def _words(self, piece: AIMessage) -> list[Sentence]:
        if piece.tool_calls or getattr(piece, "tool_call_chunks", None):
            self._with_call = True
        whole = self._sentences.feed(piece.text)
        if not self._with_call:
            return self._release(whole)
        self._held += whole
        return []

    def _outcome(self, is_done: bool) -> list[Sentence]:
        self._outcomes_due -= 1
        if not is_done:
            self._held.clear()
        return self._release(self._held) if self._outcomes_due == 0 else []

    def _release(self, sentences: list[Sentence]) -> list[Sentence]:
        fresh = [sentence for sentence in sentences if sentence.text not in self.said]
        self.said += [sentence.text for sentence in fresh]
        self._held = []
        return fresh


async def _here(_: object, context: contextvars.Context, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Keeps LangSmith, which traces nothing here, from sending every middleware call through two threads."""
    return context.run(work, *args, **kwargs)


async def _untraced(stream: AsyncIterator[Any]) -> AsyncGenerator[Any]:
    """The stream, with LangSmith tracing off whatever the environment says: callers' words stay here."""
    async with aclosing(cast(AsyncGenerator[Any], stream)) as pieces:
        while True:
            with tracing_context(enabled=False):
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    return
            yield piece
