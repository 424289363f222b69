"""What a text means, as one vector in which a question lies near its answer whatever the two languages.

Plain cosines of both encoders favour texts in the question's own language. Each language's mean over everyday
telephone sentences (background.yaml) is taken away first, apart for questions and for what is on file; then the
encoders are laid side by side, so that one cosine of the joint vector is the weighted sum of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
import yaml

from calls.words import LANGUAGES, Language
from knowledge.embedding import Encoder, Rows
from knowledge.measured import measured

_BACKGROUND = Path(__file__).with_name("background.yaml")


class Meaning:
    """`encoders` with their weights in the joint cosine."""

    def __init__(self, encoders: Sequence[tuple[Encoder, float]]):
        total = sum(weight for _, weight in encoders)
        self._encoders = [(encoder, np.float32((weight / total) ** 0.5)) for encoder, weight in encoders]
        self._means: dict[str, Rows] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """Changes when vectors made before can no longer be compared."""
        return "+".join(f"{encoder.name}*{weight:.3f}" for encoder, weight in self._encoders) + "/1"

    def questions(self, texts: Sequence[tuple[str, Language]]) -> Rows:
        """A row for each thing that a caller says."""
        parts = [encoder([text for text, _ in texts]) for encoder, _ in self._encoders]
        return self._joint(parts, "questions", texts)

    def on_file(self, texts: Sequence[tuple[str, Language]]) -> Rows:
        """A row for each text that a question should find."""
        parts = [encoder.passage([text for text, _ in texts]) for encoder, _ in self._encoders]
        return self._joint(parts, "on_file", texts)

    def _joint(self, parts: Sequence[Rows], side: str, texts: Sequence[tuple[str, Language]]) -> Rows:
        """Each encoder's rows away from their language's mean, side by side."""
        columns = []
        for number, (rows, (_, weight)) in enumerate(zip(parts, self._encoders, strict=True)):
            means = np.vstack([self.means()[f"{side}/{language}/{number}"] for _, language in texts])
            columns.append(self._apart(rows, means) * weight)
        return np.hstack(columns)

    def _apart(self, rows: Rows, mean: Rows) -> Rows:
        away = rows - mean
        length = np.linalg.norm(away, axis=1, keepdims=True)
        unit: Rows = (away / np.where(length > 0, length, 1)).astype(np.float32)
        return unit

    def means(self) -> dict[str, Rows]:
        """The mean row of each side, language and encoder: ``on_file/es/0``."""
        with self._lock:
            if not self._means:
                self._means = measured(self.name) or self._measure()
            return self._means

    def _measure(self) -> dict[str, Rows]:
        sentences = yaml.safe_load(_BACKGROUND.read_text(encoding="utf-8"))
        means: dict[str, Rows] = {}
        for number, (encoder, _) in enumerate(self._encoders):
            for language in LANGUAGES:
                asked, filed = sentences["questions"][language], sentences["on_file"][language]
                means[f"questions/{language}/{number}"] = encoder(asked).mean(axis=0)
                means[f"on_file/{language}/{number}"] = encoder.passage(filed).mean(axis=0)
        return means
