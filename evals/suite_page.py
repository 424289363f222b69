"""The reports of the scenarios as HTML pages that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from evals.judging import Fault
from evals.results import Results, Tried

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{margin-top:2.5rem}table{border-collapse:collapse;margin:1rem 0;width:100%}
td,th{padding:.35rem .8rem;text-align:left;vertical-align:top;border-bottom:1px solid #8884;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td:first-child{white-space:nowrap}svg{max-width:100%;height:auto}text{font:13px system-ui,sans-serif;fill:currentColor}
summary{cursor:pointer}.caller{opacity:.75}.bad{color:#c0392b}.good{color:#27804f}figcaption{font-size:14px}
@media (prefers-color-scheme:dark){.bad{color:#ff8a7a}.good{color:#6fce9b}}
"""
_BAR, _HIGH, _LEFT, _WIDE = 16, 46, 110, 480
_ONCE, _ALWAYS, _BEFORE = "#6ea8de", "#2a5d8f", "#d08a2e"
_WHO = {"caller": "said", "heard": "heard", "receptionist": "receptionist", "staff": "person"}


def page(results: Results) -> str:
    """Shares as table and plot, failures by cause with what was said, and what changed since the other run."""
    shares, before = results.shares, results.shares_before
    figures = [
        (row.group, str(row.of), f"{row.once:.1%}", f"{row.always:.1%}")
        + ((f"{before[row.group]:.1%}" if row.group in before else "–",) if before else ())
        for row in shares
    ]
    every = f"pass^{results.runs}"
    head = ("scenarios", "of", "pass@1", every, *((f"{every} before",) if before else ()))
    parts = ["<h1>Scenarios</h1>", f"<p>{escape(results.how)}</p>", _table(head, figures), _plot(results)]
    parts.append(f"<p>Model calls a turn, median: {results.calls_a_turn:.2f}</p>")
    if results.word_errors is not None:
        parts.append(f"<p>Words misheard: {results.word_errors:.1%}</p>")
    if results.changed:
        worse, better = results.changed
        parts += ["<h2>Since the other run</h2>", _changes("worse", "bad", worse), _changes("better", "good", better)]
    parts.append("<h2>Failures by cause</h2>" if results.causes else "<p>Every scenario passed every time.</p>")
    for cause, found in results.causes.items():
        parts += [f"<h3>{escape(cause)} ({len({name for name, _ in found})})</h3>", _table(("scenario", "what"), found)]
    if failed := [each for each in results.tried if each.transcript]:
        parts += ["<h2>Calls that failed</h2>", *map(_told, failed)]
    return _whole("Antesala: scenarios", parts)


def minds_page(found: Mapping[str, Mapping[str, Sequence[Fault]]], of: int) -> str:
    """Which minds made the house say what it must not, and what that was."""
    rows = [(kind, str(of), str(len(calls))) for kind, calls in found.items()]
    parts = ["<h1>Minds that nobody should trust</h1>", _table(("mind", "scenarios", "calls with a fault"), rows)]
    for kind, calls in found.items():
        wrong = [(name, f"{fault.cause}: {fault.detail}") for name, these in calls.items() for fault in these]
        parts += [f"<h2>{escape(kind)}</h2>", _table(("scenario", "what"), wrong)] if wrong else []
    return _whole("Antesala: bad minds", parts)


def _whole(title: str, parts: Iterable[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return f"{head}{view}<style>{_STYLE}</style>" + "\n".join(parts) + "</html>\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    right = [all(map(_is_number, column)) for column in zip(*rows, strict=True)] or [False] * len(head)
    kinds = [" class=n" if number else "" for number in right]
    titles = "".join(f"<th{kind}>{escape(each)}</th>" for kind, each in zip(kinds, head, strict=True))
    cells = ["".join(f"<td{kind}>{escape(each)}</td>" for kind, each in zip(kinds, row, strict=True)) for row in rows]
    return f"<table><tr>{titles}</tr>{''.join(f'<tr>{each}</tr>' for each in cells)}</table>"


def _is_number(text: str) -> bool:
    return text == "–" or text.rstrip("%").replace(".", "").isdigit()


def _changes(word: str, kind: str, ids: Sequence[str]) -> str:
    return f'<p class="{kind}">{word}: {escape(", ".join(ids)) or "none"}</p>'


def _told(tried: Tried) -> str:
    """A call that failed, word by word."""
    lines = [
        f"<tr class={who}><td>{_WHO.get(who, who)}</td><td>{escape(text)}</td></tr>" for who, text in tried.transcript
    ]
    return f"<details><summary>{escape(tried.id)}</summary><table>{''.join(lines)}</table></details>"


def _plot(results: Results) -> str:
    """Two bars a group, pass@1 above, pass^k below; a tick where pass^k of the other run was."""
    bars, rows, before = [], results.shares, results.shares_before
    for at, row in enumerate(rows):
        top = at * _HIGH
        bars.append(f'<text x="0" y="{top + 21}">{escape(row.group)}</text>')
        for place, (share, colour) in enumerate(((row.once, _ONCE), (row.always, _ALWAYS))):
            y = top + place * (_BAR + 2)
            bars.append(f'<rect x="{_LEFT}" y="{y}" width="{share * _WIDE:.0f}" height="{_BAR}" fill="{colour}"/>')
            bars.append(f'<text x="{_LEFT + share * _WIDE + 6:.0f}" y="{y + 13}">{share:.0%}</text>')
        if row.group in before:
            x = _LEFT + before[row.group] * _WIDE
            bars.append(f'<rect x="{x - 1:.0f}" y="{top + _BAR}" width="3" height="{_BAR + 4}" fill="{_BEFORE}"/>')
    width, height = _LEFT + _WIDE + 60, len(rows) * _HIGH
    every = f"pass^{results.runs}"
    label = f"pass@1 above, {every} below, by group" + (f"; the tick is {every} of the other run" if before else "")
    plot = f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}">{"".join(bars)}</svg>'
    return f"<figure>{plot}<figcaption>{label}</figcaption></figure>"
