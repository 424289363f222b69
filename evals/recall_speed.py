"""How long a recall takes among a thousand and among fifty thousand preferences."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from calls.words import Circle, Language, Preference
from knowledge.embedding import Encoder, Rows
from knowledge.index import Index
from knowledge.meaning import Meaning
from knowledge.recall import Memory
from knowledge.topics import Topics

DAY = date(2026, 11, 23)
BARS_MS = {1_000: 30.0, 50_000: 60.0}
APART = 0.3
"""How far a copy's row is put from the row that it is a copy of."""
_BRANCH = re.compile(r" \(\d+\)$")


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds a recall among so many preferences, each question new to the encoders."""

    preferences: int
    p50: float
    p95: float

    @property
    def holds(self) -> bool:
        return self.p95 <= BARS_MS[self.preferences]


class Copies:
    """An encoder that works out a copy's row from its original's: reading 50,000 texts takes half an hour."""

    def __init__(self, encoder: Encoder):
        self._encoder, self.name = encoder, encoder.name

    def __call__(self, texts: Sequence[str]) -> Rows:
        return self._encoder(texts)

    def passage(self, texts: Sequence[str]) -> Rows:
        rows = self._encoder.passage([_BRANCH.sub("", text) for text in texts])
        away = np.stack(
            [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(rows.shape[1]) for text in texts]
        )
        moved = rows + APART * away / np.linalg.norm(away, axis=1, keepdims=True)
        found: Rows = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
        return found


def speed(
    preferences: Sequence[Preference],
    encoders: tuple[Encoder, Encoder],
    asked: Sequence[tuple[str, Language]],
    folder: Path,
    counts: Sequence[int] = tuple(BARS_MS),
) -> list[Speed]:
    """Measures at each of `counts`, with a progress bar while the index fills; its files stay in `folder`."""
    meaning = Meaning(((Copies(encoders[0]), 1.0), (Copies(encoders[1]), 0.5)))
    found = []
    for count in counts:
        memory = Memory(list(many(preferences, count)), Index(folder / str(count), meaning), meaning, Topics(meaning))
        with Progress(transient=True) as progress:
            task = progress.add_task(f"{count:,} preferences", total=len(memory.entries))
            memory.index(lambda done, _, task=task, bar=progress: bar.update(task, completed=done))  # type: ignore[misc]
        spent = []
        for text, language in asked:
            began = time.perf_counter()
            memory.recall(f"{text} {count}", Circle.INNER, language, DAY)
            spent.append((time.perf_counter() - began) * 1000)
        found.append(Speed(count, float(np.quantile(spent, 0.5)), float(np.quantile(spent, 0.95))))
        Console().print(f"at {count:,} preferences: p50 {found[-1].p50:.1f} ms, p95 {found[-1].p95:.1f} ms a question")
    return found


def many(preferences: Sequence[Preference], count: int) -> Iterator[Preference]:
    """The same preferences over and over, each copy for another branch of the company."""
    for number in range(count):
        each, branch = preferences[number % len(preferences)], number // len(preferences)
        texts: dict[Language, str] = {language: f"{text} ({branch})" for language, text in each.text.items()}
        yield replace(each, id=f"{each.id}-{branch}", text=texts)
