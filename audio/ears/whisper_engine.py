"""Whisper (openai-whisper): on torch where there is a GPU, else in 8 bits on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from audio.ears.engine import Draft, Dropped
from audio.ears.mel import Features
from calls.words import Language


class WhisperEngine:
    """`file` and `graphs` are asked, once, when it loads, where the checkpoint lies, or the encoder and the decoder.

    The encoder takes `cores` for an utterance, and one for any other that comes meanwhile or is not in a hurry.
    """

    n_mels = 80

    def __init__(self, file: Callable[[], Path], graphs: Callable[[], tuple[Path, Path]], cores: int) -> None:
        self._file, self._graphs, self._cores = file, graphs, cores
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
        from audio.ears.torch_decoder import TorchDecoder

        model = whisper.load_model(str(self._file())).eval().requires_grad_(False).half()
        weights, self.n_mels = TorchDecoder(model), model.dims.n_mels
        self._decoder = Decoder(weights.reading, weights.vocabulary, weights.device)
        self._attended = lambda features, *_: weights.attend(_encoded(model, features))

    def _load_in_eight_bits(self) -> None:
        import onnxruntime
        import torch

        from audio.ears.decoder import Decoder
        from audio.ears.onnx_decoder import OnnxReading

        encoder, decoder = self._graphs()
        wide, narrow = (_session(encoder, cores) for cores in (self._cores, 1))
        reader, self.n_mels = _session(decoder, 1), wide.get_inputs()[0].shape[1]
        self._decoder = Decoder(partial(OnnxReading, reader), reader.get_outputs()[0].shape[1])
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
            return sides

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


def _session(graph: Path, cores: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    options.add_session_config_entry("session.force_spinning_stop", "1")  # others have use for that core
    options.log_severity_level = _FATAL
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


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
