"""What the mind may propose, as typed tools. None of them acts: each hands a step to `act` and reports the outcome."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from langchain.tools import BaseTool, ToolRuntime, tool
from pydantic import Field

from agent.thought import Context
from calls.words import (
    Action,
    Booking,
    Done,
    Follow,
    HandOff,
    HangUp,
    Message,
    Outcome,
    Owner,
    Promise,
    Reason,
    Refused,
    Scene,
    Step,
    Urgency,
    as_json,
    spell_time,
)

Runtime = ToolRuntime[Context, Any]
TELLING_WORDS = 4
"""Words of three letters or more in an utterance that says what the caller wants."""


@tool
async def take_message(
    reason: Annotated[str, Field(min_length=1, description="What the executive should know, in the caller's words.")],
    runtime: Runtime,
    from_name: Annotated[str | None, Field(description="The caller's name as they gave it; null if unknown.")] = None,
    company: Annotated[str | None, Field(description="The caller's company, if they gave one.")] = None,
    number: Annotated[str | None, Field(description="The number to call back, digits with a leading +.")] = None,
    urgency: Annotated[Urgency, Field(description="high only if the caller says that it can't wait.")] = "normal",
) -> str:
    """Take a message for the executive. Ask for name and reason first; read a given number back digit by digit."""
    caller = runtime.context.thought.scene.caller
    step = Message(reason, from_name or caller.name, company, number or caller.number, urgency)
    return await _propose(step, runtime)


@tool
async def promise_callback(
    text: Annotated[str, Field(min_length=1, description="What is promised, in one sentence.")],
    runtime: Runtime,
    due: Annotated[datetime | None, Field(description="ISO 8601. Never sooner than callback_by; null if open.")] = None,
    owner: Annotated[Owner, Field(description="Who owes it.")] = "assistant",
) -> str:
    """Promise the caller something (usually a call back). Say the promise only after this returned done."""
    scene = runtime.context.thought.scene
    due = due and _in_office_time(due, scene)
    return await _propose(Promise(owner, text, due, quote=_asked_for(scene)), runtime)


@tool
async def book(
    start: Annotated[datetime, Field(description="ISO 8601.")],
    end: Annotated[datetime, Field(description="ISO 8601, after start.")],
    with_name: Annotated[str, Field(min_length=1, description="Whom the executive will meet.")],
    runtime: Runtime,
) -> str:
    """Book the executive's time for the caller. If refused, `instead` is a time that would do."""
    start, end = (
        _in_office_time(start, runtime.context.thought.scene),
        _in_office_time(end, runtime.context.thought.scene),
    )
    if end <= start:
        return _told(Refused("the end is not after the start"))
    return await _propose(Booking(start, end, with_name), runtime)


@tool
async def put_through(
    reason: Annotated[Reason, Field(description="Why a human should take the call.")],
    runtime: Runtime,
    to: Annotated[
        Literal["assistant", "executive"], Field(description="executive only if a rule on file says so.")
    ] = "assistant",
) -> str:
    """Ring a human to take over this call. Done means that it rings, not that anyone has answered."""
    to = to if _executive_may_be_rung(runtime.context.thought.scene) else "assistant"
    return await _propose(HandOff(reason, to), runtime)


@tool
async def follow_rule(
    preference: Annotated[str, Field(description="The id of the preference with the rule.")],
    action: Annotated[Action, Field(description="Its `do`.")],
    runtime: Runtime,
) -> str:
    """Put on record that you follow a rule on file (redirect, decline, answer). Say its wording to the caller."""
    rules = {match.preference.id: match.preference.do for match in runtime.context.thought.scene.recall.matches}
    if rules.get(preference) is not action:
        return _told(Refused("no such rule is on file for this caller"))
    return await _propose(Follow(preference, action), runtime)


@tool
async def hang_up(runtime: Runtime) -> str:
    """End the call once the caller has nothing more to say. Say goodbye in the same message."""
    return await _propose(HangUp(), runtime)


TOOLS: tuple[BaseTool, ...] = (take_message, promise_callback, book, put_through, follow_rule, hang_up)


def done(told: str) -> bool:
    """Whether the outcome that a tool reported says that the step was done."""
    try:
        return json.loads(told).get("done") is True
    except (ValueError, AttributeError):
        return False


async def _propose(step: Step, runtime: Runtime) -> str:
    return _told(await runtime.context.thought.propose(step))


def _told(outcome: Outcome) -> str:
    match outcome:
        case Done(step=step):
            private = {"brief"}
            told = {"done": True, "step": {key: value for key, value in as_json(step).items() if key not in private}}
        case Refused(why=why, instead=instead):
            told = {"done": False, "why": why, "instead": instead and spell_time(instead)}
    return json.dumps(told, ensure_ascii=False)


def _in_office_time(at: datetime, scene: Scene) -> datetime:
    """A time without offset is meant in the office's timezone; one with is turned into it."""
    zone = scene.now.tzinfo
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def _asked_for(scene: Scene) -> str:
    """The caller's own words that a promise goes back to: the latest that say more than yes, a name or a number."""
    said = [line.text for line in scene.transcript if line.who == "caller"] + [scene.heard.text]
    telling = [text for text in said if len(re.findall(r"[^\W\d_]{3,}", text)) >= TELLING_WORDS]
    return (telling or said)[-1]


def _executive_may_be_rung(scene: Scene) -> bool:
    told_to = any(match.preference.do is Action.PUT_THROUGH for match in scene.recall.matches)
    return not scene.suspicious and (told_to or not scene.policy.assistant.name)
