"""The receptionist's voice: words in, sound out, the first clause first.

An `Engine` makes the sound of one clause; `ClauseVoice` turns whole sentences into clauses and keeps ahead of the
listener. Engines stack: a cache stands before an engine, a stand-in behind it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import IntEnum
from typing import Protocol

from calls.words import Language

VOICE_RATE = 24_000
"""Samples a second of everything that a voice speaks: int16, mono, little-endian."""


class Voice(Protocol):
    """Speaks sentences."""

    @property
    def name(self) -> str: ...

    def speak(self, text: str, language: Language) -> AsyncGenerator[bytes]:
        """Chunks of int16 PCM at VOICE_RATE, the first clause as soon as it is made; closing it abandons the rest.

        Text without a speakable word gives nothing. Raises EngineError when no engine could speak it.
        """
        ...

    async def warm(self) -> None:
        """Runs every engine once, so that the first caller doesn't wait for it. Raises EngineError."""
        ...

    async def close(self) -> None:
        """Ends worker processes and threads."""
        ...


class Urgency(IntEnum):
    """Who goes first when several clauses wait for an engine."""

    FIRST = 0
    """A caller is waiting in silence."""
    NEXT = 1
    """A caller hears the clause before it."""
    AHEAD = 2
    """Nobody waits: kept for later."""


class Engine(Protocol):
    """Makes the sound of one clause at a time."""

    @property
    def name(self) -> str: ...

    @property
    def edition(self) -> str:
        """Names all that the sound depends on besides words and language; a file name."""
        ...

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        """The sound of `clause`, already in its spoken form: trimmed, levelled, with its closing pause.

        Cancelling it frees the engine. Raises EngineError.
        """
        ...

    async def warm(self) -> None: ...

    async def close(self) -> None: ...
