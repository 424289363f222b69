"""What stands between the agent and its model: retrieval, scope, and the stand-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, ToolCallRequest
from langchain.tools import ToolRuntime
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.types import Command
from pydantic import BaseModel, ValidationError

from agent.reading import system_text
from agent.thought import Context, Thought
from agent.tools import done
from calls.errors import EngineError, EngineGarbled, EngineLate
from calls.words import Action, Circle, Failed, Scene

Request = ModelRequest[Context]
Handler = Callable[[Request], Awaitable[ModelResponse[Any]]]

ROUNDS = 6
"""Rounds of tool calls in one turn; after them the model can only speak."""
FAILURES = 2
REST_S = 30.0
"""After so many failures in a row a model is not asked for so many seconds."""
SPOKEN_WITH_CALL = frozenset({"put_through", "follow_rule", "hang_up"})
"""Tools whose sentence for the caller comes with the call: once done, nothing more has to be said."""

OnFailure = Callable[[str, Failed], None]
"""Told (call id, what failed and what stands in) when the chosen model has failed within a turn."""
OnModelCall = Callable[[str], None]
"""Told the name of the model before each call of one."""
OnTokens = Callable[[str, int, int], None]
"""Told (name of the model, tokens read, tokens written) after each call of one that counts them."""


# --- what the model reads ---------------------------------------------------------------------------


class Retrieval(AgentMiddleware[Any, Context, Any]):
    """Gives the model what this caller may know: as text for models that read, as a Scene for the house model."""

    async def awrap_model_call(self, request: Request, handler: Handler) -> ModelResponse[Any]:
        scene = request.runtime.context.thought.scene
        message = SystemMessage(content=system_text(scene), additional_kwargs={"scene": scene})
        return await handler(request.override(system_message=message))


# --- what the model may propose ---------------------------------------------------------------------

_ANYONE = frozenset({"take_message", "promise_callback", "put_through", "follow_rule", "hang_up"})
_OFFERED: dict[Circle, frozenset[str]] = {
    Circle.BLOCKED: frozenset({"hang_up"}),
    Circle.ANYONE: _ANYONE,
    Circle.KNOWN: _ANYONE | {"book"},
    Circle.TRUSTED: _ANYONE | {"book"},
    Circle.INNER: _ANYONE | {"book"},
}


def offered(scene: Scene) -> frozenset[str]:
    """The names of the tools for this caller. A rule on file that says `book` opens the calendar to its audience."""
    names = _OFFERED.get(scene.caller.circle, frozenset())
    if names and any(match.preference.do is Action.BOOK for match in scene.recall.matches):
        names |= {"book"}
    return names - {"book"} if scene.suspicious else names


class Scope(AgentMiddleware[Any, Context, Any]):
    """Narrows the tools to what this caller may bring about, and refuses the others even if called."""

    async def awrap_model_call(self, request: Request, handler: Handler) -> ModelResponse[Any]:
        rounds = sum(1 for message in request.messages if isinstance(message, AIMessage) and message.tool_calls)
        names = offered(request.runtime.context.thought.scene) if rounds < ROUNDS else frozenset()
        tools = [each for each in request.tools if isinstance(each, BaseTool) and each.name in names]
        return await handler(request.override(tools=[*tools]))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        call, runtime = request.tool_call, cast(ToolRuntime[Context, Any], request.runtime)
        if call["name"] in offered(runtime.context.thought.scene):
            return await handler(request)
        refused = json.dumps({"done": False, "why": "not possible for this caller", "instead": None})
        return ToolMessage(refused, tool_call_id=call["id"], name=call["name"])


# --- whether the model may be believed --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answer is whole and sound; `calls` tool calls come with it."""

    calls: int


@dataclass(frozen=True, slots=True)
class Discarded:
    """A model failed half-way: what has not been said of its answer never will be."""


