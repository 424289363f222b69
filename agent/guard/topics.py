"""Politics, religion and sex: two embedders, a small network over both, and a small word list.

The embedders see what a sentence is about; the words settle what they blur. Scores are log-odds inside,
probabilities outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.guard.fitting import Linear, Network
from agent.guard.normalise import LONGEST, plain, tidy
from agent.guard.patterns import any_of, patterns
from calls.errors import EngineGarbled, WeightsError
from calls.ports import Embed
from calls.words import Screened, Topic, Verdict

TOPICS = (Topic.POLITICS, Topic.RELIGION, Topic.SEX)
WEIGHTS = Path(__file__).with_name("heads.npz")
PROBES = ("Buenos días, ¿está la señora Vidal?", "the government should lower taxes", "dios existe", "quiero sexo")
"""Scored when the heads were fitted and again when they are loaded: other embedders than those are found out."""
MARGIN = 0.8
"""By so much log-odds more must a sentence of ours be off topic: most of them are the house's own wording."""
LONG, PIECE = 30, 16
"""A text of more words than the first is also judged in pieces of at least so many: one sentence among many drowns."""
PIECE_MARGIN = 0.8
"""By so much log-odds more must a piece be off topic: there are several of them."""
E5_SCALE = 3.0
"""The spread of E5's vectors is a third of the other embedder's."""
Own = Callable[[Sequence[str]], list[Screened]]
"""Judges each text by the topics that a house adds."""
_Floats = NDArray[np.float32]
_STORED = ("inner", "outer", "quick", "block", "grey", "clean", "clear", "centre", "probes")


@dataclass(frozen=True, slots=True)
class Heads:
    """A network of one layer over both embeddings side by side, and a linear head a topic over the fast one alone.

    `inner` (units, e5 + fast + 1), `outer` (3, units + 1), `quick` (3, fast + 1): the bias is last. `centre` (e5,),
    `probes` as PROBES.
    Log-odds a topic, shape (3,): from `block` a text is blocked, from `grey` it is doubtful, and as long as every
    quick head stays under `clean` it needs no closer look; under `clear` none where only a block by MARGIN counts.
    """

    inner: _Floats
    outer: _Floats
    quick: _Floats
    block: _Floats
    grey: _Floats
    clean: _Floats
    clear: _Floats
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
                    **{key: stored[key].astype(np.float32) for key in _STORED},
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
        return Network(self.inner, self.outer)(self.features(e5, fast))

    def quick_scores(self, fast: _Floats) -> _Floats:
        """Rougher log-odds at a tenth of the cost, shape (texts, 3)."""
        return Linear(self.quick)(fast)


