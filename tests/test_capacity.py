"""The figures that admission rests on hold in a simulation of callers."""

from __future__ import annotations

import pytest

from calls.admission import carried
from evals.capacity import BAR_S, HEARING_S, blocked, plan, replies


@pytest.mark.parametrize("cores", [2, 8])
def test_at_the_admitted_number_replies_are_in_time_and_at_three_times_they_would_not_be(cores: int) -> None:
    most = carried(HEARING_S, cores)
    assert replies(most, cores, lasts_s=600).p95 <= BAR_S
    assert replies(3 * most, cores, lasts_s=600).p95 > replies(most, cores, lasts_s=600).p95


def test_few_find_all_lines_taken() -> None:
    assert blocked(10.0, 10) == pytest.approx(0.2146, abs=1e-4)
    assert blocked(10.0, 20) < 0.002
    planned = plan(100, each=70, hours=1)
    assert planned.machines >= 2 and planned.noted < 0.01
