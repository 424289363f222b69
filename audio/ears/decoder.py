"""Whisper's decoder on torch (openai-whisper): in half precision on a GPU when there is one, else in 8 bits.

It reads what an earlier hearing made out in one go, and writes only what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
import whisper
from torch import Tensor
from torch.nn.functional import gelu, scaled_dot_product_attention

from audio.ears.engine import MOST_HINT_TOKENS, Draft, Dropped, among
from audio.ears.int8 import Int8Linear
from calls.words import Language

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


class Decoder:
    """The decoder of `model`, an openai-whisper model. Its calls share nothing but the weights."""

    def __init__(self, model: Any) -> None:
        net = model.decoder
        self.device = model.device
        self._heads = model.dims.n_text_head
        linear = Int8Linear if self.device.type == "cpu" else _whole
        self._embedding = net.token_embedding.weight.half()
        self._positions, self._ln = net.positional_embedding, net.ln
        self._to_logits = linear(net.token_embedding.weight)
        self._layers = [_layer(block, linear) for block in net.blocks]
        sides = [side for block in net.blocks for side in (block.cross_attn.key, block.cross_attn.value)]
        self._attended = _joined(sides, linear)
        self._names: Any = whisper.tokenizer.get_tokenizer(True, num_languages=model.num_languages)
        special = range(self._names.eot + 1, model.dims.n_vocab)
        self._unwritable = torch.tensor([*self._names.non_speech_tokens, *special], device=self.device)

    @classmethod
    def of(cls, file: Path) -> Self:
        """The decoder alone of the checkpoint `file`, on the CPU. Blocks."""
        return cls(whisper.load_model(str(file), "cpu").eval().requires_grad_(False))

    @torch.inference_mode()
    def attend(self, sound: Tensor) -> Attended:
        """To what the encoder made: (1, frames / 2, state)."""
        return self.attending(self._attended(sound[0]))

    def attending(self, sides: Tensor) -> Attended:
        """`sides` (frames / 2, layers * 2 * state): for each layer its keys, then its values."""
        sides = sides.view(len(sides), 2 * len(self._layers), self._heads, -1).permute(1, 2, 0, 3)
        return Attended(tuple((keys[None], values[None]) for keys, values in zip(sides[::2], sides[1::2], strict=True)))

    @torch.inference_mode()
    def odds(self, attended: Attended, languages: Sequence[Language]) -> dict[Language, float]:
        """See `Engine.odds`."""
        logits = self._logits(self._reading(attended).on([self._names.sot]))[0]
        tokens = [self._names.to_language_token(each) for each in languages]
        return among(languages, torch.softmax(logits[tokens], dim=-1).tolist())

    @torch.inference_mode()
    def write(
        self, attended: Attended, language: Language, hint: str, most: int, dropped: Dropped, expected: str
    ) -> Draft:
        """See `Engine.write`."""
        reading = self._reading(attended)
        prompt = self._prompt(language, hint)
        guess = self._names.encode(f" {expected}")[:most] if expected else []
        states = reading.on([*prompt, *guess])
        asked = prompt.index(self._names.sot)
        start = torch.softmax(self._logits(states[asked : asked + 1])[0], dim=-1)
        tokens, total = self._go_on(reading, states[len(prompt) - 1 :], guess, most, dropped)
        text = self._names.decode(tokens).strip()
        return Draft(text, total / (len(tokens) + 1), float(start[self._names.no_speech]), len(tokens))

    def _go_on(
        self, reading: _Reading, states: Tensor, guess: list[int], most: int, dropped: Dropped
    ) -> tuple[list[int], float]:
        """The likeliest tokens and the sum of their log-probabilities, the closing one's included.

        `states` are those before each token of `guess` and after the last. As far as the guess is what would have
        been written, it has been read already; where it differs, the rest of it is tried once more behind the
        token that is right (speculative decoding, Leviathan et al. 2023, in its greedy form). In single precision the
        words are the same; in 8 bits two tokens that are equally likely may change places.
        """
        tokens: list[int] = []
        total = 0.0
        while True:
            for at, logits in enumerate(self._logits(states)):
                token, logprob = self._likeliest(logits, first=not tokens)
                total += logprob
                if token == self._names.eot:
                    return tokens, total
                tokens.append(token)
                if len(tokens) == most or dropped:
                    return tokens, total
                if at == len(guess) or token != guess[at]:
                    break
            reading.forget(len(guess) - at)
            guess = guess[at + 1 :] if at else []
            states = reading.on([token, *guess])

    def _reading(self, attended: Attended) -> _Reading:
        return _Reading(self._embedding, self._positions, self._layers, self._heads, attended)

    def _logits(self, states: Tensor) -> Tensor:
        return self._to_logits(self._ln(states)).float()

    def _prompt(self, language: Language, hint: str) -> list[int]:
        names = self._names
        before = names.encode(f" {hint}")[:MOST_HINT_TOKENS] if hint else []
        asked = [names.sot, names.to_language_token(language), names.transcribe, names.no_timestamps]
        return [names.sot_prev, *before, *asked] if before else asked

    def _likeliest(self, logits: Tensor, first: bool) -> tuple[int, float]:
        """The likeliest token that may be written, and its log-probability among those."""
        logits[self._unwritable] = -torch.inf
        if first:
            logits[[self._names.eot, *self._names.encode(" ")]] = -torch.inf
        logprob, token = torch.log_softmax(logits, dim=-1).max(dim=-1)
        return int(token), float(logprob)


class _Reading:
    """The decoder at one utterance. It keeps the keys and values of the tokens so far (`TextDecoder.forward`)."""

    def __init__(
        self, embedding: Tensor, positions: Tensor, layers: Sequence[_Layer], heads: int, attended: Attended
    ) -> None:
        self._embedding, self._positions = embedding, positions
        self._layers, self._heads, self._attended = layers, heads, attended
        self._past: list[tuple[Tensor, Tensor]] = []
        self._at = 0

    def on(self, tokens: Sequence[int]) -> Tensor:
        """Reads `tokens`; returns the state after each, (len(tokens), state)."""
        device = self._embedding.device
        before, self._at = self._at, self._at + len(tokens)
        x = self._embedding[torch.tensor(tokens, device=device)] + self._positions[before : self._at]
        seen = torch.ones(len(tokens), self._at, dtype=torch.bool, device=device).tril(before)
        kept, self._past = self._past, []
        for number, layer in enumerate(self._layers):
            asked, keys, values = self._apart(layer.own(layer.own_ln(x)), 3)
            if kept:
                keys, values = torch.cat([kept[number][0], keys], 2), torch.cat([kept[number][1], values], 2)
            self._past.append((keys, values))
            x = x + layer.own_out(_told(asked, keys, values, seen))
            (asked,) = self._apart(layer.cross(layer.cross_ln(x)), 1)
            x = x + layer.cross_out(_told(asked, *self._attended.layers[number]))
            x = x + layer.narrow(gelu(layer.wide(layer.wide_ln(x))))
        return x

    def forget(self, count: int) -> None:
        """Takes back the last `count` tokens."""
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
