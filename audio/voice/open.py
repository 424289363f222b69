"""Opening the receptionist's voice: which engine speaks, what stands before and behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from audio.voice import Engine, Voice
from audio.voice.cached import CachedEngine, Prepared, at_once, unreported
from audio.voice.kokoro import KokoroEngine
from audio.voice.kokoro_weights import why_not_natural
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.sentences import ClauseVoice
from audio.voice.stand_in import Report, StandIn
from calls.errors import SettingsError
from calls.words import Language

KINDS = ("auto", "kokoro", "pyttsx3")


class HouseVoice(ClauseVoice):
    """The voice of all calls. Each call takes its own by `for_call`, so that it has one voice from end to end."""

    def __init__(self, engine: Engine, kept: CachedEngine | None = None):
        super().__init__(engine)
        self._kept = kept

    def for_call(self, report: Report) -> Voice:
        """The voice of one call. `report` is awaited with (engine, error, stand-in) when the voice has to change."""
        return ClauseVoice(self.engine.for_call(report)) if isinstance(self.engine, StandIn) else self

    async def prepare(
        self,
        texts: Iterable[tuple[str, Language]],
        progress: Prepared = unreported,
        when_quiet: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        """Makes `texts` ready ahead, see `CachedEngine.prepare`. An instant engine has nothing to prepare."""
        if self._kept:
            await self._kept.prepare(texts, progress, when_quiet)


def open_voice(kind: str, data: Path, voices: Mapping[Language, str] | None = None) -> HouseVoice:
    """The voice that `kind` names: ``auto`` (natural where it can be, else pyttsx3), ``kokoro`` or ``pyttsx3``.

    `voices`: names of voices as the engine calls them, where others than its usual ones are wanted. Nothing is loaded
    before `warm` or the first word. Raises SettingsError for an unknown kind or one that cannot speak here.
    """
    if kind not in KINDS:
        raise SettingsError(f"ANTESALA_VOICE: there is no voice {kind!r}. Choose one of {', '.join(KINDS)}.")
    reason = why_not_natural(data) if kind != "pyttsx3" else None
    if kind == "kokoro" and reason:
        raise SettingsError(f"ANTESALA_VOICE: kokoro cannot speak here: {reason}")
    if kind == "pyttsx3" or reason:
        return HouseVoice(PyttsxEngine(voices if kind == "pyttsx3" else None))
    kept = CachedEngine(KokoroEngine(data, voices), data / "voice")
    return HouseVoice(StandIn(kept, PyttsxEngine()), kept)
