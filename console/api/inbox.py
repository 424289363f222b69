"""What is owed: messages and promises, to read and to settle."""

from __future__ import annotations

from typing import Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from calls.owed import Stale
from calls.words import Owner, Urgency
from console.api.front import Front, Page, TheFront
from console.api.lists import Limit, listed
from console.api.problems import PROBLEM, problem
from console.api.shapes import Cursor, Listed
from console.api.wording import notice

router = APIRouter(prefix="/api", tags=["inbox"], responses=PROBLEM)


class _Change(BaseModel):
    """Only what is given is changed; with `version`, only if it is still at that one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when it is no longer at this one")
    owner: Owner = "assistant"
    snoozed_until: AwareDatetime | None = Field(None, description="off the desk until then; null wakes it")


class MessageChange(_Change):
    state: Literal["open", "done"] = "open"
    urgency: Urgency = "normal"


class PromiseChange(_Change):
    state: Literal["open", "kept", "broken", "withdrawn"] = "open"
    due: AwareDatetime | None = None


@router.get("/messages")
async def messages(
    front: TheFront, state: Literal["open", "done"] | None = None, limit: Limit = 50, next: Cursor = None
) -> Listed:
    """Newest first: `{id, call_id, from_name, company, number, reason, urgency, taken_at, state, owner, ...}`."""
    return listed(await front.archive.messages(limit, next, state))


@router.get("/promises")
async def promises(
    front: TheFront,
    state: Literal["open", "kept", "broken", "withdrawn"] | None = None,
    limit: Limit = 50,
    next: Cursor = None,
) -> Listed:
    """Newest first: `{id, call_id, owner, due, text, quote, state, warned_at, ...}`.

    Once its owner was warned, `notice` is a note to the caller, drafted in their language.
    """
    page: Page = await front.archive.promises(limit, next, state)
    return Listed(items=[_with_notice(item, front) for item in page.items], next=listed(page).next)


@router.patch("/messages/{message_id}", response_model=None)
async def change_message(message_id: str, change: MessageChange, front: TheFront) -> dict[str, Any] | JSONResponse:
    """Done, snoozed, or somebody else's now. 409 with `now` when somebody changed it first."""
    try:
        message = await front.archive.change_message(message_id, change.version, **_given(change))
    except Stale as stale:
        return _stale(stale)
    return message or problem(404, "No such message", f"There is no message {message_id!r}.")


@router.patch("/promises/{promise_id}", response_model=None)
async def change_promise(promise_id: str, change: PromiseChange, front: TheFront) -> dict[str, Any] | JSONResponse:
    """Kept, snoozed, due at another time, or somebody else's now. A new time is warned of anew."""
    changes = _given(change)
    if change.due:
        if change.due <= front.office.now():
            return problem(422, "Not valid", "That time has already passed. Choose a later one.")
        changes["warned_at"] = None
    try:
        promise = await front.archive.change_promise(promise_id, change.version, **changes)
    except Stale as stale:
        return _stale(stale)
    if promise is None:
        return problem(404, "No such promise", f"There is no promise {promise_id!r}.")
    return _with_notice(promise, front)


def _given(change: _Change) -> dict[str, Any]:
    return change.model_dump(exclude_unset=True, exclude={"version"})


def _stale(stale: Stale) -> JSONResponse:
    return problem(409, "Changed meanwhile", str(stale), now=stale.now)


def _with_notice(promise: dict[str, Any], front: Front) -> dict[str, Any]:
    if not (promise["warned_at"] and promise["due"] and promise["state"] == "open"):
        return {**promise, "notice": None}
    policy = front.office.knowledge.policy
    executive = policy.executive.named(promise["caller"]["language"])
    return {**promise, "notice": notice(promise, executive, ZoneInfo(policy.hours.timezone))}
