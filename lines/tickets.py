"""One-time tickets: what lets a socket in that cannot carry a password."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from uuid import uuid4

from calls.wire import Arrival

LIFE_S = 60.0
MOST = 10_000


class Tickets:
    """Each ticket lets one arrival in, once, within LIFE_S seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._issued: dict[str, tuple[float, Arrival]] = {}

    def issue(self, arrival: Arrival) -> str:
        """A new ticket for `arrival`."""
        return self._hand_out(secrets.token_urlsafe(24), arrival)

    def issue_uuid(self, arrival: Arrival) -> str:
        """A new ticket in the form of a UUID, for what carries nothing else."""
        return self._hand_out(str(uuid4()), arrival)

    def _hand_out(self, ticket: str, arrival: Arrival) -> str:
        now = self._clock()
        self._issued = {key: held for key, held in self._issued.items() if held[0] > now}
        while len(self._issued) >= MOST:
            self._issued.pop(next(iter(self._issued)))
        self._issued[ticket] = (now + LIFE_S, arrival)
        return ticket

    def redeem(self, ticket: str) -> Arrival | None:
        """Whom the ticket was for; None when it is unknown, used or too old."""
        until, arrival = self._issued.pop(ticket, (0.0, None))
        return arrival if until > self._clock() else None
