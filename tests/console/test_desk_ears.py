"""What a person says while they have the call, heard by the real ears."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest
import soundfile

from audio.engines import open_sound
from audio.second_ear import SecondEar
from calls.call import Call
from calls.wire import Pcm
from calls.words import Language, Staff
from settings import Settings
from tests.doubles import office
from tests.loops import ROOT

SAID: list[tuple[Language, str]] = [("en", "Vidal")]
"""In Spanish a whole call is taken over in test_call_browser.py."""


async def spoken(language: Language) -> AsyncGenerator[Pcm]:
    """A recorded voice in frames of 20 ms at 16 kHz, and a pause after it."""
    import soxr

    sound, rate = soundfile.read(ROOT / "evals" / "callers" / f"message_{language}" / "01.flac", dtype="int16")
    sound = np.concatenate([soxr.resample(sound, rate, 16_000), np.zeros(16_000, np.int16)])
    for frame in sound[: len(sound) // 320 * 320].reshape(-1, 320):
        yield frame


@pytest.mark.slow
@pytest.mark.parametrize(("language", "caught"), SAID)
async def test_a_persons_words_are_put_on_record_as_they_were_said(language: Language, caught: str) -> None:
    settings = Settings.read()
    kinds = (settings.ears, settings.whisper_model, "pyttsx3", None)
    async with open_sound(settings.data, *kinds) as sound:
        await sound.ears.warm()
        call = await Call.answered(office(), "sip", language=language)
        async with (
            aclosing(spoken(language)) as frames,
            aclosing(SecondEar(sound, call, 16_000).hear(frames)) as sentences,
        ):
            async for said in sentences:
                await call.note(Staff("spoke", "Marta", said.text, said.language))
        words = " ".join(line.text for line in call.transcript() if line.who == "staff")
        assert caught in words
        assert {line.language for line in call.transcript()} == {language}
        await call.close("line")
