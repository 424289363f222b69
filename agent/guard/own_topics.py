"""Topics that a house keeps out beside politics, religion and sex: a few sentences say what each is about.

A head a topic is worked out when the house opens, from those sentences and the project's own ordinary lines, over
the fast embedding alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from agent.guard.normalise import tidy
from agent.guard.training import examples
from calls.errors import SettingsError
from calls.ports import Embed
from calls.words import Screened, Topic, Verdict

FEWEST = 6
"""So few sentences at least say what a topic is."""
SHRINK = 0.5
"""The share of the plain average spread in the spread of the ordinary lines (Ledoit and Wolf 2004)."""
BLOCKED, DOUBTED = 0.002, 0.01
"""Shares of the ordinary lines that a topic may block, and that it may doubt."""
_Floats = NDArray[np.float32]


class OwnTopics:
    """Judges by the topics of a house. `off`: by the name of a topic sentences that are about it, in any language."""

    def __init__(self, off: Mapping[str, Sequence[str]], embed_fast: Embed):
        self._names, self._fast = tuple(off), embed_fast
        served = embed_fast([tidy(text) for text in _served()])
        self._middle = served.mean(axis=0)
        spread = np.cov(served.T)
        spread = (1 - SHRINK) * spread + SHRINK * np.trace(spread) / len(spread) * np.eye(len(spread))
        apart = [embed_fast([tidy(text) for text in texts]).mean(axis=0) - self._middle for texts in off.values()]
        self._heads = np.linalg.solve(spread, np.array(apart).T).astype(np.float32)
        scores = self._scores(served)
        self._block, self._grey = (np.quantile(scores, 1 - share, axis=0) for share in (BLOCKED, DOUBTED))

    def __call__(self, texts: Sequence[str]) -> list[Screened]:
        """Each text judged alone; the topic is OTHER, and the one score that of the nearest topic, by its name."""
        return [self._screened(row) for row in self._scores(self._fast([tidy(text) or "." for text in texts]))]

    def _scores(self, rows: _Floats) -> _Floats:
        found: _Floats = (rows - self._middle) @ self._heads
        return found

    def _screened(self, row: _Floats) -> Screened:
        best = int((row - self._block).argmax())
        score = {self._names[best]: round(float(np.clip(row[best] / (2 * self._block[best]), 0.0, 1.0)), 3)}
        if row[best] > self._block[best]:
            return Screened(Verdict.BLOCK, Topic.OTHER, score)
        return Screened(Verdict.GREY, Topic.OTHER, score) if (row > self._grey).any() else Screened(scores=score)


def read_topics(path: Path) -> dict[str, list[str]]:
    """The sentences of each topic in the YAML file `path`. Raises SettingsError, which says what to mend."""
    try:
        read: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(
            f"ANTESALA_TOPICS: {path} cannot be read ({type(error).__name__}). Mend or unset it."
        ) from error
    if not isinstance(read, dict):
        raise SettingsError(f"ANTESALA_TOPICS: {path} should give each topic a list of sentences.")
    for name, texts in read.items():
        if not isinstance(texts, list) or len({str(text).strip() for text in texts if text}) < FEWEST:
            raise SettingsError(
                f"ANTESALA_TOPICS: {path}: {name} needs at least {FEWEST} different sentences that callers may say."
            )
    return {str(name): [str(text) for text in texts if text] for name, texts in read.items()}


def _served() -> list[str]:
    """One text of each of the project's lines that are served."""
    return list({each.line: each.text for each in examples() if each.label in ("ordinary", "near")}.values())
