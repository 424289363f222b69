"""Wrong PINs counted over calls: three a call would be too many if one could call all night."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

MOST = 6
WITHIN = timedelta(hours=1)
"""After `MOST` wrong ones within this time no PIN of that contact is looked at until the first is as old."""


class Tries:
    """By contact, for as long as the house is open."""

    def __init__(self, now: Callable[[], datetime]):
        self._now = now
        self._wrong: defaultdict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=MOST))

    def spent(self, contact: str) -> bool:
        """Whether no PIN of `contact` is looked at now."""
        wrong = self._wrong[contact]
        return len(wrong) == MOST and self._now() - wrong[0] < WITHIN

    def wrong(self, contact: str) -> None:
        self._wrong[contact].append(self._now())
