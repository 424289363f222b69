"""One-time tickets."""

from __future__ import annotations

from calls.wire import Arrival
from lines.tickets import LIFE_S, MOST, Tickets


def test_a_ticket_lets_one_in_once():
    tickets = Tickets()
    ana, luis = tickets.issue(Arrival("browser", "+34600000001")), tickets.issue(Arrival("browser", "+34600000002"))
    assert tickets.redeem(luis) == Arrival("browser", "+34600000002")
    assert tickets.redeem(luis) is None
    assert tickets.redeem(ana) == Arrival("browser", "+34600000001")
    assert tickets.redeem("") is None and tickets.redeem("made up") is None


def test_a_ticket_grows_old():
    now = [100.0]
    tickets = Tickets(lambda: now[0])
    early, late = tickets.issue(Arrival("browser")), tickets.issue(Arrival("browser"))
    now[0] += LIFE_S - 0.1
    assert tickets.redeem(early)
    now[0] += 0.2
    assert tickets.redeem(late) is None


def test_tickets_that_nobody_uses_do_not_pile_up():
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    first, *_, last = [tickets.issue(Arrival("browser")) for _ in range(MOST // 10)]
    now[0] += LIFE_S + 1
    tickets.issue(Arrival("browser"))
    assert len(tickets._issued) == 1
    assert tickets.redeem(first) is None and tickets.redeem(last) is None
