"""Kokoro-82M: the natural voice. Phonemes by espeak-ng, sound by one ONNX session, clause by clause.

Weights and paper: https://huggingface.co/hexgrad/Kokoro-82M (Apache-2.0).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio.voice import Urgency
from audio.voice.booth import Booth, Stop
from audio.voice.kokoro_weights import model_and_voices
from audio.voice.sound import Sound, shaped
from calls.errors import EngineError
from calls.words import Language

VOICES: Mapping[Language, str] = {"es": "ef_dora", "en": "af_heart"}
THREADS = 2
WARM_UP: Mapping[Language, str] = {"es": "Buenos días.", "en": "Good morning."}

_ACCENTS = {"e": "es", "a": "en-us", "b": "en-gb"}
"""espeak-ng's language, by the first letter of a voice's name."""

Speak = Callable[[str, Language, Stop], bytes]


class KokoroEngine:
    """See `Engine`. The session is made in the booth's thread, when first needed."""

    name = "kokoro"

    def __init__(self, data: Path, voices: Mapping[Language, str] | None = None, threads: int = THREADS):
        self._data, self._threads = data, threads
        self._voices = {**VOICES, **(voices or {})}
        self.edition = "kokoro-" + "-".join(self._voices[language] for language in sorted(self._voices))
        self._speak: Speak | None = None
        self._booth = Booth(self._make, _run_options, "kokoro")

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        try:
            return await self._booth.make(clause, language, urgency)
        except (EngineError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise EngineError(self.name, f"it could not speak ({type(error).__name__})") from error

    async def warm(self) -> None:
        for language, words in WARM_UP.items():
            await self.say(words, language, Urgency.NEXT)

    async def close(self) -> None:
        await self._booth.close()

    def _make(self, clause: str, language: Language, stop: Stop) -> bytes:
        if self._speak is None:
            self._speak = loaded(self._data, self._voices, self._threads)
        return self._speak(clause, language, stop)


def loaded(data: Path, voices: Mapping[Language, str], threads: int) -> Speak:
    """Loads the model; returns what speaks with it. Raises WeightsError. Not for two threads at once."""
    import onnxruntime as ort
    from kokoro_onnx.chunker import split_phonemes
    from kokoro_onnx.tokenizer import Tokenizer

    model, styles = model_and_voices(data, set(voices.values()))
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to the ears
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer()

    def speak(clause: str, language: Language, stop: Stop) -> bytes:
        voice = voices[language]
        phonemes = tokenizer.phonemize(clause, _ACCENTS.get(voice[0], language))
        parts = [one_breath(tokenizer.tokenize(part), styles[voice], stop) for part in split_phonemes(phonemes)]
        return shaped(np.concatenate(parts), clause) if parts else b""

    def one_breath(tokens: list[int], style: np.ndarray[Any, Any], stop: Stop) -> Sound:
        """At most 510 phonemes; the style vector depends on how many they are."""
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[len(tokens) - 1],
            "speed": np.ones(1, np.float32),
        }
        return np.asarray(session.run(None, feed, stop)[0], np.float32).ravel()

    return speak


def _run_options() -> Stop:
    import onnxruntime as ort

    options: Stop = ort.RunOptions()
    return options
