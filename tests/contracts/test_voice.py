"""What every voice promises: the instant one and the natural one, for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from audio.voice import VOICE_RATE, Voice
from audio.voice.kokoro import KokoroEngine
from audio.voice.kokoro_weights import why_not_natural
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.sentences import ClauseVoice
from calls.words import Language
from settings import Settings

SENTENCES: list[tuple[str, Language]] = [
    ("Buenos días, le habla Clara. ¿En qué puedo ayudarle?", "es"),
    ("Good morning, this is Clara. How can I help you?", "en"),
]


@pytest.fixture(params=["pyttsx3", pytest.param("kokoro", marks=pytest.mark.slow)])
async def voice(request: pytest.FixtureRequest) -> AsyncGenerator[Voice]:
    data = Settings.read().data
    if request.param == "kokoro" and (reason := why_not_natural(data)):
        pytest.skip(f"no natural voice: {reason}")
    voice = ClauseVoice(PyttsxEngine() if request.param == "pyttsx3" else KokoroEngine(Path(data)))
    yield voice
    await voice.close()


async def sound_of(voice: Voice, text: str, language: Language) -> np.ndarray:
    async with aclosing(voice.speak(text, language)) as chunks:
        return np.frombuffer(b"".join([chunk async for chunk in chunks]), "<i2").astype(np.float32) / 32768


async def test_it_speaks_at_a_natural_pace_and_at_one_level(voice: Voice) -> None:
    await voice.warm()
    for text, language in SENTENCES:
        sound = await sound_of(voice, text, language)
        assert 1.8 <= len(sound) / VOICE_RATE <= 6.0
        frames = np.sqrt(np.mean(sound[: len(sound) // 240 * 240].reshape(-1, 240) ** 2, axis=1))
        voiced = frames[frames > frames.max() / 18]
        assert -22 <= 20 * np.log10(np.sqrt(np.mean(voiced**2))) <= -17
        assert np.abs(sound).max() <= 0.9
        assert np.abs(sound[:24]).max() < 0.02, "it begins without a click"


async def test_a_join_does_not_click(voice: Voice) -> None:
    sound = await sound_of(voice, SENTENCES[0][0], "es")
    assert np.abs(np.diff(sound)).max() < 0.45


async def test_the_language_is_heard(voice: Voice) -> None:
    text = "Final regular animal doctor."
    spanish, english = await sound_of(voice, text, "es"), await sound_of(voice, text, "en")
    assert len(spanish) != len(english)


async def test_closing_early_stops_and_the_next_sentence_is_unharmed(voice: Voice) -> None:
    whole = await sound_of(voice, "Muy bien.", "es")
    async with aclosing(voice.speak("Esto es una frase larga. Y otra más. Y una tercera para acabar.", "es")) as chunks:
        await anext(chunks)
    assert abs(len(await sound_of(voice, "Muy bien.", "es")) - len(whole)) < VOICE_RATE / 20


async def test_giving_up_before_the_first_sound_is_harmless(voice: Voice) -> None:
    asking = asyncio.create_task(sound_of(voice, "Esto nadie lo va a oír, por suerte.", "es"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert len(await sound_of(voice, "Muy bien.", "es")) > VOICE_RATE / 4


@pytest.mark.parametrize("text", ["", "   ", "\n", "😀🎉", "…", "¿?"])
async def test_without_a_word_there_is_no_sound(voice: Voice, text: str) -> None:
    assert len(await sound_of(voice, text, "es")) == 0


@pytest.mark.parametrize(
    "text", ["Hola 😀 mundo", "<b>hola</b> [[a]] \x00 &amp;", "ñandú ÀÉÎÕÜ ß ж 日本", "a" * 120, "9" * 120]
)
async def test_odd_texts_are_spoken(voice: Voice, text: str) -> None:
    assert len(await sound_of(voice, text, "es")) > 0


async def test_a_hundred_thousand_characters_begin_at_once(voice: Voice) -> None:
    async with aclosing(voice.speak("Buenos días a todos. " * 5000, "es")) as chunks:
        async with asyncio.timeout(30):
            assert await anext(chunks)


async def test_two_calls_at_once_keep_their_own_words(voice: Voice) -> None:
    alone = [len(await sound_of(voice, text, language)) for text, language in SENTENCES]
    together = await asyncio.gather(*(sound_of(voice, text, language) for text, language in SENTENCES))
    assert all(abs(len(sound) - size) < VOICE_RATE / 10 for sound, size in zip(together, alone, strict=True))
