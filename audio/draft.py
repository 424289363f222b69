"""What the caller has said up to a pause: its words and how long the pause must last, found out in the background."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import numpy as np
import soxr

from audio.ears import Transcript
from audio.engines import Sound
from audio.patience import patience
from audio.smart_turn import RATE
from calls.wire import Pcm
from calls.words import Language


class Draft:
    """Starts at once. `transcript` is None until the words are known, `patience_s` infinite until their tone is too."""

    def __init__(
        self,
        sound: Sound,
        speech: Pcm,
        rate: int,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str],
        voiced_s: float,
        pace_s: float,
    ):
        self.voiced_s = voiced_s
        self.transcript: Transcript | None = None
        self.patience_s = math.inf
        self.began_at = asyncio.get_running_loop().time()
        self.heard_at = self.began_at
        self.done = asyncio.create_task(self._hear(sound, speech, rate, languages, current, hints, pace_s))

    async def withdraw(self) -> None:
        """Nobody needs it any more."""
        self.done.cancel()
        await asyncio.gather(self.done, return_exceptions=True)

    async def _hear(
        self,
        sound: Sound,
        speech: Pcm,
        rate: int,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str],
        pace_s: float,
    ) -> None:
        wide = speech.astype(np.float32) / 32768.0
        if rate != RATE:
            wide = soxr.resample(wide, rate, RATE).astype(np.float32)
        heard = self.transcript = await sound.ears.hear(wide, languages=languages, current=current, hints=hints)
        self.heard_at = asyncio.get_running_loop().time()
        if heard.text:  # the ears had both cores to themselves; how it sounded is asked while the answer is prepared
            self.patience_s = patience(heard.text, heard.language, await sound.smart_turn.chance(wide), pace_s)
