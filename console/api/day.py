"""The day at a glance: figures over some days, made from what is on record alone."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from console.api.front import TheFront
from console.api.lists import midnight, zone_of
from console.api.problems import PROBLEM
from console.api.shapes import Day
from console.api.wanted import Wish, grouped

router = APIRouter(prefix="/api", tags=["day"], responses=PROBLEM)

MOST_DAYS = 92
MOST_WISHES = 8
"""Groups of wishes that are told."""
STEPS_S = (0.25, 0.5, 1.0, 2.0)
"""Replies are counted by how long they took, up to these."""
LONGEST = 160
"""Characters quoted of a wish."""
NO_PERSON = ("handed_off", "abandoned")
"""Outcomes of calls that were not answered without a person."""

Facts = Mapping[str, Sequence[Mapping[str, Any]]]


class Stretch(BaseModel):
    """An hour or a day. `begins` in the office's time."""

    begins: str
    calls: int
    without_a_person: int


class HandOffs(BaseModel):
    rung: int
    taken: int
    declined: int
    timed_out: int
    seconds_to_take: float | None = Field(description="median, from ringing to accepted")


class Promises(BaseModel):
    made: int
    kept: int
    open: int
    overdue: int
    broken: int


class Waited(BaseModel):
    """Turns that took less than `under_s`, and no less than the one before; the last has no end."""

    under_s: float | None
    turns: int


class Latency(BaseModel):
    """From what was heard, on record, to the first sentence of the reply."""

    turns: int
    p50_s: float | None
    p95_s: float | None
    spread: list[Waited] = Field(description="the quickest first")


class Wanted(BaseModel):
    text: str = Field(description="the one that is most like the others, as the caller said it")
    calls: list[str] = Field(description="ids of the calls")


class Glance(BaseModel):
    since: date
    until: date
    calls: int
    without_a_person: int
    minutes_protected: float = Field(
        description="talked without a person in calls that were answered, to the last word"
    )
    outcomes: dict[str, int]
    languages: dict[str, int]
    lines: dict[str, int]
    stretches: list[Stretch] = Field(description="by hour on one day, else by day")
    hand_offs: HandOffs
    promises: Promises
    latency: Latency
    wanted: list[Wanted] = Field(description="the most wanted first")


async def _glance(
    front: TheFront,
    since: Annotated[Day, Query(description="the first day; else today")] = None,
    until: Annotated[Day, Query(description="the last day; else the first")] = None,
) -> Glance:
    """Days are those of the office."""
    zone = zone_of(front)
    first = since or until or front.office.now().astimezone(zone).date()
    last = until or first
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        raise HTTPException(422, f"Give at most {MOST_DAYS} days, the first one first.")
    facts = await front.archive.facts(midnight(first, front), midnight(last + timedelta(days=1), front))
    wishes = list(_wishes(facts))
    groups = await asyncio.to_thread(grouped, wishes, front.embed) if front.embed else [[each] for each in wishes]
    return glance(facts, groups, first, last, zone, front.office.now())


TheGlance = Annotated[Glance, Depends(_glance)]


@router.get("/day")
async def day(glance: TheGlance) -> Glance:
    """Calls, hand-offs, promises, latency and what callers wanted, over at most 92 days."""
    return glance


@router.get("/day.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def day_csv(glance: TheGlance) -> Response:
    """The same as a table: `figure,of,value`."""
    sheet = io.StringIO()
    lines = csv.writer(sheet)
    lines.writerow(("figure", "of", "value"))
    lines.writerows((figure, _cell(of), value) for figure, of, value in _table(glance))
    name = f"antesala-{glance.since}-{glance.until}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + sheet.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def glance(
    facts: Facts, groups: Sequence[Sequence[Wish]], first: date, last: date, zone: ZoneInfo, now: datetime
) -> Glance:
    """All figures."""
    calls = facts["calls"]
    with_person = _with_a_person(facts)
    alone = [row for row in calls if row["id"] not in with_person and row["outcome"] not in (None, *NO_PERSON)]
    last_word = {each["call_id"]: each["at"] for each in facts["events"] if each["kind"] in ("heard", "said")}
    talked = sum((last_word.get(row["id"], row["started"]) - row["started"]).total_seconds() for row in alone)
    return Glance(
        since=first,
        until=last,
        calls=len(calls),
        without_a_person=len(alone),
        minutes_protected=round(talked / 60, 1),
        outcomes=_counted(row["outcome"] or "open" for row in calls),
        languages=_counted(row["language"] for row in calls),
        lines=_counted(row["line"] for row in calls),
        stretches=list(_stretches(calls, {row["id"] for row in alone}, first, last, zone)),
        hand_offs=_hand_offs(facts["events"]),
        promises=_promises(facts["promises"], now),
        latency=_latency(facts["events"]),
        wanted=[
            Wanted(text=_short(group[0].text), calls=[wish.call_id for wish in group]) for group in groups[:MOST_WISHES]
        ],
    )