class Lexicon:
    """The word list: what it adds to a topic's log-odds."""

    SURE, LEANS, MOST_LEANS, ORDINARY = 8.0, 0.5, 3, -1.5
    SILENT = 2 * LEANS
    """A text for which the words add no more than this is left to the quick heads."""

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
    """Scores texts by topic. Thread-safe; a plainly clean text costs one fast embedding, another one of each kind."""

    def __init__(self, embed_e5: Embed, embed_fast: Embed, heads: Heads, lexicon: Lexicon, own: Own | None = None):
        self._e5, self._fast, self._heads, self._lexicon, self._own = embed_e5, embed_fast, heads, lexicon, own

    def check(self) -> None:
        """Raises EngineGarbled when the embedders are not those that the heads were fitted on."""
        found = self._embedded([tidy(text) for text in PROBES])
        if not np.allclose(found, self._heads.probes, atol=0.5):
            raise EngineGarbled(
                "rules", "The embedders do not match the fitted heads. Fit them again: python -m evals.guard."
            )

    def judge(self, texts: Sequence[str], names: Sequence[str], margin: float = 0.0) -> list[Screened]:
        """Each text judged alone; words in `names` (people, streets, companies) count for nothing by themselves.

        `margin`: log-odds by which a text must be over its threshold; at least MARGIN where only a block counts.
        Only what the quick heads and the words do not find plainly clean is embedded twice.
        """
        whole = [(number, margin, text) for number, text in enumerate(texts)]
        parts = [(number, margin + PIECE_MARGIN, piece) for number, _, text in whole for piece in pieces(text)]
        found: dict[int, Screened] = {}
        for (number, more, _), (row, closer) in zip(
            whole + parts, self._scored([text for _, _, text in whole + parts], names, margin), strict=True
        ):
            screened = self._screened(row, more) if closer else Screened(Verdict.PASS, None, _chances(row))
            if number not in found or _WEIGHT[screened.verdict] > _WEIGHT[found[number].verdict]:
                found[number] = screened
        judged = [found[number] for number in range(len(texts))]
        return [_graver(*both) for both in zip(judged, self._own(texts), strict=True)] if self._own else judged

    def emerges(self, together: str, apart: Sequence[str], names: Sequence[str]) -> bool:
        """Whether `together` may be off topic although each text of `apart`, which make it up, was judged to pass.

        Costs one fast embedding: where it looks no worse than the worst of them, judging it would tell nothing new.
        """
        texts, allowed = [together, *apart], allow_list(tuple(names))
        words = np.array([self._lexicon.adds(text, allowed) for text in texts])
        quick = self._whole(self._heads.quick_scores(self._fast([tidy(text) or "." for text in texts])), texts)
        worse = (quick + words)[0] > (quick + words)[1:].max(axis=0)
        doubtful = (quick[0] >= self._heads.clear) | (words[0] > Lexicon.SILENT)
        return bool((worse & doubtful).any())

    def _scored(self, texts: Sequence[str], names: Sequence[str], margin: float) -> list[tuple[_Floats, bool]]:
        """Log-odds of each text, and whether it was looked at closely: if not, it is clean."""
        if not texts:
            return []
        allowed = allow_list(tuple(names))
        words = np.array([self._lexicon.adds(text, allowed) for text in texts])
        tidied = [tidy(text) or "." for text in texts]
        quick = self._whole(self._heads.quick_scores(self._fast(tidied)), texts)
        clean = self._heads.clear if margin >= MARGIN else self._heads.clean
        doubtful = ((quick - clean).max(axis=1) >= 0) | (words.max(axis=1) > Lexicon.SILENT)
        scores = np.minimum(quick, clean) + np.minimum(words, 0.0)
        if doubtful.any():
            closer = np.flatnonzero(doubtful)
            scores[closer] = self._embedded([tidied[each] for each in closer]) + words[closer]
        return list(zip(scores, doubtful.tolist(), strict=True))

    def _embedded(self, tidied: Sequence[str]) -> _Floats:
        return self._whole(self._heads.scores(self._e5(tidied), self._fast(tidied)), tidied)

    def _whole(self, scores: _Floats, texts: Sequence[str]) -> _Floats:
        """`scores`, or EngineGarbled when there is not a number for each text and topic."""
        if scores.shape != (len(texts), len(TOPICS)) or not np.isfinite(scores).all():
            raise EngineGarbled("rules", "An embedder returned something that is not a vector for each text.")
        return scores

    def _screened(self, row: _Floats, margin: float) -> Screened:
        for verdict, levels in ((Verdict.BLOCK, self._heads.block), (Verdict.GREY, self._heads.grey)):
            over = row - levels - margin
            if over.max() > 0:
                return Screened(verdict, TOPICS[int(over.argmax())], _chances(row))
        return Screened(Verdict.PASS, None, _chances(row))


_WEIGHT = {Verdict.PASS: 0, Verdict.GREY: 1, Verdict.BLOCK: 2}


def _graver(one: Screened, other: Screened) -> Screened:
    worse = other if _WEIGHT[other.verdict] > _WEIGHT[one.verdict] else one
    return replace(worse, scores={**one.scores, **other.scores})


def pieces(text: str) -> list[str]:
    """The sentences of a long text, short ones joined to PIECE words; nothing where `text` is not LONG."""
    if len(text.split()) <= LONG:
        return []
    found: list[str] = []
    short = True
    for sentence in re.split(r"(?<=[.!?…;\n])\s+", text[: 2 * LONGEST]):
        words = sentence.split()
        for start in range(0, len(words), LONG):
            piece = " ".join(words[start : start + LONG])
            if short and found:
                found[-1] = f"{found[-1]} {piece}"
            else:
                found.append(piece)
            short = len(found[-1].split()) < PIECE
    return found


def _chances(row: _Floats) -> dict[str, float]:
    return {topic.value: round(float(1 / (1 + np.exp(-each))), 3) for topic, each in zip(TOPICS, row, strict=True)}


@cache
def allow_list(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of `names` (whole names, and each word of them of four letters or more) in plain text."""
    words = {plain(name) for name in names} | {word for name in names for word in plain(name).split() if len(word) > 3}
    return any_of([re.escape(word) for word in sorted(words, key=len, reverse=True) if word])
