"""What the receptionist proposes to learn, and what the last calls would have been like with it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calls.errors import AntesalaError
from calls.words import Audience, Preference
from console.api.front import TheFront
from console.api.learning import Learning, TheLearning
from console.api.on_file import SOMEBODY, Author, row
from console.api.preferences import NewPreference
from console.api.problems import PROBLEM
from console.api.shapes import Listed

router = APIRouter(prefix="/api", tags=["learning"], responses=PROBLEM)

Answer = Annotated[str, StringConstraints(max_length=4_000, strip_whitespace=True)]


class Decision(BaseModel):
    """One tap; with `answer`, that is told instead of what was drafted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    author: Author = SOMEBODY
    answer: Answer = ""
    audience: Annotated[Audience | None, Field(description="else the lowest circle that asked")] = None


@router.get("/proposals")
async def proposals(learning: TheLearning) -> Listed:
    """The most asked first: `{id, from, question, count, quotes, draft, conflicts}`."""
    return Listed(items=await learning.proposals.listed(), next=None)


@router.post("/proposals/{id}/approve", status_code=201)
async def approve(
    id: str, learning: TheLearning, decision: Annotated[Decision | None, Body()] = None
) -> dict[str, Any]:
    """The draft becomes a preference, heard on the next turn of calls in progress."""
    said = decision or Decision()
    kept = await learning.proposals.approve(id, said.author, said.answer, said.audience and said.audience.value)
    return row(kept)


@router.post("/proposals/{id}/dismiss", status_code=204)
async def dismiss(id: str, learning: TheLearning, decision: Annotated[Decision | None, Body()] = None) -> Response:
    """It is not proposed again."""
    await learning.proposals.dismiss(id, (decision or Decision()).author)
    return Response(status_code=204)


@router.post("/proposals/{id}/replay", response_class=StreamingResponse)
async def replay_proposal(
    id: str, learning: TheLearning, decision: Annotated[Decision | None, Body()] = None
) -> StreamingResponse:
    """The last 50 calls as if it were in force; lines as for `/api/replay`."""
    return _lines(learning, await learning.proposals.draft(id, (decision or Decision()).answer))


@router.post("/replay", response_class=StreamingResponse)
async def replay(new: NewPreference, front: TheFront, learning: TheLearning) -> StreamingResponse:
    """The last 50 calls as if this preference were in force, or in the place of the one that has its id.

    The answer is a line of JSON for each question: `{done, of, changed}`, `changed` being null where it would be
    answered as it is now, else `{call_id, seq, question, circle, before, after}`. Nothing is kept, rung or booked.
    """
    return _lines(learning, front.study.drafted(new.id or "draft", new.data()))


def _lines(learning: Learning, draft: Preference) -> StreamingResponse:
    return StreamingResponse(_told(learning, draft), media_type="application/x-ndjson")


async def _told(learning: Learning, draft: Preference) -> AsyncGenerator[str]:
    try:
        async with aclosing(learning.replay.run(draft)) as steps:
            async for step in steps:
                told = {"done": step.done, "of": step.of, "changed": step.changed}
                yield json.dumps(told, ensure_ascii=False) + "\n"
    except AntesalaError as error:
        yield json.dumps({"error": str(error)}, ensure_ascii=False) + "\n"
