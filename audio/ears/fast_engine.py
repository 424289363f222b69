"""Whisper with its encoder on CTranslate2 (extra `fast`), in 8 bits on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio.ears.engine import Draft, Dropped
from audio.ears.mel import Features
from calls.words import Language


class FastEngine:
    """`folder` and `file` are asked, once, when it loads, where CTranslate2's model and the checkpoint lie.

    `workers` utterances at a time, a core each.
    """

    n_mels = 80

    def __init__(self, folder: Callable[[], Path], file: Callable[[], Path], workers: int) -> None:
        self._folder, self._file = folder, file
        self._workers = workers
        self._encoder: Any = None
        self._weights: Any = None
        self._decoder: Any = None

    def load(self) -> None:
        import ctranslate2

        from audio.ears.decoder import Decoder
        from audio.ears.torch_decoder import TorchDecoder

        self._encoder = ctranslate2.models.Whisper(
            str(self._folder()), device="cpu", compute_type="int8", inter_threads=self._workers, intra_threads=1
        )
        self.n_mels = self._encoder.n_mels
        self._weights = TorchDecoder.of(self._file())
        self._decoder = Decoder(self._weights.reading, self._weights.vocabulary)

    def encode(self, features: Features, dropped: Dropped, unhurried: bool = False) -> Any:
        import ctranslate2
        import torch

        torch.set_num_threads(1)  # Smart Turn and the encoder of another utterance have the rest
        sound = self._encoder.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None])))
        return self._weights.attend(torch.from_numpy(np.asarray(sound)))

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        odds: dict[Language, float] = self._decoder.odds(encoded, languages)
        return odds

    def write(
        self, encoded: Any, language: Language, hint: str, most: int, dropped: Dropped, expected: str = ""
    ) -> Draft:
        draft: Draft = self._decoder.write(encoded, language, hint, most, dropped, expected)
        return draft
