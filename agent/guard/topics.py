"""Politics, religion and sex: two embedders with a linear head a topic, and a small word list.

The embedders see what a sentence is about; the words settle what they blur. Scores are log-odds inside,
probabilities outside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.guard.normalise import plain, tidy
from agent.guard.patterns import any_of, patterns
from calls.errors import EngineGarbled, WeightsError
from calls.ports import Embed
from calls.words import Screened, Topic, Verdict

TOPICS = (Topic.POLITICS, Topic.RELIGION, Topic.SEX)
WEIGHTS = Path(__file__).with_name("heads.npz")
PROBES = ("Buenos días, ¿está la señora Vidal?", "the government should lower taxes", "dios existe", "quiero sexo")
"""Scored when the heads were fitted and again when they are loaded: other embedders than those are found out."""
E5_SCALE = 3.0
"""The spread of E5's vectors is a third of the other embedder's."""
_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Log-odds from which a text is blocked, and from which it is doubtful."""

    block: tuple[float, float, float] = (0.8, 0.1, 1.0)
    grey: tuple[float, float, float] = (-0.4, -0.4, 0.5)


DEFAULT = Thresholds()


@dataclass(frozen=True, slots=True)
class Heads:
    """One linear head a topic over both embeddings side by side, and one over the fast embedding alone.

    `weights` (3, e5 + fast), `bias` (3,), `quick` (3, fast + 1: the bias is last), `centre` (e5,), `probes` as PROBES.
    """

    weights: _Floats
    bias: _Floats
    quick: _Floats
    centre: _Floats
    probes: _Floats
    lines: str
    """The fingerprint of the lines that they were fitted on."""

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Heads:
        """Raises WeightsError when the file is missing or not what was written."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    **{key: stored[key].astype(np.float32) for key in ("weights", "bias", "quick", "centre", "probes")},
                    lines=str(stored["lines"]),
                )
        except (OSError, KeyError, ValueError) as error:
            raise WeightsError(
                "rules", f"{path} cannot be read ({error}). Fit it again: python -m evals.guard."
            ) from error

    def features(self, e5: _Floats, fast: _Floats) -> _Floats:
        return np.hstack([(e5 - self.centre) * E5_SCALE, fast])

    def scores(self, e5: _Floats, fast: _Floats) -> _Floats:
        """Log-odds, shape (texts, 3)."""
        found: _Floats = self.features(e5, fast) @ self.weights.T + self.bias
        return found

    def quick_scores(self, fast: _Floats) -> _Floats:
        """Rougher log-odds at a tenth of the cost, shape (texts, 3)."""
        found: _Floats = fast @ self.quick[:, :-1].T + self.quick[:, -1]
        return found


class Lexicon:
    """The word list: what it adds to a topic's log-odds."""

    SURE, LEANS, MOST_LEANS, ORDINARY = 8.0, 0.5, 3, -1.5

    def __init__(self) -> None:
        lists = patterns("topics")
        self._sure = [lists[f"{topic.value}_sure"] for topic in TOPICS]
        self._leans = [lists[f"{topic.value}_leans"] for topic in TOPICS]
        self._ordinary, self._spare = lists["ordinary"], lists["spare"]

    def adds(self, text: str, names: re.Pattern[str]) -> list[float]:
        """What the words of `text` say of each topic; `names` of the house say nothing."""
        words = self._spare.sub(" ", names.sub(" ", plain(text)))
        served = self.ORDINARY if self._ordinary.search(words) else 0.0
        found = []
        for sure, leans in zip(self._sure, self._leans, strict=True):
            hits = len({hit.group() for hit in leans.finditer(words)})
            found.append((self.SURE if sure.search(words) else 0.0) + self.LEANS * min(hits, self.MOST_LEANS) + served)
        return found


class Topics:
    """Scores texts by topic. Thread-safe; costs one embedding of each kind a text."""

    CLEAN = -1.0
    """Log-odds of the quick heads under which a sentence of ours is not looked at more closely."""

    def __init__(
        self, embed_e5: Embed, embed_fast: Embed, heads: Heads, lexicon: Lexicon, thresholds: Thresholds = DEFAULT
    ):
        self._e5, self._fast, self._heads = embed_e5, embed_fast, heads
        self._lexicon, self._thresholds = lexicon, thresholds

    def check(self) -> None:
        """Raises EngineGarbled when the embedders are not those that the heads were fitted on."""
        found = self._embedded(PROBES)
        if not np.allclose(found, self._heads.probes, atol=0.5):
            raise EngineGarbled(
                "rules", "The embedders do not match the fitted heads. Fit them again: python -m evals.guard."
            )

    def judge(self, texts: Sequence[str], names: Sequence[str], margin: float = 0.0) -> list[Screened]:
        """Each text judged alone; words in `names` (people, streets, companies) count for nothing by themselves.

        `margin`: log-odds by which a text must be over its threshold.
        """
        if not texts:
            return []
        allowed = allow_list(tuple(names))
        scores = self._embedded(texts) + np.array([self._lexicon.adds(text, allowed) for text in texts])
        return [self._screened(row, margin) for row in scores]

    def plainly_clean(self, text: str, names: Sequence[str]) -> bool:
        """Whether the fast embedder and the words see no topic in `text` at all: then `judge` need not be asked."""
        if max(self._lexicon.adds(text, allow_list(tuple(names)))) > Lexicon.LEANS * 2:
            return False
        scores = self._heads.quick_scores(self._fast([tidy(text) or "."]))
        return bool(np.isfinite(scores).all() and scores.max() < self.CLEAN)

    def _embedded(self, texts: Sequence[str]) -> _Floats:
        tidied = [tidy(text) or "." for text in texts]
        scores = self._heads.scores(self._e5(tidied), self._fast(tidied))
        if scores.shape != (len(texts), len(TOPICS)) or not np.isfinite(scores).all():
            raise EngineGarbled("rules", "An embedder returned something that is not a vector for each text.")
        return scores

    def _screened(self, row: _Floats, margin: float) -> Screened:
        scores = {
            topic.value: round(float(1 / (1 + np.exp(-each))), 3) for topic, each in zip(TOPICS, row, strict=True)
        }
        for verdict, levels in ((Verdict.BLOCK, self._thresholds.block), (Verdict.GREY, self._thresholds.grey)):
            over = row - np.array(levels) - margin
            if over.max() > 0:
                return Screened(verdict, TOPICS[int(over.argmax())], scores)
        return Screened(Verdict.PASS, None, scores)


@cache
def allow_list(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of `names` (whole names, and each word of them of four letters or more) in plain text."""
    words = {plain(name) for name in names} | {word for name in names for word in plain(name).split() if len(word) > 3}
    return any_of([re.escape(word) for word in sorted(words, key=len, reverse=True) if word])
