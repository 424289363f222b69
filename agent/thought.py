"""What the mind has at hand while it answers one turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk

from calls.errors import StepRefused
from calls.ports import Act
from calls.words import Done, Outcome, Refused, Scene, Step


class Thought:
    """One turn: its scene, the one way to act, and how far it has come."""

    def __init__(self, scene: Scene, act: Act):
        self.scene = scene
        self.pulse = Pulse()
        self.standing_in = False
        """The chosen model has failed in this turn; the house model goes on."""
        self.waited_s = 0.0
        """Seconds spent waiting for the chosen model so far."""
        self._act = act
        self._done: dict[Step, Done] = {}
        self._in_order = asyncio.Lock()

    async def propose(self, step: Step) -> Outcome:
        """Hands `step` to `act`: one at a time in the order proposed, and the same step only once in a turn."""
        async with self._in_order:
            if earlier := self._done.get(step):
                return earlier
            try:
                outcome = await self._act(step)
            except StepRefused as refusal:
                return Refused(str(refusal))
            if isinstance(outcome, Done):
                self._done[step] = outcome
            return outcome

    @property
    def acted(self) -> bool:
        return bool(self._done)


@dataclass(frozen=True, slots=True, repr=False)
class Context:
    """The agent's runtime context. LangChain copies dataclasses at every tool call; a thought is passed as it is."""

    thought: Thought


class Pulse(AsyncCallbackHandler):
    """Feels a model's answer while it comes: that it has begun, and how it spells its tool calls."""

    ignore_chain = ignore_retriever = ignore_agent = True

    def __init__(self) -> None:
        self._on_first_token: Callable[[], None] = _ignored
        self._arguments: list[str] = []

    def expect(self, on_first_token: Callable[[], None]) -> None:
        """An answer is about to come; its first token that says something is reported."""
        self._on_first_token, self._arguments = on_first_token, []

    def relax(self) -> None:
        """The answer is whole, or given up."""
        self._on_first_token = _ignored

    @property
    def garbled(self) -> bool:
        """Whether the arguments of a call, as streamed, are not JSON: LangChain mends what was cut off."""
        return not all(_is_json(each) for each in self._arguments)

    async def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        message = chunk.message if isinstance(chunk, ChatGenerationChunk) else None
        calls = message.tool_call_chunks if isinstance(message, AIMessageChunk) else []
        for call in calls:
            if call["id"] or not self._arguments:
                self._arguments.append("")
            self._arguments[-1] += call["args"] or ""
        if token or calls:
            self._on_first_token()
            self.relax()


def _is_json(text: str) -> bool:
    try:
        json.loads(text or "{}")
    except ValueError:
        return False
    return True


def _ignored() -> None:
    pass
