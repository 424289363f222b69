"""What Whisper's decoder writes: it reads what an earlier hearing made out in one go, and writes only what is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
import whisper
from torch import Tensor

from audio.ears.engine import MOST_HINT_TOKENS, Draft, Dropped, among
from calls.words import Language

_NOT_LANGUAGES = 51766
"""Tokens of a multilingual Whisper that are no language (openai-whisper, `model.py`)."""


class Reading(Protocol):
    """The decoder at one utterance, with the tokens that it has read."""

    def on(self, tokens: Sequence[int], asked: Sequence[int]) -> Tensor:
        """Reads `tokens`; returns the logits after those at the places `asked`, (len(asked), vocabulary)."""

    def forget(self, count: int) -> None:
        """Takes back the last `count` tokens."""


class Decoder:
    """Writes what `read` reads: it is given what the encoder made of an utterance. Its calls share only weights."""

    def __init__(self, read: Callable[[Any], Reading], vocabulary: int, device: torch.device | str = "cpu") -> None:
        self._read = read
        self._names: Any = whisper.tokenizer.get_tokenizer(True, num_languages=vocabulary - _NOT_LANGUAGES)
        special = range(self._names.eot + 1, vocabulary)
        self._unwritable = torch.tensor([*self._names.non_speech_tokens, *special], device=device)

    @torch.inference_mode()
    def odds(self, attended: Any, languages: Sequence[Language]) -> dict[Language, float]:
        """See `Engine.odds`."""
        logits = self._read(attended).on([self._names.sot], [0])[0]
        tokens = [self._names.to_language_token(each) for each in languages]
        return among(languages, torch.softmax(logits[tokens], dim=-1).tolist())

    @torch.inference_mode()
    def write(self, attended: Any, language: Language, hint: str, most: int, dropped: Dropped, expected: str) -> Draft:
        """See `Engine.write`."""
        reading = self._read(attended)
        prompt = self._prompt(language, hint)
        guess = self._names.encode(f" {expected}")[:most] if expected else []
        asked = [prompt.index(self._names.sot), *range(len(prompt) - 1, len(prompt) + len(guess))]
        logits = reading.on([*prompt, *guess], asked)
        start = torch.softmax(logits[0], dim=-1)
        tokens, total = self._go_on(reading, logits[1:], guess, most, dropped)
        text = self._names.decode(tokens).strip()
        return Draft(text, total / (len(tokens) + 1), float(start[self._names.no_speech]), len(tokens))

    def _go_on(
        self, reading: Reading, logits: Tensor, guess: list[int], most: int, dropped: Dropped
    ) -> tuple[list[int], float]:
        """The likeliest tokens and the sum of their log-probabilities, the closing one's included.

        `logits` are those before each token of `guess` and after the last. As far as the guess is what would have
        been written, it has been read already; where it differs, the rest of it is tried once more behind the
        token that is right (speculative decoding, Leviathan et al. 2023, in its greedy form). In single precision the
        words are the same; in 8 bits two tokens that are equally likely may change places.
        """
        tokens: list[int] = []
        total = 0.0
        while True:
            for at, row in enumerate(logits):
                token, logprob = self._likeliest(row, first=not tokens)
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
            logits = reading.on([token, *guess], range(len(guess) + 1))

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
