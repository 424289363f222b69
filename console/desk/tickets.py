"""Tickets for the sockets of the desk: had over the API by whoever may, and good for one connection."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

TICKET_S = 60.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """For one call. `listens`: only to hear it."""

    call_id: str
    by: str
    listens: bool
    until: float


@dataclass
class Tickets:
    """Those that nobody has come with yet."""

    _open: dict[str, Ticket] = field(default_factory=dict)

    def issue(self, call_id: str, by: str, listens: bool = False) -> str:
        """The secret of a new ticket, good for TICKET_S."""
        now, secret = asyncio.get_running_loop().time(), secrets.token_urlsafe(24)
        self._open = {key: ticket for key, ticket in self._open.items() if ticket.until > now}
        self._open[secret] = Ticket(call_id, by, listens, now + TICKET_S)
        return secret

    def unused(self, secret: str) -> bool:
        """Nobody has come with it yet."""
        return secret in self._open

    def redeem(self, secret: object) -> Ticket | None:
        """The ticket, once; None if it is unknown, spent or too old."""
        ticket = self._open.pop(str(secret), None)
        return ticket if ticket and ticket.until > asyncio.get_running_loop().time() else None
