"""What is on record and on file, to read."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from calls.words import Hours, Preference, VoicePolicy, spell_time
from console.api.front import Contact, Page, TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Cursor, Flag, Listed, WholeCall

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

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


@router.get("/contacts")
async def contacts(front: TheFront) -> Listed:
    """Who the office knows. PINs are never told, not even hashed."""
    return Listed(items=[spell_contact(each) for each in front.library.contacts], next=None)


@router.get("/preferences")
async def preferences(front: TheFront) -> Listed:
    """All preferences, those of the audience `nobody` too: this is for the office, not for callers."""
    return Listed(items=[spell_preference(each) for each in front.library.preferences], next=None)


@router.get("/voice-policy")
async def voice_policy(front: TheFront) -> dict[str, Any]:
    """Who the receptionist is and how they speak, in the form of `voice.yaml`."""
    return spell_policy(front.office.knowledge.policy)


def spell_preference(preference: Preference) -> dict[str, Any]:
    """``{id, text, audience, topic, when, do, say, valid, status, version, author, updated}``."""
    return {
        "id": preference.id,
        "text": preference.text,
        "audience": preference.audience.value,
        "topic": preference.topic,
        "when": preference.when,
        "do": preference.do and preference.do.value,
        "say": preference.say,
        "valid": {
            "from": preference.valid_from and preference.valid_from.isoformat(),
            "until": preference.valid_until and preference.valid_until.isoformat(),
        },
        "status": preference.status,
        "version": preference.version,
        "author": preference.author,
        "updated": preference.updated and spell_time(preference.updated),
    }


def spell_contact(contact: Contact) -> dict[str, Any]:
    """``{id, name, numbers, circle, language, company, email, notes}``; never the PIN."""
    return {
        "id": contact.id,
        "name": contact.name,
        "numbers": list(contact.numbers),
        "circle": contact.circle.value,
        "language": contact.language,
        "company": contact.company,
        "email": contact.email,
        "notes": contact.notes,
    }


def spell_policy(policy: VoicePolicy) -> dict[str, Any]:
    """The voice policy as its file spells it."""
    return {**asdict(policy), "hours": _hours(policy.hours)}


def _hours(hours: Hours) -> dict[str, Any]:
    open_days = {
        DAYS[day]: ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in spans)
        for day, spans in sorted(hours.open.items())
        if spans
    }
    return {"timezone": hours.timezone, "open": open_days, "holidays": [day.isoformat() for day in hours.holidays]}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _number(number: str | None) -> str | None:
    """As it was meant: a `+` that was not escaped in the address arrives as a space."""
    return re.sub(r"^ (?=\d)", "+", number) or None if number else None
