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

_BACKGROUND = Path(__file__).with_name("background.yaml")


class Meaning:
    """`encoders` with their weights in the joint cosine."""

    def __init__(self, encoders: Sequence[tuple[Encoder, float]]):
        total = sum(weight for _, weight in encoders)
        self._encoders = [(encoder, np.float32((weight / total) ** 0.5)) for encoder, weight in encoders]
        self._means: dict[tuple[int, str, Language], Rows] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """Changes when vectors made before can no longer be compared."""
        return "+".join(f"{encoder.name}*{weight:.3f}" for encoder, weight in self._encoders) + "/1"

    def question(self, text: str, language: Language) -> Rows:
        """One row for what a caller says."""
        parts = [
            self._apart(encoder([text]), self._mean(number, "questions", language)) * weight
            for number, (encoder, weight) in enumerate(self._encoders)
        ]
        row: Rows = np.hstack(parts)[0]
        return row

    def on_file(self, texts: Sequence[tuple[str, Language]]) -> Rows:
        """A row for each text that a question should find."""
        columns = []
        for number, (encoder, weight) in enumerate(self._encoders):
            means = np.vstack([self._mean(number, "on_file", language) for _, language in texts])
            columns.append(self._apart(encoder.passage([text for text, _ in texts]), means) * weight)
        return np.hstack(columns)

    def _apart(self, rows: Rows, mean: Rows) -> Rows:
        away = rows - mean
        length = np.linalg.norm(away, axis=1, keepdims=True)
        unit: Rows = (away / np.where(length > 0, length, 1)).astype(np.float32)
        return unit

    def _mean(self, number: int, side: str, language: Language) -> Rows:
        with self._lock:
            if not self._means:
                self._measure()
            return self._means[number, side, language]

    def _measure(self) -> None:
        sentences = yaml.safe_load(_BACKGROUND.read_text(encoding="utf-8"))
        for number, (encoder, _) in enumerate(self._encoders):
            for language in LANGUAGES:
                asked, filed = sentences["questions"][language], sentences["on_file"][language]
                self._means[number, "questions", language] = encoder(asked).mean(axis=0)
                self._means[number, "on_file", language] = encoder.passage(filed).mean(axis=0)
