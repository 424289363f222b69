"""Whatever strangers send, a line yields whole frames or ends; `antesala bench fuzz` sends a hundred thousand."""

from __future__ import annotations

from evals.fuzz import PARSERS, parsers


def test_no_parser_of_a_line_breaks_or_hangs() -> None:
    result = parsers(inputs=len(PARSERS) * 40)
    assert result.wrong == []
    assert all(count >= 40 for count in result.inputs.values())
