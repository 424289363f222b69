"""A wire that a human can step onto: they hear the caller, and are heard in the receptionist's place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from calls.wire import Pcm, Wire

FLOOR_S = 0.1
"""For so long after the receptionist's last frame the human is not put through: two voices would tear each other up."""


class Tap(Protocol):
    """Is given the sound of a call, both sides of it."""

    def caller(self, pcm: Pcm) -> None: ...

    def house(self, pcm: Pcm) -> None: ...

    def clear(self) -> None:
        """What was sent and not yet played was taken back."""
        ...


class Bridge:
    """A `calls.wire.Wire` around a line's own. Nothing changes until somebody joins."""

    def __init__(self, wire: Wire):
        self._wire = wire
        self.taps: list[Tap] = []
        """Whoever is given the sound: a recorder, people who listen in."""
        self._hear: Callable[[Pcm], None] | None = None
        self._sounded = -1.0

    # --- the human's side ---------------------------------------------------------------------------

    def join(self, hear: Callable[[Pcm], None]) -> None:
        """From here on `hear` is given what the caller says, at `rate`; whoever was joined before is not."""
        self._hear = hear

    def leave(self, hear: Callable[[Pcm], None]) -> None:
        """`hear` is given no more; nothing happens if somebody else has joined since."""
        if self._hear == hear:
            self._hear = None

    async def speak(self, pcm: Pcm) -> None:
        """Plays what the human says, at `rate`, unless the receptionist is speaking."""
        if asyncio.get_running_loop().time() - self._sounded > FLOOR_S:
            await self._send(pcm)

    # --- the receptionist's side: a Wire --------------------------------------------------------------

    @property
    def rate(self) -> int:
        return self._wire.rate

    @rate.setter
    def rate(self, rate: int) -> None:
        self._wire.rate = rate

    @property
    def marks(self) -> bool:
        return self._wire.marks

    @marks.setter
    def marks(self, marks: bool) -> None:
        self._wire.marks = marks

    @property
    def on_mark(self) -> Callable[[str], None]:
        return self._wire.on_mark

    @on_mark.setter
    def on_mark(self, told: Callable[[str], None]) -> None:
        self._wire.on_mark = told

    @property
    def on_keys(self) -> Callable[[str], None]:
        return self._wire.on_keys

    @on_keys.setter
    def on_keys(self, told: Callable[[str], None]) -> None:
        self._wire.on_keys = told

    async def frames(self) -> AsyncGenerator[Pcm]:
        async with aclosing(self._wire.frames()) as frames:
            async for pcm in frames:
                for tap in tuple(self.taps):
                    tap.caller(pcm)
                if self._hear:
                    self._hear(pcm)
                yield pcm

    async def send(self, pcm: Pcm) -> None:
        self._sounded = asyncio.get_running_loop().time()
        await self._send(pcm)

    async def _send(self, pcm: Pcm) -> None:
        for tap in tuple(self.taps):
            tap.house(pcm)
        await self._wire.send(pcm)

    async def mark(self, name: str) -> None:
        await self._wire.mark(name)

    async def clear(self) -> None:
        for tap in tuple(self.taps):
            tap.clear()
        await self._wire.clear()

    async def hang_up(self) -> None:
        await self._wire.hang_up()
