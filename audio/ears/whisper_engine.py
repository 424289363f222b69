"""Whisper on torch (openai-whisper): on a GPU when there is one, else on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audio.ears.engine import MOST_HINT_TOKENS, Draft, among
from audio.ears.mel import Features
from calls.words import Language

Tensor = Any
"""torch.Tensor; torch is imported only once an engine loads."""


@dataclass(frozen=True, slots=True)
class _Encoded:
    """What the decoder attends to: for each of its layers, keys and values (1, frames / 2, state)."""

    layers: tuple[tuple[Tensor, Tensor], ...]


class WhisperEngine:
    """`file` is asked for the checkpoint, once, when it loads. Its calls share nothing but the weights."""

    n_mels = 80

    def __init__(self, file: Callable[[], Path], threads: int) -> None:
        self._file, self._threads = file, threads
        self._model: Any = None
        self._names: Any = None
        self._unwritable: Tensor = None

    def load(self) -> None:
        import torch
        import whisper

        torch.set_num_threads(self._threads)
        self._model = whisper.load_model(str(self._file())).eval().requires_grad_(False)
        if self._model.device.type == "cuda":
            self._model.half()
        self.n_mels = self._model.dims.n_mels
        self._names = names = whisper.tokenizer.get_tokenizer(True, num_languages=self._model.num_languages)
        special = range(names.eot + 1, self._model.dims.n_vocab)
        self._unwritable = torch.tensor([*names.non_speech_tokens, *special], device=self._model.device)

    def encode(self, features: Features) -> _Encoded:
        """`AudioEncoder.forward` with its positions cut to the frames there are."""
        import torch
        from torch.nn.functional import gelu

        encoder = self._model.encoder
        x = torch.from_numpy(np.ascontiguousarray(features[None])).to(self._model.device, encoder.conv1.weight.dtype)
        x = gelu(encoder.conv2(gelu(encoder.conv1(x)))).permute(0, 2, 1)
        x = x + encoder.positional_embedding[: x.shape[1]].to(x.dtype)
        for block in encoder.blocks:
            x = block(x)
        x = encoder.ln_post(x)
        attend = [block.cross_attn for block in self._model.decoder.blocks]
        return _Encoded(tuple((each.key(x), each.value(x)) for each in attend))

    def odds(self, encoded: _Encoded, languages: Sequence[Language]) -> dict[Language, float]:
        import torch

        logits = self._logits(_Reading(self._model.decoder, encoded).on([self._names.sot])[-1])
        tokens = [self._names.to_language_token(each) for each in languages]
        return among(languages, torch.softmax(logits[tokens], dim=-1).tolist())

    def write(self, encoded: _Encoded, language: Language, hint: str, most: int) -> Draft:
        import torch

        reading = _Reading(self._model.decoder, encoded)
        prompt = self._prompt(language, hint)
        states = reading.on(prompt)
        start = torch.softmax(self._logits(states[prompt.index(self._names.sot)]), dim=-1)
        tokens: list[int] = []
        total = 0.0
        while len(tokens) < most:
            token, logprob = self._likeliest(self._logits(states[-1]), first=not tokens)
            total += logprob
            if token == self._names.eot:
                break
            tokens.append(token)
            states = reading.on([token])
        text = self._names.decode(tokens).strip()
        return Draft(text, total / (len(tokens) + 1), float(start[self._names.no_speech]), len(tokens))

    def _prompt(self, language: Language, hint: str) -> list[int]:
        names = self._names
        before = names.encode(f" {hint}")[:MOST_HINT_TOKENS] if hint else []
        asked = [names.sot, names.to_language_token(language), names.transcribe, names.no_timestamps]
        return [names.sot_prev, *before, *asked] if before else asked

    def _logits(self, state: Tensor) -> Tensor:
        return (self._model.decoder.token_embedding.weight @ state).float()

    def _likeliest(self, logits: Tensor, first: bool) -> tuple[int, float]:
        """The likeliest token that may be written, and its log-probability among those."""
        import torch

        logits[self._unwritable] = -torch.inf
        if first:
            logits[[self._names.eot, *self._names.encode(" ")]] = -torch.inf
        logprob, token = torch.log_softmax(logits, dim=-1).max(dim=-1)
        return int(token), float(logprob)


class _Reading:
    """The decoder at one utterance. It keeps the keys and values of the tokens so far (`TextDecoder.forward`)."""

    def __init__(self, decoder: Any, encoded: _Encoded) -> None:
        self._decoder, self._encoded = decoder, encoded
        self._past: list[tuple[Tensor, Tensor]] = []
        self._at = 0

    def on(self, tokens: Sequence[int]) -> Tensor:
        """Reads `tokens`, several only at the start; returns the state after each, (len(tokens), state)."""
        import torch

        ids = torch.tensor([list(tokens)], device=self._decoder.token_embedding.weight.device)
        x = self._decoder.token_embedding(ids) + self._decoder.positional_embedding[self._at : self._at + len(tokens)]
        self._at += len(tokens)
        kept, self._past = self._past, []
        for number, block in enumerate(self._decoder.blocks):
            own, cross = block.attn, block.cross_attn
            at = block.attn_ln(x)
            keys, values = own.key(at), own.value(at)
            if kept:
                keys, values = torch.cat([kept[number][0], keys], 1), torch.cat([kept[number][1], values], 1)
            self._past.append((keys, values))
            x = x + own.out(own.qkv_attention(own.query(at), keys, values, self._decoder.mask)[0])
            x = x + cross.out(
                cross.qkv_attention(cross.query(block.cross_attn_ln(x)), *self._encoded.layers[number])[0]
            )
            x = x + block.mlp(block.mlp_ln(x))
        return self._decoder.ln(x)[0]
