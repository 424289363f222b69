"""The live feed over server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from console.api.front import Feed, Shown, TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Cursor

ASKED_AGAIN_S = 10.0
"""So often the watcher has to be somebody who may watch: who signs out sees no more."""

router = APIRouter(prefix="/api", tags=["live"], responses=PROBLEM)


@router.get("/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def live(
    request: Request,
    front: TheFront,
    last_event_id: Annotated[Cursor, Header(description="goes on after this event; else the feed starts now")] = None,
) -> StreamingResponse:
    """Every event of every open call: `{call_id, seq, at, kind, ...}`, passing `partial` ones too (without an id)."""
    lines = _lines(front.feed, last_event_id, request.state.still)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _lines(feed: Feed, after: int | None, may_watch: Callable[[], Awaitable[bool]]) -> AsyncGenerator[str]:
    loop = asyncio.get_running_loop()
    asked = loop.time()
    async with aclosing(feed.watch(after)) as all_shown:
        async for shown in all_shown:
            if loop.time() - asked >= ASKED_AGAIN_S:
                asked = loop.time()
                if not await may_watch():
                    return
            yield _spelled(shown) if shown else ":\n\n"


def _spelled(shown: Shown) -> str:
    cursor = f"id: {shown.cursor}\n" if shown.cursor is not None else ""
    return f"{cursor}data: {json.dumps(shown.event, ensure_ascii=False)}\n\n"
