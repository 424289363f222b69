"""Whisper's decoder on torch (openai-whisper): in half precision on a GPU when there is one, else in 8 bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
import whisper
from torch import Tensor
from torch.nn.functional import gelu, scaled_dot_product_attention

from audio.ears.int8 import Int8Linear

Linear = Callable[[Tensor], Tensor]
"""(n, in) to (n, out)."""


@dataclass(frozen=True, slots=True)
class Attended:
    """What the decoder attends to: for each of its layers, keys and values (1, heads, frames / 2, 64)."""

    layers: tuple[tuple[Tensor, Tensor], ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of `whisper.model.TextDecoder`; what reads the same input is one product. The `_ln` normalise."""

    own_ln: Linear
    own: Linear
    own_out: Linear
    cross_ln: Linear
    cross: Linear
    cross_out: Linear
    wide_ln: Linear
    wide: Linear
    narrow: Linear


class TorchDecoder:
    """The weights of `model`, an openai-whisper model."""

    def __init__(self, model: Any) -> None:
        net = model.decoder
        self.device, self.vocabulary = model.device, model.dims.n_vocab
        self._heads = model.dims.n_text_head
        linear = Int8Linear if self.device.type == "cpu" else _whole
        self._embedding = net.token_embedding.weight.half()
        self._positions, self._ln = net.positional_embedding, net.ln
        self._to_logits = linear(net.token_embedding.weight)
        self._layers = [_layer(block, linear) for block in net.blocks]
        sides = [side for block in net.blocks for side in (block.cross_attn.key, block.cross_attn.value)]
        self._attended = _joined(sides, linear)

    @classmethod
    def of(cls, file: Path) -> Self:
        """The decoder alone of the checkpoint `file`, on the CPU. Blocks."""
        return cls(whisper.load_model(str(file), "cpu").eval().requires_grad_(False))

    @torch.inference_mode()
    def attend(self, sound: Tensor) -> Attended:
        """To what the encoder made: (1, frames / 2, state)."""
        sides = self._attended(sound[0])
        sides = sides.view(len(sides), 2 * len(self._layers), self._heads, -1).permute(1, 2, 0, 3)
        return Attended(tuple((keys[None], values[None]) for keys, values in zip(sides[::2], sides[1::2], strict=True)))

    def reading(self, attended: Attended) -> TorchReading:
        return TorchReading(self._embedding, self._positions, self._layers, self._heads, attended, self._logits)

    def _logits(self, states: Tensor) -> Tensor:
        return self._to_logits(self._ln(states)).float()


class TorchReading:
    """See `decoder.Reading`. It keeps the keys and values of the tokens so far (`TextDecoder.forward`)."""

    def __init__(
        self,
        embedding: Tensor,
        positions: Tensor,
        layers: Sequence[_Layer],
        heads: int,
        attended: Attended,
        logits: Linear,
    ) -> None:
        self._logits = logits
        self._embedding, self._positions = embedding, positions
        self._layers, self._heads, self._attended = layers, heads, attended
        self._past: list[tuple[Tensor, Tensor]] = []
        self._at = 0

    @torch.inference_mode()
    def on(self, tokens: Sequence[int], asked: Sequence[int]) -> Tensor:
        device = self._embedding.device
        before, self._at = self._at, self._at + len(tokens)
        x = self._embedding[torch.tensor(tokens, device=device)] + self._positions[before : self._at]
        seen = torch.ones(len(tokens), self._at, dtype=torch.bool, device=device).tril(before)
        kept, self._past = self._past, []
        for number, layer in enumerate(self._layers):
            query, keys, values = self._apart(layer.own(layer.own_ln(x)), 3)
            if kept:
                keys, values = torch.cat([kept[number][0], keys], 2), torch.cat([kept[number][1], values], 2)
            self._past.append((keys, values))
            x = x + layer.own_out(_told(query, keys, values, seen))
            (query,) = self._apart(layer.cross(layer.cross_ln(x)), 1)
            x = x + layer.cross_out(_told(query, *self._attended.layers[number]))
            x = x + layer.narrow(gelu(layer.wide(layer.wide_ln(x))))
        return self._logits(x[list(asked)])

    def forget(self, count: int) -> None:
        self._at -= count
        self._past = [(keys[:, :, : self._at], values[:, :, : self._at]) for keys, values in self._past]

    def _apart(self, x: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(n, parts * state) as so many (1, heads, n, 64)."""
        return x.view(1, len(x), parts, self._heads, -1).permute(2, 0, 3, 1, 4).unbind()


def _told(asked: Tensor, keys: Tensor, values: Tensor, seen: Tensor | None = None) -> Tensor:
    """Attention, (n, state); `seen` (n, m): which keys each may look at."""
    return scaled_dot_product_attention(asked, keys, values, attn_mask=seen)[0].transpose(0, 1).flatten(1)


def _layer(block: Any, linear: Callable[..., Linear]) -> _Layer:
    own, cross, (wide, _, narrow) = block.attn, block.cross_attn, block.mlp
    return _Layer(
        block.attn_ln,
        _joined((own.query, own.key, own.value), linear),
        linear(own.out.weight, own.out.bias),
        block.cross_attn_ln,
        linear(cross.query.weight, cross.query.bias),
        linear(cross.out.weight, cross.out.bias),
        block.mlp_ln,
        linear(wide.weight, wide.bias),
        linear(narrow.weight, narrow.bias),
    )


def _joined(parts: Sequence[Any], linear: Callable[..., Linear]) -> Linear:
    """Several linear layers with one input as one; Whisper's keys have no bias."""
    biases = [torch.zeros_like(part.weight[:, 0]) if part.bias is None else part.bias for part in parts]
    return linear(torch.cat([part.weight for part in parts]), torch.cat(biases))


def _whole(weight: Tensor, bias: Tensor | None = None) -> Linear:
    return lambda x: torch.nn.functional.linear(x, weight, bias)
