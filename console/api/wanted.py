"""What callers wanted, grouped by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calls.ports import Embed

ALIKE = 0.35
"""Cosine, once what all texts of a language share is taken away, from which two wishes are the same."""
FEW = 3
"""With fewer texts in a language nothing can be said of what they share."""
MOST = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What one call was about, as the caller said it."""

    call_id: str
    text: str
    language: str


def grouped(wishes: Sequence[Wish], embed: Embed) -> list[list[Wish]]:
    """The largest group first; each begins with the one that is most like the others. Blocks: about 10 ms a wish."""
    wishes = wishes[-MOST:]
    if not wishes:
        return []
    alike = _centred(wishes, embed)
    alike = alike @ alike.T
    left, groups = set(range(len(wishes))), []
    while left:
        order = sorted(left)
        near = alike[np.ix_(order, order)] >= ALIKE
        lead = int(np.argmax(near.sum(axis=1)))
        group = [order[n] for n in np.flatnonzero(near[lead] | (np.arange(len(order)) == lead))]
        group.sort(key=lambda n: -alike[order[lead], n])
        groups.append([wishes[n] for n in group])
        left -= set(group)
    return sorted(groups, key=len, reverse=True)


def _centred(wishes: Sequence[Wish], embed: Embed) -> NDArray[np.float32]:
    rows = embed([wish.text for wish in wishes]).copy()
    languages = np.array([wish.language for wish in wishes])
    for language in set(languages):
        of_it = languages == language
        if of_it.sum() >= FEW:
            rows[of_it] -= rows[of_it].mean(axis=0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    centred: NDArray[np.float32] = rows / np.maximum(lengths, 1e-9)
    return centred
