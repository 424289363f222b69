"""Fits the topic heads and their thresholds from the lines in lines/, at build time.

The lines are the project's own. ``(a|b|c)`` in a line stands for alternatives; ``#`` starts a comment.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from agent.guard.fitting import Answers, Floats, Linear, Network, Weights, linear, network
from agent.guard.normalise import tidy
from agent.guard.topics import MARGIN, PROBES, TOPICS, WEIGHTS, Heads, Lexicon, allow_list
from calls.ports import Embed

LINES = Path(__file__).with_name("lines")
MOST_OF_ONE = 6
"""So many variants of one line are used at most, picked by the line itself."""
BATCH = 64
NEAR = 2.0
"""How much more a line near a topic weighs than another."""
FOLDS = 4
ORDINARY_BLOCKED, NEAR_BLOCKED = (0.0125, 0.0125, 0.005), (0.11, 0.11, 0.012)
"""Shares of our own lines, held out, that each topic may block; the stricter of the two sets its threshold.

The ordinary lines are chosen to be hard; people on the phone say milder things. Of what is near sex (beds, kisses,
clothes, the body) people speak all day.
"""
ORDINARY_GREY, NEAR_GREY = (0.045, 0.045, 0.045), (0.14, 0.14, 0.14)
DOUBTS_LOST, BLOCKS_LOST = 0.02, 0.006
"""Shares of a topic's lines, held out, that the quick heads may wave through although the slow ones would not."""
_Judge = TypeVar("_Judge", Linear, Network)
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Example:
    """One training text. `label`: politics, religion, sex, ordinary or near. `line`: where it comes from."""

    text: str
    label: str
    language: str
    line: str


def variants(line: str) -> list[str]:
    """All that ``(a|b)`` in `line` can become, at most MOST_OF_ONE, always the same ones."""
    parts = _CHOICE.split(line)
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    texts = [re.sub(r"\s+", " ", "".join(each)).strip() for each in product(*choices)]
    if len(texts) <= MOST_OF_ONE:
        return texts
    return random.Random(line).sample(texts, MOST_OF_ONE)


def examples() -> list[Example]:
    """Every training text, in the order of the files."""
    found: list[Example] = []
    for path in sorted(LINES.glob("*.txt")):
        label, language = path.stem.split(".")
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                found += [Example(text, label, language, line) for text in variants(line)]
    return found


def fingerprint() -> str:
    """Changes when any training line does, or the way they are fitted."""
    here = Path(__file__)
    digest = hashlib.sha256(here.read_bytes() + here.with_name("fitting.py").read_bytes())
    for path in sorted(LINES.glob("*.txt")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def fit(embed_e5: Embed, embed_fast: Embed, texts: Sequence[Example] = ()) -> Heads:
    """Fits heads and thresholds to `texts`, or to every line: some minutes.

    Over both embeddings a small network, over the fast one logistic regressions by Newton's method: each topic against
    all else. Lines weigh nearly alike however many variants they have, and both sides of a topic weigh alike. The
    thresholds come from scores that heads fitted on the other lines give (cross-validation by line).
    """
    texts = texts or examples()
    tidied = [tidy(each.text) for each in texts]
    e5, fast = _embedded(embed_e5, tidied), _embedded(embed_fast, tidied)
    blank = np.zeros(0, dtype=np.float32)
    heads = Heads(blank, blank, blank, blank, blank, blank, blank, e5.mean(axis=0), blank, fingerprint())
    lines = Counter(each.line for each in texts)
    even = np.array([lines[each.line] ** -0.5 * (NEAR if each.label == "near" else 1.0) for each in texts])
    labels = np.array([each.label for each in texts])
    fold = np.array([int(hashlib.sha256(each.line.encode()).hexdigest(), 16) % FOLDS for each in texts])
    yes = np.stack([labels == topic.value for topic in TOPICS], axis=1)
    both, both_out = _tried(network, heads.features(e5, fast), yes, even, fold)
    quick, quick_out = _tried(linear, fast, yes, even, fold)
    words = np.array([Lexicon().adds(each.text, allow_list(())) for each in texts])
    block, grey = _levels(both_out + words, labels)
    silent = words.max(axis=1) <= Lexicon.SILENT
    clean = _clean(quick_out, silent & ((both_out + words - grey).max(axis=1) > 0), labels, DOUBTS_LOST)
    clear = _clean(quick_out, silent & ((both_out + words - block).max(axis=1) > MARGIN), labels, BLOCKS_LOST)
    heads = replace(heads, inner=both.inner, outer=both.outer, quick=quick.weights)
    heads = replace(heads, block=_single(block), grey=_single(grey), clean=_single(clean), clear=_single(clear))
    probes = [tidy(text) for text in PROBES]
    return replace(heads, probes=heads.scores(embed_e5(probes), embed_fast(probes)))


def _tried(
    fit_one: Callable[[Floats, Answers, Weights], _Judge],
    features: Floats,
    yes: Answers,
    even: Weights,
    fold: NDArray[np.int64],
) -> tuple[_Judge, NDArray[np.float64]]:
    """Heads fitted on all, and for every text the log-odds by heads that have not seen its line, shape (texts, 3)."""
    held_out = np.zeros(yes.shape)
    for each in range(FOLDS):
        seen = fold != each
        held_out[~seen] = fit_one(features[seen], yes[seen], even[seen])(features[~seen])
    return fit_one(features, yes, even), held_out


def _levels(scores: NDArray[np.float64], labels: NDArray[np.str_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-odds a topic from which a text is blocked, and from which it is doubtful."""
    ordinary, near = scores[labels == "ordinary"], scores[labels == "near"]
    block, grey = (
        np.maximum(_exceeded(ordinary, common), _exceeded(near, hard))
        for common, hard in ((ORDINARY_BLOCKED, NEAR_BLOCKED), (ORDINARY_GREY, NEAR_GREY))
    )
    return block, np.minimum(grey, block)


def _exceeded(scores: NDArray[np.float64], shares: Sequence[float]) -> NDArray[np.float64]:
    """Of each topic the log-odds that its share of the texts exceeds."""
    return np.array([np.quantile(scores[:, topic], 1 - share) for topic, share in enumerate(shares)])


def _clean(
    quick: NDArray[np.float64], found: NDArray[np.bool_], labels: NDArray[np.str_], lost: float
) -> NDArray[np.float64]:
    """Log-odds of each quick head under which a text needs no closer look. `found`: where one would find something."""
    scores = [np.sort(quick[found & (labels == name), topic]) for topic, name in enumerate(TOPICS)]
    return np.array([each[int(lost * (labels == name).sum())] for each, name in zip(scores, TOPICS, strict=True)])


def save(heads: Heads, path: Path = WEIGHTS) -> None:
    """Writes the heads where `Heads.load` finds them."""
    np.savez_compressed(
        path,
        inner=heads.inner.astype(np.float16),
        outer=heads.outer,
        quick=heads.quick,
        block=heads.block,
        grey=heads.grey,
        clean=heads.clean,
        clear=heads.clear,
        centre=heads.centre.astype(np.float16),
        probes=heads.probes,
        lines=np.array(heads.lines),
    )


def _embedded(embed: Embed, texts: list[str]) -> NDArray[np.float32]:
    return np.vstack([embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)])


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)
