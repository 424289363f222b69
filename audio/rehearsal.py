"""What the receptionist will often say, made into sound while nobody calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from audio.engines import Sound
from calls.errors import EngineError
from calls.switchboard import Switchboard
from calls.words import Language

LOOK_S = 1.0
"""How often it is looked whether the calls are over."""

_log = logging.getLogger(__name__)


async def rehearse(sound: Sound, texts: Iterable[tuple[str, Language]], switchboard: Switchboard) -> None:
    """Makes `texts` ready on disk, those that come first first; waits while a call is in progress."""

    async def when_quiet() -> None:
        while switchboard.calls:  # noqa: ASYNC110 (whole seconds matter to nobody here)
            await asyncio.sleep(LOOK_S)

    try:
        await sound.voice.prepare(texts, when_quiet=when_quiet)
    except EngineError as error:
        _log.warning("sentences could not be made ready: %s", error.what)
