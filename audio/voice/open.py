"""Opening the receptionist's voice: which engine speaks, what stands before and behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audio.voice import Engine, Voice
from audio.voice.cached import CachedEngine, Prepared, at_once, unreported
from audio.voice.kokoro import KokoroEngine
from audio.voice.kokoro_weights import why_not_natural
from audio.voice.piper import PiperEngine
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.sentences import ClauseVoice
from audio.voice.stand_in import Report, StandIn
from calls.errors import SettingsError
from calls.words import Language

PIPECAT = "pipecat:"
KINDS = ("auto", "kokoro", "pyttsx3", "piper", "pipecat:MODULE.CLASS")


class HouseVoice(ClauseVoice):
    """The voice of all calls. Each call takes its own by `for_call`, so that it has one voice from end to end."""

    def __init__(self, engine: Engine, kept: CachedEngine | None = None):
        super().__init__(engine)
        self._kept = kept

    @property
    def stands_in(self) -> str:
        """The engine that speaks for one that has just failed; "" while all is well."""
        engine = self.engine
        return engine.second.name if isinstance(engine, StandIn) and engine.resting else ""

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


def open_voice(
    kind: str,
    data: Path,
    voices: Mapping[Language, str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> HouseVoice:
    """The voice that `kind` names, pyttsx3 standing in behind every other.

    ``auto`` is the natural voice where it can be, else pyttsx3; the others are ``kokoro``, ``pyttsx3``, ``piper`` (its
    voices are paths of .onnx files) and ``pipecat:MODULE.CLASS`` (made with `params`). `voices`: names of voices as the
    engine calls them, where others than its usual ones are wanted. Nothing is loaded before `warm` or the first word.
    Raises SettingsError for an unknown kind or one that cannot speak here.
    """
    reason = why_not_natural(data) if kind in ("auto", "kokoro") else None
    if kind == "kokoro" and reason:
        raise SettingsError(f"ANTESALA_VOICE: kokoro cannot speak here: {reason}")
    if kind == "pyttsx3" or reason:
        return HouseVoice(PyttsxEngine(voices if kind == "pyttsx3" else None))
    kept = CachedEngine(_engine(kind, data, voices, params), data / "voice")
    return HouseVoice(StandIn(kept, PyttsxEngine()), kept)


def _engine(kind: str, data: Path, voices: Mapping[Language, str] | None, params: Mapping[str, Any] | None) -> Engine:
    if kind in ("auto", "kokoro"):
        return KokoroEngine(data, voices)
    if kind == "piper":
        if find_spec("piper") is None or not voices:
            mend = "Run: pip install 'antesala[piper]', and set ANTESALA_VOICE_ES and ANTESALA_VOICE_EN to .onnx files"
            raise SettingsError(f"ANTESALA_VOICE: piper cannot speak here. {mend}.")
        return PiperEngine(voices)
    if kind.startswith(PIPECAT):
        from audio.voice.pipecat_engine import PipecatEngine

        return PipecatEngine(kind.removeprefix(PIPECAT), voices, params)
    raise SettingsError(f"ANTESALA_VOICE: there is no voice {kind!r}. Choose one of {', '.join(KINDS)}.")
