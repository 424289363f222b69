"""The engines of sound that all calls share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger
from threadpoolctl import threadpool_limits

from audio.ears import Ears, open_ears
from audio.smart_turn import RATE, SmartTurn
from audio.vad import VoiceActivity, open_session
from audio.voice.open import HouseVoice, open_voice
from calls.words import Language

Voices = Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Sound:
    """What hears, what speaks, and what tells when a turn is over."""

    ears: Ears
    voice: HouseVoice
    vad: Callable[[int], VoiceActivity]
    """Makes one ear for speech, for a wire of so many Hz."""
    smart_turn: SmartTurn


@asynccontextmanager
async def open_sound(
    data: Path,
    ears: str = "auto",
    model: str = "base",
    voice: str = "auto",
    voices: Voices | None = None,
    ears_params: Mapping[str, Any] | None = None,
    voice_params: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Sound]:
    """All of it, as the settings of the same names say; nothing heavy is loaded before it is warmed.

    Raises SettingsError for an unknown kind, WeightsError where weights are missing.
    """
    logger.disable("pipecat")  # it greets and chats on standard error
    threadpool_limits(1, user_api="blas")  # NumPy's threads wait for more in a circle, on a core that the ears need
    session, smart_turn = await asyncio.gather(asyncio.to_thread(open_session), asyncio.to_thread(SmartTurn))
    sound = Sound(
        open_ears(ears, model, data, ears_params),
        open_voice(voice, data, voices, voice_params),
        partial(VoiceActivity, session),
        smart_turn,
    )
    try:
        yield sound
    finally:
        smart_turn.close()
        await sound.ears.close()
        await sound.voice.close()


async def warm_turns(sound: Sound) -> None:
    """Runs voice activity and Smart Turn once."""
    sound.vad(8000).feed(np.zeros(256, np.int16))
    await sound.smart_turn.chance(np.zeros(RATE, np.float32))
