"""The report of the scenarios as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Protocol

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;text-align:left}"
    "td,th{border-bottom:1px solid #8884}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}text{font:13px system-ui,sans-serif;fill:currentColor}"
)
_BAR, _HIGH, _LEFT, _WIDE = 16, 46, 130, 420


class Row(Protocol):
    """One group's figures, shares in 0..1."""

    @property
    def group(self) -> str: ...
    @property
    def of(self) -> int: ...
    @property
    def once(self) -> float: ...
    @property
    def always(self) -> float: ...


def page(
    rows: Sequence[Row],
    failures: Mapping[str, Sequence[tuple[str, str]]],
    difference: tuple[Sequence[str], Sequence[str]] | None,
    asked: float,
) -> str:
    """Shares as table and plot, failures by cause, and what changed since the other run."""
    figures = [(row.group, str(row.of), f"{row.once:.1%}", f"{row.always:.1%}") for row in rows]
    parts = [
        "<h1>Scenarios</h1>",
        _table(("scenarios", "of", "pass@1", "pass^3"), figures),
        _plot(rows),
        f"<p>Model calls a turn, median: {asked:.2f}</p>",
        "<h2>Failures by cause</h2>" if failures else "<p>Every scenario passed every time.</p>",
    ]
    for cause, found in failures.items():
        parts += [f"<h3>{escape(cause)} ({len({name for name, _ in found})})</h3>", _table(("scenario", "what"), found)]
    if difference:
        worse, better = difference
        parts += ["<h2>Since the other run</h2>", _table(("worse", "better"), [(", ".join(worse), ", ".join(better))])]
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Antesala: scenarios</title><style>{_STYLE}</style>"
    return head + "\n".join(parts) + "</html>\n"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(_cell(each) for each in row) + "</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>"


def _cell(text: str) -> str:
    number = text.rstrip("%").replace(".", "").isdigit()
    return f"<td class=n>{escape(text)}</td>" if number else f"<td>{escape(text)}</td>"


def _plot(rows: Sequence[Row]) -> str:
    """Two bars a group: pass@1 above, pass^3 below."""
    bars = []
    for at, row in enumerate(rows):
        top = at * _HIGH
        bars.append(f'<text x="0" y="{top + 21}">{escape(row.group)}</text>')
        for place, (share, colour) in enumerate(((row.once, "#4a90d9"), (row.always, "#2a5d8f"))):
            y = top + place * (_BAR + 2)
            bars.append(f'<rect x="{_LEFT}" y="{y}" width="{share * _WIDE:.0f}" height="{_BAR}" fill="{colour}"/>')
            bars.append(f'<text x="{_LEFT + share * _WIDE + 6:.0f}" y="{y + 13}">{share:.0%}</text>')
    width, height = _LEFT + _WIDE + 60, len(rows) * _HIGH
    label = "pass@1 (above) and pass^3 (below) by group"
    return f'<svg role="img" aria-label="{label}" width="{width}" height="{height}">{"".join(bars)}</svg>'
