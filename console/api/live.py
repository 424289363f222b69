"""The live feed over server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from console.api.front import Feed, Shown, TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Cursor

router = APIRouter(prefix="/api", tags=["live"], responses=PROBLEM)


@router.get("/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def live(
    front: TheFront,
    last_event_id: Annotated[Cursor, Header(description="goes on after this event; else the feed starts now")] = None,
) -> StreamingResponse:
    """Every event of every open call: `{call_id, seq, at, kind, ...}`, passing `partial` ones too (without an id)."""
    return StreamingResponse(
        _lines(front.feed, last_event_id), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _lines(feed: Feed, after: int | None) -> AsyncGenerator[str]:
    async with aclosing(feed.watch(after)) as all_shown:
        async for shown in all_shown:
            yield _spelled(shown) if shown else ":\n\n"


def _spelled(shown: Shown) -> str:
    cursor = f"id: {shown.cursor}\n" if shown.cursor is not None else ""
    return f"{cursor}data: {json.dumps(shown.event, ensure_ascii=False)}\n\n"
