"""Whisper's encoder as an ONNX graph in 8 bits: on a processor it takes a third of the time that torch needs.

Weights have 7 bits and a scale for each column: where the processor has no VNNI, two products of 8 bits overflow the 16
in which they are added up. The graph ends in what the decoder attends to, so that this is 8 bits too.
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
from onnx import TensorProto, helper, numpy_helper

LEVELS = 63
_NOTHING = 1e-8
_OPSET, _IR = 20, 10
_OURS = "com.microsoft"
"""ONNX Runtime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md"""


def write_encoder(checkpoint: Path, target: Path) -> None:
    """Makes `target` of an openai-whisper checkpoint. Blocks some 3 s.

    In: `mel` (1, n_mels, frames), frames even. Out: (1, frames / 2, decoder layers * 2 * state), for each layer of the
    decoder its keys, then its values.
    """
    model = whisper.load_model(str(checkpoint), "cpu").float().eval().requires_grad_(False)
    onnx.save(_Graph().whole(model), target)


class _Graph:
    """Nodes and weights while they are collected; every method adds to them and returns its output's name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def whole(self, model: Any) -> onnx.ModelProto:
        """`AudioEncoder.forward` with its positions cut to the frames there are, then the decoder's attention to it."""
        encoder, heads = model.encoder, model.dims.n_audio_head
        x = self._conv(self._conv("mel", encoder.conv1), encoder.conv2)
        x = self._sum(self._node("Transpose", x, perm=[0, 2, 1]), encoder.positional_embedding)
        for block in encoder.blocks:
            x = self._block(x, block, heads)
        sides = [side for block in model.decoder.blocks for side in (block.cross_attn.key, block.cross_attn.value)]
        attended = self._linear(self._norm(x, encoder.ln_post), sides)
        given = helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, model.dims.n_mels, "frames"])
        made = helper.make_tensor_value_info(attended, TensorProto.FLOAT, [1, "half", None])
        graph = helper.make_graph(self._nodes, "encoder", [given], [made], self._weights)
        domains = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_OURS, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=_IR)

    def _block(self, x: str, block: Any, heads: int) -> str:
        """`ResidualAttentionBlock` without a mask."""
        own, (wide, _, narrow) = block.attn, block.mlp
        joined = self._linear(self._norm(x, block.attn_ln), [own.query, own.key, own.value])
        parts = self._node("Split", joined, outputs=3, axis=2, num_outputs=3)
        told = self._node("MultiHeadAttention", *parts.split(), domain=_OURS, num_heads=heads)
        x = self._node("Add", x, self._linear(told, [own.out]))
        spread = self._gelu(self._linear(self._norm(x, block.mlp_ln), [wide]))
        return self._node("Add", x, self._linear(spread, [narrow]))

    def _linear(self, x: str, parts: Sequence[Any]) -> str:
        """Layers with one input as one product; Whisper's keys have no bias."""
        weight = torch.cat([part.weight for part in parts]).numpy().T
        bias = torch.cat([torch.zeros(len(part.weight)) if part.bias is None else part.bias for part in parts])
        scales = (np.abs(weight).max(0).clip(_NOTHING) / LEVELS).astype(np.float32)
        rounded = np.rint(weight / scales).astype(np.int8)
        zeros = np.zeros(len(scales), np.int8)
        given = [self._constant(each) for each in (rounded, scales, zeros, bias.numpy())]
        return self._node("DynamicQuantizeMatMul", x, *given, domain=_OURS)

    def _conv(self, x: str, conv: Any) -> str:
        given = [self._constant(each.numpy()) for each in (conv.weight, conv.bias)]
        return self._gelu(self._node("Conv", x, *given, kernel_shape=[3], pads=[1, 1], strides=list(conv.stride)))

    def _norm(self, x: str, norm: Any) -> str:
        given = [self._constant(each.numpy()) for each in (norm.weight, norm.bias)]
        return self._node("LayerNormalization", x, *given, epsilon=norm.eps)

    def _gelu(self, x: str) -> str:
        return self._node("Gelu", x, domain=_OURS)

    def _sum(self, x: str, positions: torch.Tensor) -> str:
        """`x` (1, n, state) and the first n of `positions`."""
        length = self._node("Shape", x, start=1, end=2)
        start, axis = self._constant(np.array([0])), self._constant(np.array([1]))
        return self._node("Add", x, self._node("Slice", self._constant(positions.numpy()[None]), start, length, axis))

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, *given: str, domain: str = "", outputs: int = 1, **settings: Any) -> str:
        """The names of its outputs, with spaces between them."""
        made = [f"{kind}_{len(self._nodes)}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, given, made, domain=domain, **settings))
        return " ".join(made)
