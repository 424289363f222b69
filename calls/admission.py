"""Who is served, who is asked to leave a number, and who is turned away: a full house never serves anybody worse."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calls.words import Caller, Circle

WINDOW = timedelta(minutes=10)
"""How far back the calls of one number are counted."""
NOTED_EACH = 3
"""For each call that is served, so many more may leave a number meanwhile: that takes no engine."""
FRIENDS = 4
"""Callers whom the office knows may ring so many times as often as strangers."""
NUMBERS = 10_000
"""At most so many numbers are remembered."""
TURN_EVERY_S = 9.0
"""On the telephone a caller says something about so often."""
EARS_A_TURN = 2.5
"""The processor time of a turn (captions, ears, mind, voice), in hearings of three seconds of speech."""
BUSY = 0.4
"""The share of many processors that may be in use: beyond it turns begin to wait for each other. Of few it is less."""

LEAST_A_CORE = 2
"""A machine that was busy with something else while it was timed is given so many calls all the same."""


class Place(StrEnum):
    """What a call gets."""

    SERVED = "served"
    FULL = "full"
    """All are taken: the caller leaves a number."""
    OFTEN = "often"
    """This number has rung too often: it may leave a number."""
    AWAY = "away"
    """Nothing more can be done for it now."""


def carried(hearing_s: float, cores: int) -> int:
    """How many calls at once a machine carries that hears three seconds of speech in `hearing_s` on one core."""
    share = BUSY * cores / (cores + 1)
    return max(LEAST_A_CORE * cores, int(share * cores * TURN_EVERY_S / (EARS_A_TURN * hearing_s)))


@dataclass
class Admission:
    """`most` calls are served at once, `noted` more leave a number. `per_number`: calls within WINDOW; None: any.

    `typed`: so many calls by typing beside them, which take no ears and no voice; None: they count like any other.
    """

    most: int
    noted: int = 0
    per_number: int | None = None
    typed: int | None = None

    def __post_init__(self) -> None:
        self._rings: dict[str, deque[datetime]] = {}

    def measured(self, most: int) -> None:
        """The machine carries so many."""
        self.most, self.noted = most, most * NOTED_EACH

    def shut(self) -> None:
        """Nobody else is let in."""
        self.most = self.noted = 0
        self.typed = None

    def place(self, caller: Caller, served: int, noted: int, now: datetime) -> Place:
        """What a call of `caller` gets at `now`, while so many are served and so many leave a number."""
        rings = self._recent(caller.number, now)
        allowed = None if self.per_number is None else self.per_number * (FRIENDS if _known(caller) else 1)
        often = allowed is not None and rings >= allowed
        if not often and served < self.most:
            return Place.SERVED
        if noted >= self.noted or (allowed is not None and rings >= 2 * allowed):
            return Place.AWAY
        return Place.OFTEN if often else Place.FULL

    def rang(self, number: str | None, now: datetime) -> None:
        """A call of this number was answered."""
        if number and self.per_number is not None:
            self._rings.setdefault(number, deque()).append(now)
            while len(self._rings) > NUMBERS:
                del self._rings[next(iter(self._rings))]

    def forget(self, now: datetime) -> None:
        """Lets go of numbers that have been quiet."""
        for number in list(self._rings):
            if not self._recent(number, now):
                del self._rings[number]

    def _recent(self, number: str | None, now: datetime) -> int:
        rings = self._rings.get(number or "", deque())
        while rings and now - rings[0] >= WINDOW:
            rings.popleft()
        return len(rings)


def _known(caller: Caller) -> bool:
    return caller.circle.rank >= Circle.KNOWN.rank
