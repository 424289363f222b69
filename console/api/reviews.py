"""Reviews, one tap each, and the table of autonomy that they earn."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from calls.words import Action, Circle, spell_time
from console.api.front import TheFront
from console.api.learning import TheLearning, Verdict
from console.api.on_file import SOMEBODY, Author
from console.api.problems import PROBLEM, problem
from console.api.shapes import Listed

router = APIRouter(prefix="/api", tags=["learning"], responses=PROBLEM)

DEEDS = {
    "message": Action.TAKE_MESSAGE,
    "promise": Action.PROMISE_CALLBACK,
    "booking": Action.BOOK,
    "hand_off": Action.PUT_THROUGH,
    "said": Action.ANSWER,
}
"""Which action an event of a call is of; `followed` names its own."""


def _not_blocked(circle: Circle) -> Circle:
    if circle is Circle.BLOCKED:
        raise ValueError("nothing is done for blocked callers")
    return circle


Close = Annotated[Circle, AfterValidator(_not_blocked)]


class Review(BaseModel):
    """One deed of a call, looked at by a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call_id: str = Field(max_length=100)
    seq: int = Field(ge=1, description="the event: message, promise, booking, hand_off, followed or said")
    verdict: Verdict = Field(description="`serious`: an error that costs the receptionist one level at once")
    by: Author = SOMEBODY
    note: str = Field("", max_length=2_000, description="what would have been right")


class Said(BaseModel):
    """Who says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Author = SOMEBODY


@router.post("/reviews", status_code=201, response_model=None)
async def review(review: Review, front: TheFront, learning: TheLearning) -> dict[str, Any] | JSONResponse:
    """Accepted, corrected or seriously wrong; a second review of the same event replaces the first.

    The answer is the cell of the autonomy table that it counts for.
    """
    call = await front.whole_call(review.call_id)
    event = next((each for each in call["events"] if each["seq"] == review.seq), None)
    action = _action(event) if event else None
    if action is None or Circle(call["circle"]) is Circle.BLOCKED:
        what = "a deed of this call: a message, promise, booking, hand_off, followed or said"
        return problem(422, "Nothing to review", f"Event {review.seq} is not {what}.")
    cell = (action, Circle(call["circle"]))
    await learning.earned.review(cell, review.verdict, review.call_id, review.seq, review.by, review.note)
    return learning.earned.row(*cell)


@router.get("/reviews")
async def reviews(learning: TheLearning, call_id: Annotated[str | None, Query(max_length=100)] = None) -> Listed:
    """Newest first: `{call_id, seq, action, circle, verdict, note, by, at}`."""
    names = ("call_id", "seq", "action", "circle", "verdict", "note", "by")
    found = await learning.earned.reviews(call_id)
    return Listed(
        items=[{**{name: each[name] for name in names}, "at": spell_time(each["at"])} for each in found], next=None
    )


@router.get("/autonomy")
async def autonomy(learning: TheLearning) -> Listed:
    """Every action and circle: `{action, circle, level, reviewed, accepted, ready}`."""
    return Listed(items=learning.earned.table(), next=None)


@router.post("/autonomy/{action}/{circle}/raise")
async def rise(
    action: Action, circle: Close, learning: TheLearning, said: Annotated[Said | None, Body()] = None
) -> dict[str, Any]:
    """The executive's yes: one level up. 409 while it is not earned."""
    await learning.earned.raise_((action, circle), (said or Said()).by)
    return learning.earned.row(action, circle)


@router.post("/autonomy/{action}/{circle}/lower")
async def lower(
    action: Action, circle: Close, learning: TheLearning, said: Annotated[Said | None, Body()] = None
) -> dict[str, Any]:
    """One level down, at the executive's wish."""
    await learning.earned.lower((action, circle), (said or Said()).by)
    return learning.earned.row(action, circle)


def _action(event: dict[str, Any]) -> Action | None:
    return Action(event["action"]) if event["kind"] == "followed" else DEEDS.get(event["kind"])
