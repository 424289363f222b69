"""Any Pipecat speech-to-text service as the ears: shown with Pipecat's own Whisper, on the house's weights."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import numpy as np
import pytest
import soundfile
import soxr
from pipecat.frames.frames import ErrorFrame, Frame, TranscriptionFrame
from pipecat.services.stt_service import SegmentedSTTService

from audio.ears import open_ears, pipecat_ears
from audio.ears.mel import RATE
from audio.ears.models import ct2_folder, fast_installed
from calls.errors import EngineError, SettingsError
from calls.words import LANGUAGES, Language
from settings import Settings
from tests.loops import ROOT

SPOKEN = {"es": "Prieto", "en": "Carter"}


class Counting(SegmentedSTTService):
    """Writes down how many seconds it was given, and what it was made with."""

    def __init__(self, text: str = "", **options: object):
        super().__init__(**options)  # type: ignore[arg-type]
        self._text = text

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame]:
        if not self._text:
            yield ErrorFrame("no contract")
        else:
            yield TranscriptionFrame(f"{self._text} {(len(audio) - 44) // 32_000}", "", "")


def loud(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


async def test_a_service_is_given_the_whole_utterance_and_its_params() -> None:
    ears = open_ears("pipecat:tests.audio.test_ears_pipecat.Counting", params={"text": "segundos:"})
    try:
        for seconds in (2, 3):
            heard = await ears.hear(loud(seconds + 0.2), languages=LANGUAGES, current="es")
            assert (heard.text, heard.language) == (f"segundos: {seconds}", "es")
        assert (await ears.hear(np.zeros(RATE, np.float32), languages=LANGUAGES, current="en")).text == ""
    finally:
        await ears.close()


async def test_a_service_that_fails_says_why() -> None:
    ears = open_ears("pipecat:tests.audio.test_ears_pipecat.Counting")
    try:
        with pytest.raises(EngineError, match="no contract"):
            await ears.hear(loud(1), languages=LANGUAGES, current="es")
    finally:
        await ears.close()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("pipecat:nowhere.Service", "cannot be loaded"),
        ("pipecat:pathlib.Path", "no Pipecat speech-to-text service|not a Pipecat"),
        ("trumpet", "there are no ears"),
    ],
)
def test_ears_that_are_none_are_named(kind: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        open_ears(kind)


@pytest.mark.slow
async def test_pipecats_own_whisper_hears_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipecat_ears, "LATEST_S", 60.0)  # the machine may be busy
    if not fast_installed():
        pytest.skip("the extra `fast` is not installed")
    model = {"settings": {"model": str(ct2_folder(Settings.read().data))}, "device": "cpu", "compute_type": "int8"}
    ears = open_ears("pipecat:pipecat.services.whisper.stt.WhisperSTTService", params=model)
    try:
        for language, name in SPOKEN.items():
            pcm, rate = soundfile.read(ROOT / "evals" / "callers" / f"message_{language}" / "01.flac", dtype="float32")
            wide = soxr.resample(pcm, rate, RATE).astype(np.float32)
            spoken: Language = "es" if language == "es" else "en"
            heard = await ears.hear(wide, languages=LANGUAGES, current=spoken)
            assert name in heard.text and heard.language == language
    finally:
        await ears.close()
