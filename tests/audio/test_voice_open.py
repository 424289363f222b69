"""Which voice speaks, by setting."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from audio.voice import VOICE_RATE, Urgency
from audio.voice.open import open_voice
from audio.voice.pipecat_engine import PipecatEngine
from calls.errors import EngineError, SettingsError


class Hum(TTSService):
    """A Pipecat service that hums a second for every clause, and fails on "avería"."""

    Settings = TTSSettings

    def __init__(self, **given: object) -> None:
        super().__init__(push_start_frame=True, push_stop_frames=True, stop_frame_timeout_s=0.2, **given)  # type: ignore[arg-type]

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        if "avería" in text:
            yield ErrorFrame(error="the line hums no more")
            return
        wave = (np.sin(np.arange(VOICE_RATE) / 20) * 9000).astype("<i2").tobytes()
        yield TTSAudioRawFrame(wave, VOICE_RATE, 1, context_id=context_id)


PATH = f"{Hum.__module__}.Hum"


async def test_without_its_weights_auto_is_pyttsx3(tmp_path: Path) -> None:
    voice = open_voice("auto", tmp_path)
    assert voice.name == "pyttsx3"
    async with aclosing(voice.speak("Buenos días.", "es")) as chunks:
        assert await anext(chunks)
    await voice.close()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("kokoro", "kokoro cannot speak here: .*models fetch kokoro"),
        ("piper", "ANTESALA_VOICE_ES"),
        ("parrot", "no voice 'parrot'. Choose one of auto, kokoro"),
        ("pipecat:no.such.Service", "cannot be loaded"),
        ("pipecat:pathlib.Path", "not a Pipecat text-to-speech service"),
    ],
)
def test_a_voice_that_cannot_speak_here_is_named(tmp_path: Path, kind: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        open_voice(kind, tmp_path)


@pytest.mark.slow
async def test_a_pipecat_service_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio.voice.pipecat_engine.service_class", lambda path: Hum)
    engine = PipecatEngine(PATH)
    first = await engine.say("Buenos días.", "es", Urgency.FIRST)
    assert len(first) == pytest.approx((1 + 0.26) * VOICE_RATE * 2, rel=0.02)
    assert await engine.say("Buenos días.", "es", Urgency.FIRST) == first
    with pytest.raises(EngineError, match="hums no more"):
        await engine.say("Una avería.", "es", Urgency.FIRST)
    assert await engine.say("Buenos días.", "es", Urgency.FIRST) == first
    await engine.close()
