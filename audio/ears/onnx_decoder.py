"""Whisper's decoder as an ONNX graph in 8 bits: half the time a token that torch needs, and no Python in between.

Each row of activations is scaled by itself, so that a token's result does not depend on those read beside it. Weights
have 8 bits and a scale for each column, activations 7: without VNNI two products of 8 bits overflow 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import whisper
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor

from audio.ears.onnx_graph import NOTHING, OURS, Graph, model_of

LEVELS, WEIGHT_LEVELS = 63, 127
_MIDDLE = LEVELS + 1


def write_decoder(checkpoint: Path, target: Path) -> None:
    """Makes `target` of an openai-whisper checkpoint. Blocks some 3 s.

    In: `tokens` (n,), `asked` (k,) which of them, and for each layer what is attended to, `keys_0` and `values_0` (1,
    heads, sounds, 64), and what was read before, `old_keys_0` and `old_values_0` (1, heads, m, 64). Out: `logits` (k,
    vocabulary) after each token that is asked for, and `new_keys_0` and `new_values_0` (1, heads, m + n, 64).
    """
    model = whisper.load_model(str(checkpoint), "cpu").float().eval().requires_grad_(False)
    onnx.save(_DecoderGraph().whole(model), target)


class OnnxReading:
    """See `decoder.Reading`. `session` runs the graph; `sides` (layers * 2, 1, heads, sounds, 64) is attended to."""

    def __init__(self, session: Any, sides: NDArray[np.float32]) -> None:
        self._session = session
        names = [f"{kind}_{number}" for number in range(len(sides) // 2) for kind in ("keys", "values")]
        self._sides = dict(zip(names, sides, strict=True))
        nothing = np.zeros((1, sides.shape[2], 0, sides.shape[4]), np.float32)
        self._past = {f"old_{name}": nothing for name in names}

    def on(self, tokens: Sequence[int], asked: Sequence[int]) -> Tensor:
        given = {"tokens": np.array(tokens, np.int64), "asked": np.array(asked, np.int64), **self._sides, **self._past}
        logits, *made = self._session.run(None, given)
        self._past = dict(zip(self._past, made, strict=True))
        return torch.from_numpy(logits)

    def forget(self, count: int) -> None:
        if count:
            self._past = {name: np.ascontiguousarray(each[:, :, :-count]) for name, each in self._past.items()}


class _DecoderGraph(Graph):
    """`TextDecoder.forward` over the tokens that are new."""

    def whole(self, model: Any) -> onnx.ModelProto:
        net, dims = model.decoder, model.dims
        layers, heads = range(dims.n_text_layer), dims.n_text_head
        x = self._read(net)
        made = []
        for number, block in enumerate(net.blocks):
            x, *new = self._layer(x, block, number, heads)
            made += new
        wanted = self.norm(self.node("Gather", x, "asked"), net.ln)
        made.insert(0, self._linear(wanted, [net.token_embedding]))
        sides = [f"{kind}_{number}" for number in layers for kind in ("keys", "values")]
        size = [1, heads, "sounds", dims.n_text_state // heads]
        given = [
            *(helper.make_tensor_value_info(name, TensorProto.INT64, [f"n_{name}"]) for name in ("tokens", "asked")),
            *(helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name in sides),
            *(_value(f"old_{name}", [1, heads, "before", size[-1]]) for name in sides),
        ]
        names = ["logits", *(f"new_{name}" for name in sides)]
        told = [_value("logits", ["n_asked", dims.n_vocab])]
        told += [_value(name, [1, heads, "after", size[-1]]) for name in names[1:]]
        for name, each in zip(names, made, strict=True):
            self.named(each, name)
        return model_of(self, given, told)

    def _read(self, net: Any) -> str:
        """Tokens and their places, (n, state)."""
        words = self.node("Gather", self.constant(net.token_embedding.weight.half().numpy()), "tokens")
        words = self.node("Cast", words, to=TensorProto.FLOAT)
        before = self.node("Shape", "old_keys_0", start=2, end=3)
        after = self.node("Add", before, self.node("Shape", "tokens"))
        places = self.constant(net.positional_embedding.numpy())
        here = self.node("Slice", places, before, after, self.constant(np.array([0])))
        return self.node("Add", words, here)

    def _layer(self, x: str, block: Any, number: int, heads: int) -> tuple[str, str, str]:
        """`ResidualAttentionBlock`, and the keys and values that it leaves."""
        own, cross, (wide, _, narrow) = block.attn, block.cross_attn, block.mlp
        first = self.constant(np.array([0]))
        joined = self.node(
            "Unsqueeze", self._linear(self.norm(x, block.attn_ln), [own.query, own.key, own.value]), first
        )
        parts = self.node("Split", joined, outputs=3, axis=2, num_outputs=3).split()
        old = [f"old_{kind}_{number}" for kind in ("keys", "values")]
        told, keys, values = self.node(
            "MultiHeadAttention", *parts, "", "", "", *old, outputs=3, domain=OURS, num_heads=heads, unidirectional=1
        ).split()
        x = self.node("Add", x, self._linear(self.node("Squeeze", told, first), [own.out]))
        asked = self.node("Unsqueeze", self._linear(self.norm(x, block.cross_attn_ln), [cross.query]), first)
        sides = [f"{kind}_{number}" for kind in ("keys", "values")]
        told = self.node("MultiHeadAttention", asked, *sides, domain=OURS, num_heads=heads)
        x = self.node("Add", x, self._linear(self.node("Squeeze", told, first), [cross.out]))
        spread = self.gelu(self._linear(self.norm(x, block.mlp_ln), [wide]))
        return self.node("Add", x, self._linear(spread, [narrow])), keys, values

    def _linear(self, x: str, parts: Sequence[Any]) -> str:
        """Layers with one input as one product of 8 bits, each row of `x` scaled by its largest."""
        weight, bias = self.joined(parts)
        scales = (np.abs(weight).max(0).clip(NOTHING) / WEIGHT_LEVELS).astype(np.float32)
        rounded = np.rint(weight / scales).astype(np.int8)
        step = self.node("Mul", self._largest(x), self._number(1 / LEVELS))
        levels = self.node("QuantizeLinear", x, step, self._middle(step), axis=0)
        given = [self.constant(rounded), self._number(1.0), self.constant(scales), self._number(_MIDDLE, np.uint8)]
        product = self.node("MatMulIntegerToFloat", levels, *given, domain=OURS)
        whole = self.node("Mul", product, self.node("Unsqueeze", step, self.constant(np.array([1]))))
        return self.node("Add", whole, self.constant(bias)) if bias.any() else whole

    def _largest(self, x: str) -> str:
        """Of each row; never nothing."""
        largest = self.node("ReduceMax", self.node("Abs", x), self.constant(np.array([-1])), keepdims=0)
        return self.node("Add", largest, self._number(NOTHING))

    def _middle(self, step: str) -> str:
        """What stands for 0 in each row."""
        return self.node("Expand", self._number(_MIDDLE, np.uint8), self.node("Shape", step))

    def _number(self, value: float, kind: type = np.float32) -> str:
        return self.constant(np.array(value, kind))


def _value(name: str, shape: list[Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
