"""Whisper on torch (openai-whisper): on a GPU when there is one, else on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio.ears.engine import Draft
from audio.ears.mel import Features
from calls.words import Language


class WhisperEngine:
    """`file` is asked for the checkpoint, once, when it loads. Torch is imported only then."""

    n_mels = 80

    def __init__(self, file: Callable[[], Path]) -> None:
        self._file = file
        self._model: Any = None
        self._decoder: Any = None

    def load(self) -> None:
        import whisper

        from audio.ears.decoder import Decoder

        self._model = model = whisper.load_model(str(self._file())).eval().requires_grad_(False)
        if model.device.type == "cuda":
            model.half()
        self._decoder = Decoder(model)
        self.n_mels = model.dims.n_mels

    def encode(self, features: Features, cores: int = 1) -> Any:
        """`AudioEncoder.forward` with its positions cut to the frames there are."""
        import torch
        from torch.nn.functional import gelu

        torch.set_num_threads(cores)  # of this thread, which hears the utterance to its end
        encoder, kind = self._model.encoder, self._model.encoder.conv1.weight.dtype
        with torch.inference_mode():
            x = torch.from_numpy(np.ascontiguousarray(features[None])).to(self._model.device, kind)
            x = gelu(encoder.conv2(gelu(encoder.conv1(x)))).permute(0, 2, 1)
            x = x + encoder.positional_embedding[: x.shape[1]].to(x.dtype)
            for block in encoder.blocks:
                x = block(x)
            return self._decoder.attend(encoder.ln_post(x))

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        odds: dict[Language, float] = self._decoder.odds(encoded, languages)
        return odds

    def write(self, encoded: Any, language: Language, hint: str, most: int, expected: str = "") -> Draft:
        draft: Draft = self._decoder.write(encoded, language, hint, most, expected)
        return draft
