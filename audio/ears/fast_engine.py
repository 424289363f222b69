"""Whisper on CTranslate2 (extra `fast`): int8 on the CPU, half precision on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio.ears.engine import MOST_HINT_TOKENS, Draft, among
from audio.ears.mel import Features
from calls.words import Language


class FastEngine:
    """`folder` is asked for where the model lies, once, when it loads. `workers` utterances at a time, a core each."""

    n_mels = 80

    def __init__(self, folder: Callable[[], Path], workers: int) -> None:
        self._folder = folder
        self._workers = workers
        self._model: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        folder = self._folder()
        gpu = ctranslate2.get_cuda_device_count() > 0
        self._model = ctranslate2.models.Whisper(
            str(folder),
            device="cuda" if gpu else "cpu",
            compute_type="float16" if gpu else "int8",
            inter_threads=self._workers,
            intra_threads=1,
        )
        self.n_mels = self._model.n_mels
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def encode(self, features: Features) -> Any:
        import ctranslate2

        return self._model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None])))

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        (ranked,) = self._model.detect_language(encoded)
        chances = dict(ranked)
        return among(languages, [chances[f"<|{each}|>"] for each in languages])

    def write(self, encoded: Any, language: Language, hint: str, most: int) -> Draft:
        before = self._tokenizer.encode(f" {hint}", add_special_tokens=False).ids[:MOST_HINT_TOKENS] if hint else []
        prompt = [self._id("startofprev"), *before] if before else []
        prompt += [self._id(each) for each in ("startoftranscript", language, "transcribe", "notimestamps")]
        (result,) = self._model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=max(2 * most, len(prompt) + most),  # CTranslate2 writes at most half of it
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = result.sequences_ids[0]
        text = self._tokenizer.decode(tokens).strip()
        return Draft(text, _mean(result.scores[0], len(tokens)), result.no_speech_prob, len(tokens))

    def _id(self, name: str) -> int:
        token: int = self._tokenizer.token_to_id(f"<|{name}|>")
        return token


def _mean(score: float, tokens: int) -> float:
    """CTranslate2 divides the sum by the tokens without the closing one; Whisper counts it in."""
    return score * tokens / (tokens + 1)
