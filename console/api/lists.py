"""What is on record, to read."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from calls.words import CallOutcome, Language
from console.api.front import Front, Page, TheFront
from console.api.problems import PROBLEM
from console.api.recording import cues
from console.api.shapes import Cursor, Day, Flag, Listed, SummarySentence, WholeCall, empty_is_none
from console.api.wording import summary

router = APIRouter(prefix="/api", tags=["records"], responses=PROBLEM)

Limit = Annotated[int, Query(ge=1, le=500, description="items on a page")]


def listed(page: Page) -> Listed:
    """A page as JSON."""
    return Listed(items=page.items, next=None if page.next is None else str(page.next))


@router.get("/calls")
async def calls(
    front: TheFront,
    open: Flag = None,
    number: Annotated[str | None, Query(description="exactly this number")] = None,
    name: Annotated[str, Query(max_length=200, description="in the caller's name")] = "",
    q: Annotated[str, Query(max_length=200, description="every word: in names, numbers and what was said")] = "",
    since: Annotated[Day, Query(description="began on this day or later")] = None,
    until: Annotated[Day, Query(description="began on this day or before")] = None,
    outcome: Annotated[CallOutcome | None, BeforeValidator(empty_is_none)] = None,
    limit: Limit = 50,
    next: Cursor = None,
) -> Listed:
    """Calls without their events, newest first. Days are those of the office."""
    page = await front.archive.calls(
        open=open,
        number=_number(number),
        name=name,
        q=q,
        since=since and midnight(since, front),
        until=until and midnight(until + timedelta(days=1), front),
        outcome=outcome,
        limit=limit,
        after=next,
    )
    return Listed(items=[front.as_of_now(each) for each in page.items], next=listed(page).next)


@router.get("/calls/{call_id}")
async def call(call_id: str, front: TheFront, language: Language | None = None) -> WholeCall:
    """The whole call. What was heard of each sentence is told in its `said` event too.

    Each sentence of the summary stands on its event `seq`; it is written in `language`, else in the call's.
    """
    whole = await front.whole_call(call_id)
    told = summary(whole, language or whole["language"], zone_of(front))
    recorded = cues(whole) if front.recording(call_id) else None
    return WholeCall(**whole, summary=[SummarySentence(**each) for each in told], recording=recorded)  # type: ignore[arg-type]


def zone_of(front: Front) -> ZoneInfo:
    """The office's timezone."""
    return ZoneInfo(front.office.knowledge.policy.hours.timezone)


def midnight(day: date, front: Front) -> datetime:
    """When `day` begins at the office."""
    return datetime.combine(day, time(), zone_of(front))


def _number(number: str | None) -> str | None:
    """As it was meant: a `+` that was not escaped in the address arrives as a space."""
    return re.sub(r"^ (?=\d)", "+", number) or None if number else None
