"""What is on record, to read."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query

from console.api.front import Page, TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Cursor, Flag, Listed, WholeCall

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
    q: Annotated[str, Query(max_length=200, description="in names, numbers and what was said")] = "",
    limit: Limit = 50,
    next: Cursor = None,
) -> Listed:
    """Calls without their events, newest first."""
    page = await front.archive.calls(open=open, number=_number(number), q=q, limit=limit, after=next)
    return Listed(items=[front.as_of_now(each) for each in page.items], next=listed(page).next)


@router.get("/calls/{call_id}")
async def call(call_id: str, front: TheFront) -> WholeCall:
    """The whole call. What was heard of each sentence is told in its `said` event too."""
    return WholeCall(**await front.whole_call(call_id))


@router.get("/messages")
async def messages(front: TheFront, limit: Limit = 50, next: Cursor = None) -> Listed:
    """Newest first: `{id, call_id, from_name, company, number, reason, urgency, taken_at, state}`."""
    return listed(await front.archive.messages(limit, next))


@router.get("/promises")
async def promises(front: TheFront, limit: Limit = 50, next: Cursor = None) -> Listed:
    """Newest first: `{id, call_id, owner, due, text, quote, state, warned_at}`."""
    return listed(await front.archive.promises(limit, next))


def _number(number: str | None) -> str | None:
    """As it was meant: a `+` that was not escaped in the address arrives as a space."""
    return re.sub(r"^ (?=\d)", "+", number) or None if number else None
