"""What the caller has said up to a pause: its words and how long the pause must last, found out in the background."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.ears import Ears, Transcript
from audio.engines import Sound
from audio.patience import patience
from audio.smart_turn import RATE
from calls.errors import EngineError
from calls.wire import Pcm
from calls.words import Language

AFRESH_S = 0.5
"""So much more speech is worth another hearing while the caller goes on."""

TONE_S = 0.1
"""So much later the tone is judged: the encoder has all cores first, and half of all gaps between words are over."""

CERTAIN = 0.95
"""Odds of a language that the rest of the utterance will not overturn."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How the caller of one call is heard. `rate` of the line in Hz."""

    sound: Sound
    rate: int
    languages: Sequence[Language]
    current: Language
    hints: Sequence[str]

    def widened(self, speech: Pcm) -> NDArray[np.float32]:
        """Mono, 16 kHz, in [-1, 1]."""
        wide = speech.astype(np.float32) / 32768.0
        return wide if self.rate == RATE else soxr.resample(wide, self.rate, RATE).astype(np.float32)

    async def words(self, wide: NDArray[np.float32], expected: str = "", unhurried: bool = False) -> Transcript:
        """What is said in `wide`, of which `expected` was made out before it ended. Raises EngineError."""
        ears = self.sound.ears
        return await ears.hear(
            wide,
            languages=self.languages,
            current=self.current,
            hints=self.hints,
            expected=expected,
            unhurried=unhurried,
        )


class Overhearing:
    """Hears the caller while they are still speaking, as far as the ears have nobody else to hear.

    `words`: those made out so far. `language`: the one that they speak, once it is known.
    """

    def __init__(self, ears: Ears, told: Callable[[Transcript], None]):
        self.words = ""
        self.language: Language | None = None
        self._ears, self._told = ears, told
        self._voiced_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def keep_up(self, voiced_s: float, hearing: Callable[[], Hearing], speech: Callable[[], Pcm]) -> None:
        """Begins another hearing if there is enough more of `speech`; `voiced_s` seconds of it are voice."""
        busy = self._task is not None and not self._task.done()
        if busy or voiced_s - self._voiced_s < AFRESH_S or not self._ears.idle:
            return
        self._voiced_s = voiced_s
        self._task = asyncio.create_task(self._hear(hearing(), speech()))

    async def _hear(self, hearing: Hearing, speech: Pcm) -> None:
        try:
            self.note(await hearing.words(hearing.widened(speech), self.words, unhurried=True))
        except EngineError:
            return  # the whole utterance will be heard again, and then it matters

    def note(self, heard: Transcript) -> None:
        """So much of the utterance has been made out."""
        if heard.text:
            self.words = heard.text
            self.language = heard.language if heard.odds.get(heard.language, 0.0) >= CERTAIN else None
            self._told(heard)

    async def withdraw(self) -> None:
        """The caller pauses: from here on a draft hears them."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


class Draft:
    """Starts at once. `transcript` is None until the words are known, `patience_s` infinite until their tone is too.

    `least_s`: the pause lasts at least so long whatever the tone, 0 until the words are known.

    `speech` contains `voiced_s` seconds of voice and a longest pause of `pace_s`; `expected` was made out of it before.
    """

    def __init__(self, hearing: Hearing, speech: Pcm, voiced_s: float, pace_s: float, expected: str = ""):
        self.voiced_s = voiced_s
        self.transcript: Transcript | None = None
        self.patience_s, self.least_s = math.inf, 0.0
        self.began_at = asyncio.get_running_loop().time()
        self.heard_at = self.began_at
        self.done = asyncio.create_task(self._hear(hearing, speech, pace_s, expected))

    async def withdraw(self) -> None:
        """Nobody needs it any more."""
        self.done.cancel()
        await asyncio.gather(self.done, return_exceptions=True)

    async def _hear(self, hearing: Hearing, speech: Pcm, pace_s: float, expected: str) -> None:
        wide = hearing.widened(speech)
        finished = asyncio.create_task(self._tone(hearing, wide))
        try:
            heard = self.transcript = await hearing.words(wide, expected)
            self.heard_at = asyncio.get_running_loop().time()
            if heard.text:
                wait = partial(patience, heard.text, heard.language, pace_s=pace_s, confidence=heard.confidence)
                self.least_s = wait(1.0)
                self.patience_s = wait(await finished)
        finally:
            finished.cancel()
            await asyncio.gather(finished, return_exceptions=True)

    async def _tone(self, hearing: Hearing, wide: NDArray[np.float32]) -> float:
        await asyncio.sleep(TONE_S)
        return await hearing.sound.smart_turn.chance(wide)
