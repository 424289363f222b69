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
from onnx import TensorProto, helper

from audio.ears.onnx_graph import NOTHING, OURS, Graph, model_of

LEVELS = 63


def write_encoder(checkpoint: Path, target: Path) -> None:
    """Makes `target` of an openai-whisper checkpoint. Blocks some 3 s.

    In: `mel` (1, n_mels, frames), frames even. Out: `sides` (decoder layers * 2, 1, heads, frames / 2, 64), for each
    layer of the decoder its keys, then its values.
    """
    model = whisper.load_model(str(checkpoint), "cpu").float().eval().requires_grad_(False)
    onnx.save(_EncoderGraph().whole(model), target)


class _EncoderGraph(Graph):
    def whole(self, model: Any) -> onnx.ModelProto:
        """`AudioEncoder.forward` with its positions cut to the frames there are, then the decoder's attention to it."""
        encoder, heads = model.encoder, model.dims.n_audio_head
        x = self._conv(self._conv("mel", encoder.conv1), encoder.conv2)
        x = self._sum(self.node("Transpose", x, perm=[0, 2, 1]), encoder.positional_embedding)
        for block in encoder.blocks:
            x = self._block(x, block, heads)
        sides = [side for block in model.decoder.blocks for side in (block.cross_attn.key, block.cross_attn.value)]
        attended = self._linear(self.norm(x, encoder.ln_post), sides)
        apart = self.constant(np.array([-1, len(sides), heads, model.dims.n_text_state // heads]))
        attended = self.node("Transpose", self.node("Reshape", attended, apart), perm=[1, 2, 0, 3])
        self.named(self.node("Unsqueeze", attended, self.constant(np.array([1]))), "sides")
        given = helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, model.dims.n_mels, "frames"])
        made = helper.make_tensor_value_info("sides", TensorProto.FLOAT, [len(sides), 1, heads, "half", None])
        return model_of(self, [given], [made])

    def _block(self, x: str, block: Any, heads: int) -> str:
        """`ResidualAttentionBlock` without a mask."""
        own, (wide, _, narrow) = block.attn, block.mlp
        joined = self._linear(self.norm(x, block.attn_ln), [own.query, own.key, own.value])
        parts = self.node("Split", joined, outputs=3, axis=2, num_outputs=3)
        told = self.node("MultiHeadAttention", *parts.split(), domain=OURS, num_heads=heads)
        x = self.node("Add", x, self._linear(told, [own.out]))
        spread = self.gelu(self._linear(self.norm(x, block.mlp_ln), [wide]))
        return self.node("Add", x, self._linear(spread, [narrow]))

    def _linear(self, x: str, parts: Sequence[Any]) -> str:
        """Layers with one input as one product."""
        weight, bias = self.joined(parts)
        scales = (np.abs(weight).max(0).clip(NOTHING) / LEVELS).astype(np.float32)
        rounded = np.rint(weight / scales).astype(np.int8)
        zeros = np.zeros(len(scales), np.int8)
        given = [self.constant(each) for each in (rounded, scales, zeros, bias)]
        return self.node("DynamicQuantizeMatMul", x, *given, domain=OURS)

    def _conv(self, x: str, conv: Any) -> str:
        given = [self.constant(each.numpy()) for each in (conv.weight, conv.bias)]
        return self.gelu(self.node("Conv", x, *given, kernel_shape=[3], pads=[1, 1], strides=list(conv.stride)))

    def _sum(self, x: str, positions: torch.Tensor) -> str:
        """`x` (1, n, state) and the first n of `positions`."""
        length = self.node("Shape", x, start=1, end=2)
        start, axis = self.constant(np.array([0])), self.constant(np.array([1]))
        return self.node("Add", x, self.node("Slice", self.constant(positions.numpy()[None]), start, length, axis))
