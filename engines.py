"""What understands, hears and speaks, opened as the settings ask for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

from agent.house.model import HouseModel
from audio.ears.spared import SparedEars
from audio.engines import Sound, open_sound
from audio.pace import cores, hearing_s
from calls.admission import carried
from calls.breaker import Breakers
from calls.switchboard import Switchboard
from calls.words import Language
from knowledge.embedding import E5, FastSentence
from prompts import Phrasebook
from settings import Settings


class Engines:
    """What understands, hears and speaks in one process, for one office or several. None of it knows any office.

    `most`: calls by voice at once in all offices together; None: as measured.
    """

    def __init__(self, stack: AsyncExitStack, most: int | None = None):
        workers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="mind")
        stack.callback(workers.shutdown)
        self.e5, self.fast, self.phrases = E5(), FastSentence(), Phrasebook.load()
        self.stand_in = HouseModel(self.phrases, self.e5, workers)
        self._stack, self._one_at_a_time = stack, asyncio.Lock()
        self._sound: Sound | None = None
        self._carries: int | None = None
        self._most = most
        self._boards: list[Switchboard] = []

    async def sound(self, settings: Settings, breakers: Breakers) -> Sound:
        """Opened at the first call of this; what the ears fail at is counted in `breakers`. Raises SettingsError."""
        async with self._one_at_a_time:
            if self._sound is None:
                self._sound = await self._stack.enter_async_context(open_its_sound(settings))
        return replace(self._sound, ears=SparedEars(self._sound.ears, breakers))

    async def carries(self, text: str, language: Language) -> int:
        """How many calls at once this machine carries, measured once. Raises EngineError."""
        async with self._one_at_a_time:
            if self._carries is None:
                assert self._sound is not None
                self._carries = carried(await hearing_s(self._sound, text, language), cores())
        return self._carries

    def serve(self, board: Switchboard, house: AsyncExitStack) -> None:
        """The calls of `board` take part of what this machine carries, until the `house` is closed."""
        self._boards.append(board)
        house.callback(self._boards.remove, board)
        board.crowded = self._crowded

    def _crowded(self) -> bool:
        most = self._most or self._carries
        return most is not None and sum(board.served for board in self._boards) >= most


@asynccontextmanager
async def open_engines(most: int | None) -> AsyncGenerator[Engines]:
    """Those that several offices share."""
    async with AsyncExitStack() as stack:
        yield Engines(stack, most)


def open_its_sound(settings: Settings) -> AbstractAsyncContextManager[Sound]:
    """The engines of sound that the settings ask for."""
    voices: dict[Language, str] = {}
    if settings.voice_es:
        voices["es"] = settings.voice_es
    if settings.voice_en:
        voices["en"] = settings.voice_en
    return open_sound(
        settings.data, settings.ears, settings.whisper_model, settings.voice, voices or None,
        settings.ears_params, settings.voice_params,
    )  # fmt: skip
