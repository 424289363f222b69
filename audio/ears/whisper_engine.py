"""Whisper (openai-whisper): on a GPU when there is one, else its encoder on ONNX Runtime and its decoder on torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from audio.ears.engine import Draft, Dropped
from audio.ears.mel import Features
from calls.words import Language


class WhisperEngine:
    """`file` and `encoder` are asked, once, when it loads, where the checkpoint and the graph of its encoder lie.

    The encoder takes `cores` for an utterance, and one for any other that comes meanwhile or is not in a hurry.
    """

    n_mels = 80

    def __init__(self, file: Callable[[], Path], encoder: Callable[[], Path], cores: int) -> None:
        self._file, self._encoder, self._cores = file, encoder, cores
        self._decoder: Any = None
        self._attended: Callable[[Features, Dropped, bool], Any]

    def load(self) -> None:
        import torch

        if torch.cuda.is_available():
            self._load_whole()
        else:
            self._load_in_eight_bits()

    def _load_whole(self) -> None:
        import whisper

        from audio.ears.decoder import Decoder

        model = whisper.load_model(str(self._file())).eval().requires_grad_(False).half()
        self._decoder, self.n_mels = Decoder(model), model.dims.n_mels
        self._attended = lambda features, *_: self._decoder.attend(_encoded(model, features))

    def _load_in_eight_bits(self) -> None:
        import onnxruntime
        import torch

        from audio.ears.decoder import Decoder

        wide, narrow = (_session(self._encoder(), cores) for cores in (self._cores, 1))
        self._decoder, self.n_mels = Decoder.of(self._file()), wide.get_inputs()[0].shape[1]
        all_cores = Lock()

        def attended(features: Features, dropped: Dropped, unhurried: bool) -> Any:
            torch.set_num_threads(1)  # its products are too small to share
            stoppable = onnxruntime.RunOptions()
            dropped.stops(lambda: setattr(stoppable, "terminate", True))
            first = not unhurried and all_cores.acquire(blocking=False)
            try:
                (sides,) = (wide if first else narrow).run(None, {"mel": features[None]}, stoppable)
            except Exception:  # ONNX Runtime has no public name for having been stopped
                if dropped:
                    return None
                raise
            finally:
                if first:
                    all_cores.release()
            return self._decoder.attending(torch.from_numpy(sides[0]))

        self._attended = attended

    def encode(self, features: Features, dropped: Dropped, unhurried: bool = False) -> Any:
        return self._attended(np.ascontiguousarray(features), dropped, unhurried)

    def odds(self, encoded: Any, languages: Sequence[Language]) -> dict[Language, float]:
        odds: dict[Language, float] = self._decoder.odds(encoded, languages)
        return odds

    def write(
        self, encoded: Any, language: Language, hint: str, most: int, dropped: Dropped, expected: str = ""
    ) -> Draft:
        draft: Draft = self._decoder.write(encoded, language, hint, most, dropped, expected)
        return draft


_FATAL = 4
"""Being stopped is logged as an error otherwise."""


def _session(encoder: Path, cores: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others have use for that core
    options.log_severity_level = _FATAL
    return onnxruntime.InferenceSession(str(encoder), options, providers=["CPUExecutionProvider"])


def _encoded(model: Any, features: Features) -> Any:
    """`AudioEncoder.forward` with its positions cut to the frames there are."""
    import torch
    from torch.nn.functional import gelu

    encoder, kind = model.encoder, model.encoder.conv1.weight.dtype
    with torch.inference_mode():
        x = torch.from_numpy(features[None]).to(model.device, kind)
        x = gelu(encoder.conv2(gelu(encoder.conv1(x)))).permute(0, 2, 1)
        x = x + encoder.positional_embedding[: x.shape[1]].to(x.dtype)
        for block in encoder.blocks:
            x = block(x)
        return encoder.ln_post(x)