class StandIn(AgentMiddleware[Any, Context, Any]):
    """Lets the house model go on within the turn when the chosen model fails, is late or talks nonsense.

    `first_token_s`: how long the model may take to begin. `total_s`: how long all its answers of a turn may take. After
    `FAILURES` in a row it is left alone for `REST_S`, so that a provider's outage costs callers no more waiting.
    """

    def __init__(
        self,
        name: str,
        house: BaseChatModel,
        first_token_s: float,
        total_s: float,
        on_failure: OnFailure,
        on_model_call: OnModelCall,
        on_tokens: OnTokens,
    ):
        super().__init__()
        self._chosen, self._house = name, house
        self._first_token_s, self._total_s = first_token_s, total_s
        self._on_failure, self._on_model_call, self._on_tokens = on_failure, on_model_call, on_tokens
        self._failures, self._asked_again_at = 0, 0.0

    async def awrap_model_call(self, request: Request, handler: Handler) -> ModelResponse[Any]:
        thought = request.runtime.context.thought
        if request.model is self._house or thought.standing_in or self.resting:
            thought.standing_in = True
            return await self._ask("house", request.override(model=self._house), handler)
        if _nothing_to_add(request.messages):
            return ModelResponse(result=[AIMessage("")])
        try:
            response = await self._in_time(request, handler)
        except Exception as error:
            self._note(thought, error)
            request.runtime.stream_writer(Discarded())
            return await self._ask("house", request.override(model=self._house), handler)
        self._failures = 0
        return response

    @property
    def resting(self) -> bool:
        """The chosen model keeps failing and is left alone for now."""
        return self._failures >= FAILURES and asyncio.get_running_loop().time() < self._asked_again_at

    def _note(self, thought: Thought, error: Exception) -> None:
        thought.standing_in = True
        self._failures += 1
        self._asked_again_at = asyncio.get_running_loop().time() + REST_S
        failed = Failed("mind", f"{self._chosen}: {_in_words(error)}", stand_in="house")
        self._on_failure(thought.scene.call_id, failed)

    async def _in_time(self, request: Request, handler: Handler) -> ModelResponse[Any]:
        thought, loop = request.runtime.context.thought, asyncio.get_running_loop()
        began, left = loop.time(), self._total_s - thought.waited_s
        try:
            async with asyncio.timeout(min(self._first_token_s, left)) as deadline:
                thought.pulse.expect(lambda: None if deadline.expired() else deadline.reschedule(began + left))
                return await self._ask(self._chosen, request, handler)
        except TimeoutError:
            raise EngineLate("mind", f"no answer within {loop.time() - began:.1f} s") from None
        finally:
            thought.pulse.relax()
            thought.waited_s += loop.time() - began

    async def _ask(self, name: str, request: Request, handler: Handler) -> ModelResponse[Any]:
        self._on_model_call(name)
        response = await handler(request)
        message = response.result[-1]
        if not isinstance(message, AIMessage):
            raise EngineGarbled("mind", "no answer")
        if used := message.usage_metadata:
            self._on_tokens(name, used["input_tokens"], used["output_tokens"])
        if request.model is not self._house:
            _check(message, request)
        request.runtime.stream_writer(Answered(len(message.tool_calls)))
        return response


def _nothing_to_add(messages: list[AnyMessage]) -> bool:
    """Whether the last answer spoke along with its calls, all done: its sentence stands, no other call is needed."""
    outcomes: list[ToolMessage] = []
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            outcomes.append(message)
            continue
        spoken = isinstance(message, AIMessage) and bool(message.text.strip())
        return (
            bool(outcomes)
            and spoken
            and all(outcome.name in SPOKEN_WITH_CALL and done(str(outcome.content)) for outcome in outcomes)
        )
    return False


_NOT_SPEECH = ("{", "[{", "```", "<tool_call", "<function", "<|")


def _check(message: AIMessage, request: Request) -> None:
    """Raises EngineGarbled unless the answer is words to speak or calls of tools that were offered."""
    tools = {each.name: each for each in request.tools if isinstance(each, BaseTool)}
    text = message.text.strip()
    if message.invalid_tool_calls or request.runtime.context.thought.pulse.garbled:
        raise EngineGarbled("mind", "a tool call that is not JSON")
    if not text and not message.tool_calls:
        raise EngineGarbled("mind", "an empty answer")
    if text.startswith(_NOT_SPEECH):
        raise EngineGarbled("mind", "an answer that is not speech")
    for call in message.tool_calls:
        if call["name"] not in tools:
            raise EngineGarbled("mind", "a call of a tool that was not offered")
        schema = tools[call["name"]].tool_call_schema
        try:
            if isinstance(schema, type) and issubclass(schema, BaseModel):
                schema.model_validate(call["args"])
        except ValidationError:
            raise EngineGarbled("mind", f"a call of {call['name']} with unusable arguments") from None


def _in_words(error: Exception) -> str:
    """What went wrong, without anything a caller said."""
    if isinstance(error, EngineError):
        return error.what
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' {status}' if status else ''}"
