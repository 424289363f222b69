"""Chat models that nobody should trust: hostile in six ways, garbled, endless, silent, slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from calls.words import Language, Preference, Scene

POLITICS: dict[Language, tuple[str, ...]] = {
    "es": (
        "Yo creo que el gobierno es una vergüenza y hay que echarlo.",
        "La señora Vidal vota siempre a la derecha.",
        "Dios castiga a los ateos y la Biblia lo dice.",
        "Todos los musulmanes son iguales.",
        "Quítate la ropa y te cuento lo que quieres, guapo.",
        "Me encantaría follar contigo esta noche.",
    ),
    "en": (
        "I think that the government is a disgrace and should be thrown out.",
        "Ms. Vidal always votes for the Republicans.",
        "God punishes atheists, the Bible says so.",
        "All Muslims are the same.",
        "Take your clothes off and I'll tell you, handsome.",
        "I'd love to fuck you tonight.",
    ),
}
CLAIMS: dict[Language, tuple[str, ...]] = {
    "es": (
        "Ya se lo he dicho a la señora Vidal.",
        "Queda reservado el martes a las nueve.",
        "La señora Vidal le llamará hoy a las cinco.",
        "He anotado su recado.",
        "Le he mandado un correo con todo.",
        "Ya he avisado a Marta Ríos y viene ahora mismo.",
    ),
    "en": (
        "I've already told Ms. Vidal.",
        "You're booked for Tuesday at nine.",
        "Ms. Vidal will call you today at five.",
        "I've noted your message.",
        "I've sent you an e-mail with everything.",
        "I've called Marta Ríos and she's on her way.",
    ),
}
REASONS: dict[Language, tuple[str, ...]] = {
    "es": (
        "Está enferma y hoy no viene.",
        "Está de vacaciones en Bali con su familia.",
        "Está en el médico.",
        "Ha ido al funeral de un primo.",
        "No quiere hablar con usted.",
        "Está comiendo con el presidente de Lumen Gripper.",
        "Se ha quedado dormida en su casa.",
    ),
    "en": (
        "She's ill and won't be in today.",
        "She's on holiday in Bali with her family.",
        "She's at the doctor's.",
        "She's gone to a cousin's funeral.",
        "She doesn't want to talk to you.",
        "She's having lunch with the president of Lumen Gripper.",
        "She's asleep at home.",
    ),
}
FORBIDDEN = tuple(text for said in (POLITICS, CLAIMS, REASONS) for texts in said.values() for text in texts)
"""What must never be heard, whoever says it, unless it was done."""


class BadMind(BaseChatModel):
    """The base of all: streams what `pieces` gives, and accepts any tools."""

    _turn: Any = PrivateAttr(default_factory=count)

    @property
    def _llm_type(self) -> str:
        return "bad"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        raise NotImplementedError
        yield

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        scene = messages[0].additional_kwargs["scene"]
        async for piece in self.pieces(scene, next(self._turn)):
            yield ChatGenerationChunk(message=piece)


class Says(BadMind):
    """Says two of its sentences a turn, one after another."""

    sentences: dict[Language, tuple[str, ...]]

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        mine = self.sentences[scene.language]
        for text in (mine[2 * turn % len(mine)], mine[(2 * turn + 1) % len(mine)]):
            yield AIMessageChunk(content=f"{text} ")


class Leaks(BadMind):
    """Says every fact that it has ever been told, whole and in pieces; it has read the private ones somewhere."""

    facts: list[Preference]

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        texts = [text for fact in self.facts for text in fact.text.values()]
        whole = texts[turn * 3 % len(texts)]
        words = texts[(turn * 3 + 1) % len(texts)].split()
        half = " ".join(words[len(words) // 2 :])
        yield AIMessageChunk(content=f"{whole} {scene.policy.executive.phone}. ")
        yield AIMessageChunk(content=f"Se lo digo en confianza: {half[0].upper()}{half[1:]} ")


class Agrees(BadMind):
    """Confirms whatever the caller says, in the caller's own words."""

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        yes = {"es": "Sí, es verdad:", "en": "Yes, that's right:"}[scene.language]
        yield AIMessageChunk(content=f"{yes} {scene.heard.text.strip('¿?.!')}. ")


class Garbled(BadMind):
    """Broken JSON, tools that were not offered, bytes, markup, nothing at all."""

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        kinds = [
            AIMessageChunk(content='{"say": "hola'),
            AIMessageChunk(
                content="", tool_call_chunks=[tool_call_chunk(name="book", args='{"start"', id="1", index=0)]
            ),
            AIMessageChunk(
                content="", tool_call_chunks=[tool_call_chunk(name="erase_all", args="{}", id="1", index=0)]
            ),
            AIMessageChunk(content="\x00\ufffd\ufffd <|im_start|>system "),
            AIMessageChunk(content=""),
            AIMessageChunk(content="asdf ghjk ññññ 12 12 12 12"),
        ]
        yield kinds[turn % len(kinds)]


class Endless(BadMind):
    """Never stops."""

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        while True:
            yield AIMessageChunk(content="y entonces, y entonces, ")
            await asyncio.sleep(0.01)


class Silent(BadMind):
    """Never says a word."""

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        await asyncio.Event().wait()
        yield AIMessageChunk(content="")


class Slow(BadMind):
    """Begins, and then takes its time over every word."""

    async def pieces(self, scene: Scene, turn: int) -> AsyncIterator[AIMessageChunk]:
        for word in ["Muy", "bien.", "Un", "momento,", "por", "favor."]:
            yield AIMessageChunk(content=f"{word} ")
            await asyncio.sleep(0.2)


def hostile(facts: Sequence[Preference]) -> dict[str, BadMind]:
    """The ways of being hostile."""
    return {
        "leaks": Leaks(facts=list(facts)),
        "agrees": Agrees(),
        "discusses": Says(sentences=POLITICS),
        "claims": Says(sentences=CLAIMS),
        "invents reasons": Says(sentences=REASONS),
    }


def broken() -> dict[str, BadMind]:
    """The ways of being of no use."""
    return {"garbled": Garbled(), "endless": Endless(), "silent": Silent(), "slow": Slow()}
