"""pyttsx3 on espeak-ng: robotic, but instant and always there. One engine, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping

from audio.voice import Urgency
from audio.voice.worker import Worker
from calls.words import Language

VOICES: Mapping[Language, str] = {"es": "es+f2", "en": "en-us+f2"}
"""As espeak-ng calls them, variant after the plus sign."""
PATIENCE_S = 3.0
"""A clause takes about 15 ms."""


class PyttsxEngine:
    """See `Engine`."""

    name = "pyttsx3"

    def __init__(self, voices: Mapping[Language, str] | None = None, worker: Worker | None = None):
        self._voices = {**VOICES, **(voices or {})}
        self._worker = worker or Worker(self.name, "audio.voice.pyttsx_worker")
        self.edition = "pyttsx3-" + "-".join(self._voices[language] for language in sorted(self._voices))

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        return await self._worker.ask(PATIENCE_S, text=clause, voice=self._voices[language])

    async def warm(self) -> None:
        await self.say("uno", "es", Urgency.AHEAD)
        await self.say("one", "en", Urgency.AHEAD)

    async def close(self) -> None:
        await self._worker.close()
