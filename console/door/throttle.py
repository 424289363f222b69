"""Slows down whoever guesses."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

FREE = 5
"""Wrong tries before one has to wait."""
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
FORGET_S = 3600.0
MOST = 10_000


class Throttle:
    """Counts wrong tries by key (a name, an address); after FREE each wait is twice the one before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, keys: Iterable[str]) -> float:
        """Seconds until any of `keys` may try again; 0 when they all may now."""
        return max((self._wait(key) for key in keys), default=0.0)

    def wrong(self, keys: Iterable[str]) -> None:
        """Another wrong try."""
        for key in keys:
            tries, at = self._wrong.pop(key, (0, 0.0))
            tries = tries if self._clock() - at < FORGET_S else 0
            self._wrong[key] = (tries + 1, self._clock())
            if len(self._wrong) > MOST:
                self._wrong.popitem(last=False)

    def right(self, keys: Iterable[str]) -> None:
        """A right one: all is forgotten."""
        for key in keys:
            self._wrong.pop(key, None)

    def _wait(self, key: str) -> float:
        tries, at = self._wrong.get(key, (0, 0.0))
        if tries < FREE:
            return 0.0
        wait = min(FIRST_WAIT_S * 2.0 ** (tries - FREE), LONGEST_WAIT_S)
        return max(0.0, at + wait - self._clock())
