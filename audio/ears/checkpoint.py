"""Whisper's weights as CTranslate2 keeps them, turned into the checkpoint that openai-whisper loads.

The layout of `model.bin` is CTranslate2's own (`ctranslate2/specs/model_spec.py`, binary version 6).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from calls.errors import WeightsError

BINARY_VERSION = 6
FLOAT16 = 4
"""CTranslate2's number for the type."""

Tensors = dict[str, NDArray[np.float16]]

_WHOLE = {
    "encoder/conv1/weight": "encoder.conv1.weight",
    "encoder/conv1/bias": "encoder.conv1.bias",
    "encoder/conv2/weight": "encoder.conv2.weight",
    "encoder/conv2/bias": "encoder.conv2.bias",
    "encoder/position_encodings/encodings": "encoder.positional_embedding",
    "encoder/layer_norm/gamma": "encoder.ln_post.weight",
    "encoder/layer_norm/beta": "encoder.ln_post.bias",
    "decoder/embeddings/weight": "decoder.token_embedding.weight",
    "decoder/position_encodings/encodings": "decoder.positional_embedding",
    "decoder/layer_norm/gamma": "decoder.ln.weight",
    "decoder/layer_norm/beta": "decoder.ln.bias",
}
_BLOCK = {
    "self_attention/layer_norm/gamma": "attn_ln.weight",
    "self_attention/layer_norm/beta": "attn_ln.bias",
    "self_attention/linear_1": "attn.out",
    "attention/layer_norm/gamma": "cross_attn_ln.weight",
    "attention/layer_norm/beta": "cross_attn_ln.bias",
    "attention/linear_0": "cross_attn.query",
    "attention/linear_2": "cross_attn.out",
    "ffn/layer_norm/gamma": "mlp_ln.weight",
    "ffn/layer_norm/beta": "mlp_ln.bias",
    "ffn/linear_0": "mlp.0",
    "ffn/linear_1": "mlp.2",
}
_FUSED = {
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
}


def convert(source: Path, target: Path) -> None:
    """Writes the checkpoint `{"dims": ..., "model_state_dict": ...}` of a multilingual 80-mel Whisper `model.bin`.

    Raises WeightsError when `source` is not a half-precision Whisper model of the known layout.
    """
    import torch

    tensors = read_tensors(source)
    try:
        state = _state(tensors)
        dims = _dims(tensors, heads=state["encoder.positional_embedding"].shape[1] // 64)
    except (KeyError, ValueError) as error:
        raise WeightsError("ears", f"{source} is not a Whisper model that can be converted ({error}).") from error
    torch.save({"dims": dims, "model_state_dict": {name: torch.from_numpy(x) for name, x in state.items()}}, target)


def read_tensors(source: Path) -> Tensors:
    """Every half-precision tensor of a CTranslate2 `model.bin`, by its name there."""
    tensors: Tensors = {}
    with source.open("rb") as file:
        (version,) = _unpack(file, "I")
        name = _string(file)
        if version != BINARY_VERSION or name != "WhisperSpec":
            raise WeightsError("ears", f"{source} is {name} version {version}, not a WhisperSpec version 6.")
        _revision, count = _unpack(file, "II")
        for _ in range(count):
            name = _string(file)
            (rank,) = _unpack(file, "B")
            shape = _unpack(file, f"{rank}I")
            kind, size = _unpack(file, "BI")
            data = file.read(size)
            if kind == FLOAT16:
                tensors[name] = np.frombuffer(bytearray(data), np.float16).reshape(shape)
    return tensors


def _state(tensors: Tensors) -> Tensors:
    state = {theirs: tensors[ours] for ours, theirs in _WHOLE.items()}
    for name, tensor in tensors.items():
        side, layer, rest = [*name.split("/", 2), "", ""][:3]
        if not layer.startswith("layer_") or layer == "layer_norm":
            continue
        prefix = f"{side}.blocks.{layer.removeprefix('layer_')}"
        stem, _, kind = rest.rpartition("/")
        if stem in _FUSED:
            for part, piece in zip(_FUSED[stem], np.split(tensor, len(_FUSED[stem])), strict=True):
                if not (kind == "bias" and part.endswith("key")):
                    state[f"{prefix}.{part}.{kind}"] = np.ascontiguousarray(piece)
        else:
            state[f"{prefix}.{_BLOCK[rest] if rest in _BLOCK else f'{_BLOCK[stem]}.{kind}'}"] = tensor
    return state


def _dims(tensors: Tensors, heads: int) -> dict[str, int]:
    """`whisper.model.ModelDimensions`; every Whisper has heads of 64."""
    n_vocab, n_text_state = tensors["decoder/embeddings/weight"].shape
    n_audio_ctx, n_audio_state = tensors["encoder/position_encodings/encodings"].shape

    def layers(side: str) -> int:
        return len({name.split("/")[1] for name in tensors if name.startswith(f"{side}/layer_") and "ffn" in name})

    return {
        "n_mels": tensors["encoder/conv1/weight"].shape[1],
        "n_audio_ctx": n_audio_ctx,
        "n_audio_state": n_audio_state,
        "n_audio_head": heads,
        "n_audio_layer": layers("encoder"),
        "n_vocab": n_vocab,
        "n_text_ctx": tensors["decoder/position_encodings/encodings"].shape[0],
        "n_text_state": n_text_state,
        "n_text_head": heads,
        "n_text_layer": layers("decoder"),
    }


def _unpack(file: IO[bytes], layout: str) -> tuple[Any, ...]:
    return struct.unpack(f"<{layout}", file.read(struct.calcsize(f"<{layout}")))


def _string(file: IO[bytes]) -> str:
    (length,) = _unpack(file, "H")
    return file.read(length)[:-1].decode()
