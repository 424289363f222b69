"""A chat model that says what it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

Piece = str | float | Exception | tuple[str, str]
"""Words, seconds to wait, an error to raise, or a tool call (name, JSON of its arguments)."""


def call(name: str, **arguments: Any) -> Piece:
    return name, json.dumps(arguments)


class Scripted(BaseChatModel):
    """Plays one answer of the script for each request and remembers what it was asked."""

    script: list[list[Any]]
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    offered: list[list[str]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        return self.bind(tool_names=[tool.name for tool in tools])

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.asked.append(messages)
        self.offered.append(kwargs.get("tool_names", []))
        answer = self.script[min(len(self.asked), len(self.script)) - 1]
        for number, piece in enumerate(answer):
            match piece:
                case Exception():
                    raise piece
                case float() | int():
                    await asyncio.sleep(piece)
                case str():
                    for word in piece.splitlines(keepends=True) if "\n" in piece else piece.split(" "):
                        yield _chunk(AIMessageChunk(content=f"{word} "))
                case (name, arguments):
                    chunk = ToolCallChunk(name=name, args=arguments, id=f"call-{number}", index=number)
                    yield _chunk(AIMessageChunk(content="", tool_call_chunks=[chunk]))


def _chunk(message: AIMessageChunk) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=message)
