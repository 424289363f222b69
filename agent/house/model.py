"""The house model as LangChain sees it: a chat model that streams sentences and calls tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from agent.house.dialogue import understand
from agent.house.intents import Intents
from agent.house.moves import Deed, Told
from agent.house.plan import reply
from calls.errors import EngineGarbled
from calls.ports import Embed
from calls.words import Language, Scene, Sentence
from prompts import Phrasebook, load_intents


@dataclass(slots=True)
class Reply:
    """What one model call comes to: sentences, and at most one deed to be done before the rest is said."""

    language: Language
    sentences: list[Sentence] = field(default_factory=list)
    deed: Deed | None = None
    number: int = 0
    """How many deeds of this turn came before."""

    def pieces(self) -> Iterator[str]:
        """One line a sentence; ``[[en]]`` or ``[[es]]`` before one that is not in the language of the turn."""
        for sentence in self.sentences:
            mark = "" if sentence.language == self.language else f"[[{sentence.language}]]"
            yield f"{mark}{sentence.text}\n"


class HouseModel(BaseChatModel):
    """A chat model without weights: intents by embedding, facts by patterns, wording from the phrasebook.

    It reads the `Scene` that travels in the system message (``additional_kwargs["scene"]``) and the outcomes of this
    turn's tool calls, and nothing else. The same input always gives the same answer.
    """

    _book: Phrasebook = PrivateAttr()
    _intents: Intents = PrivateAttr()
    _pool: Executor = PrivateAttr()

    def __init__(self, phrases: Phrasebook, embed: Embed, pool: Executor | None = None, **kwargs: Any):
        """`embed` costs about 10 ms a text and is asked once per new text; `pool` runs it off the event loop."""
        super().__init__(**kwargs)
        self._book = phrases
        self._intents = Intents(load_intents(), embed)
        self._pool = pool or ThreadPoolExecutor(max_workers=2, thread_name_prefix="house-model")

    def warm(self) -> None:
        """Embeds the example utterances, so that the first call doesn't wait for it."""
        self._intents.warm()

    @property
    def _llm_type(self) -> str:
        return "house"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Only deeds whose tools are bound are proposed; `tool_choice` has no effect."""
        return self.bind(tools=[convert_to_openai_tool(each) for each in tools], **kwargs)

    def answer(self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] | None = None) -> Reply:
        """The answer to `messages`. Raises EngineGarbled if they carry no scene."""
        scene = _scene(messages)
        offered = None if tools is None else {each["function"]["name"] for each in tools}
        outcomes = _outcomes(messages)
        moves = reply(understand(scene, self._intents, self._book), self._book)
        answer = Reply(scene.language)
        try:
            move = next(moves)
            while True:
                if isinstance(move, Sentence):
                    answer.sentences.append(move)
                    move = next(moves)
                elif known := outcomes.get(move.tool):
                    answer = Reply(scene.language, number=answer.number + 1)
                    move = moves.send(known.pop(0))
                elif offered is not None and move.tool not in offered:
                    move = moves.send(Told(False))
                else:
                    answer.deed = move
                    return answer
        except StopIteration:
            return answer

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(self.answer(messages, kwargs.get("tools"))):
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in _chunks(await self._answer(messages, kwargs.get("tools"))):
            if run_manager:
                await run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _whole(self.answer(messages, kwargs.get("tools")))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _whole(await self._answer(messages, kwargs.get("tools")))

    async def _answer(self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] | None) -> Reply:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.answer, messages, tools)


def _scene(messages: Sequence[BaseMessage]) -> Scene:
    for message in messages:
        if isinstance(message, SystemMessage) and isinstance(scene := message.additional_kwargs.get("scene"), Scene):
            return scene
    raise EngineGarbled("mind", "the house model was given no scene in the system message")


def _outcomes(messages: Sequence[BaseMessage]) -> dict[str, list[Told]]:
    """What this turn's tools reported, by tool, in order."""
    asked = max((n for n, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
    names: dict[str | None, str] = {}
    told: dict[str, list[Told]] = {}
    for message in messages[asked + 1 :]:
        if isinstance(message, AIMessage):
            names |= {call["id"]: call["name"] for call in message.tool_calls}
        elif isinstance(message, ToolMessage):
            name = names.get(message.tool_call_id) or message.name or ""
            told.setdefault(name, []).append(_told(str(message.content)))
    return told


def _told(content: str) -> Told:
    """A tool's report; whatever isn't a clear "done" is taken as not done."""
    try:
        report = json.loads(content)
        instead = report.get("instead")
        return Told(
            report.get("done") is True,
            report.get("step") or {},
            datetime.fromisoformat(instead) if instead else None,
        )
    except (ValueError, AttributeError, TypeError):
        return Told(False)


def _chunks(answer: Reply) -> Iterator[ChatGenerationChunk]:
    for piece in answer.pieces():
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    calls = []
    if answer.deed:
        arguments = json.dumps(answer.deed.arguments, ensure_ascii=False)
        calls = [tool_call_chunk(name=answer.deed.tool, args=arguments, id=f"house-{answer.number}", index=0)]
    yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls, chunk_position="last"))


def _whole(answer: Reply) -> ChatResult:
    calls = []
    if answer.deed:
        calls = [{"name": answer.deed.tool, "args": answer.deed.arguments, "id": f"house-{answer.number}"}]
    return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(answer.pieces()), tool_calls=calls))])