def _with_a_person(facts: Facts) -> set[str]:
    return {
        each["call_id"]
        for each in facts["events"]
        if (each["kind"] == "staff" and each["action"] == "take_over")
        or (each["kind"] == "hand_off" and each["state"] == "bridged")
    }


def _stretches(
    calls: Sequence[Mapping[str, Any]], alone: set[str], first: date, last: date, zone: ZoneInfo
) -> Iterator[Stretch]:
    one_day = first == last
    form = "%H:00" if one_day else "%Y-%m-%d"
    spelled = [(row["started"].astimezone(zone).strftime(form), row["id"]) for row in calls]
    days = ((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))
    for begins in [f"{hour:02}:00" for hour in range(24)] if one_day else days:
        ids = [id for at, id in spelled if at == begins]
        yield Stretch(begins=begins, calls=len(ids), without_a_person=len(alone.intersection(ids)))


def _hand_offs(events: Sequence[Mapping[str, Any]]) -> HandOffs:
    at: dict[str, dict[str, datetime]] = {}
    for event in events:
        if event["kind"] == "hand_off":
            at.setdefault(event["id"], {})[event["state"]] = event["at"]
    took = [(each["accepted"] - each["ringing"]).total_seconds() for each in at.values() if "accepted" in each]
    ended = Counter(state for each in at.values() for state in ("declined", "timed_out") if state in each)
    return HandOffs(
        rung=sum("ringing" in each for each in at.values()),
        taken=len(took),
        declined=ended["declined"],
        timed_out=ended["timed_out"],
        seconds_to_take=round(median(took), 1) if took else None,
    )


def _promises(promises: Sequence[Mapping[str, Any]], now: datetime) -> Promises:
    states = Counter(row["state"] for row in promises)
    late = sum(row["state"] == "open" and row["due"] is not None and row["due"] < now for row in promises)
    return Promises(made=len(promises), kept=states["kept"], open=states["open"], overdue=late, broken=states["broken"])


def _latency(events: Sequence[Mapping[str, Any]]) -> Latency:
    heard: dict[str, datetime] = {}
    waits = []
    for event in events:
        if event["kind"] == "heard":
            heard[event["call_id"]] = event["at"]
        elif event["kind"] == "said" and (since := heard.pop(event["call_id"], None)):
            waits.append((event["at"] - since).total_seconds())
    waits.sort()
    steps = Counter(next((step for step in STEPS_S if wait < step), None) for wait in waits)
    spread = [Waited(under_s=step, turns=steps[step]) for step in (*STEPS_S, None)]
    return Latency(turns=len(waits), p50_s=_share(waits, 0.5), p95_s=_share(waits, 0.95), spread=spread)


def _share(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else None


def _wishes(facts: Facts) -> Iterator[Wish]:
    """Of each call what its caller said at most length in their first three turns."""
    first: dict[str, list[Mapping[str, Any]]] = {}
    for event in facts["events"]:
        if event["kind"] == "heard" and len(first.setdefault(event["call_id"], [])) < 3:
            first[event["call_id"]].append(event)
    for call_id, turns in first.items():
        longest = max(turns, key=lambda event: len(event["text"]))
        yield Wish(call_id, longest["text"], longest["language"])


def _counted(values: Iterator[str] | Any) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]}…"


def _table(glance: Glance) -> Iterator[tuple[str, str, Any]]:
    for name in ("calls", "without_a_person", "minutes_protected"):
        yield name, "", getattr(glance, name)
    for name in ("outcomes", "languages", "lines"):
        yield from ((name, of, value) for of, value in getattr(glance, name).items())
    for each in glance.stretches:
        yield "calls_by_time", each.begins, each.calls
    for name in ("hand_offs", "promises", "latency"):
        yield from ((name, of, value) for of, value in getattr(glance, name).model_dump(exclude={"spread"}).items())
    for waited in glance.latency.spread:
        yield "replies", f"under {waited.under_s:g} s" if waited.under_s else "longer", waited.turns
    for wanted in glance.wanted:
        yield "wanted", wanted.text, len(wanted.calls)


def _cell(text: str) -> str:
    """A spreadsheet must not take a caller's words for a formula (owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else text
