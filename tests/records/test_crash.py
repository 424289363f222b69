"""Killed at five moments; `antesala bench crash` does it two hundred times."""

from __future__ import annotations

import pytest

from evals.crash import measure


@pytest.mark.slow
async def test_nothing_that_was_noted_is_lost_or_doubled() -> None:
    result = await measure(kills=5)
    assert result.kills == 5 and result.noted > 20
    assert (result.lost, result.doubled, result.not_recovered) == (0, 0, 0)
