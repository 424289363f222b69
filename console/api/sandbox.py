"""Trying things out: what a caller would be told, and what the guard thinks of a text. Nothing is kept or done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from calls.call import Call, new_id
from calls.ports import Office
from calls.turn import take_turn
from calls.words import (
    Action,
    Booking,
    Caller,
    CallRow,
    Circle,
    Done,
    Event,
    Follow,
    HandOff,
    HandOffState,
    Language,
    Message,
    Outcome,
    Promise,
    Reason,
    Recall,
    Recalled,
    ScreenedText,
    Step,
    Utterance,
    as_json,
)
from console.api.front import TheFront
from console.api.problems import PROBLEM
from console.api.shapes import Asked, Found, Judged, Question, Texts

PUT_THROUGH = (Reason.RULE, Reason.ASKED_FOR_PERSON, Reason.DISTRESS, Reason.EMERGENCY)
"""Hand-offs that were wanted; the others mean that the receptionist did not know better."""

router = APIRouter(prefix="/api", tags=["sandbox"], responses=PROBLEM)


@router.post("/screen")
async def screen(texts: Texts, front: TheFront) -> list[Judged]:
    """The guard alone: each text judged by itself, in the order given."""
    judged = await front.office.rules.screen(texts.texts, texts.direction)
    return [Judged(verdict=each.verdict, topic=each.topic, scores=each.scores) for each in judged]


@router.post("/preferences/ask")
async def ask(question: Question, front: TheFront) -> Asked:
    """What a caller of this circle would be told. The real mind answers; nothing is kept, rung or booked."""
    office = _at(front.office, question.at)
    spoken = office.knowledge.policy.receptionist.languages
    language = question.language or office.language_of(question.question, spoken, spoken[0])
    circle = Circle(question.circle)
    recall = await office.knowledge.recall(question.question, circle, language, office.now())
    said, call = await rehearse(office, question.question, circle, language)
    unsure = recall.unsure or not any(isinstance(body, Recalled) for body in call.bodies)
    found = [
        Found(id=match.preference.id, version=match.preference.version, score=round(match.score, 3))
        for match in recall.matches
    ]
    return Asked(
        said=said,
        action=_action(call.deeds, recall, unsure),
        unsure=unsure,
        preferences=found,
        language=call.language,
        steps=[as_json(deed) for deed in call.deeds],
        checks=[as_json(body) for body in call.bodies if isinstance(body, ScreenedText)],
    )


async def rehearse(office: Office, question: str, circle: Circle, language: Language) -> tuple[list[str], Call]:
    """One question to the real mind of the same house, where nothing is kept and nobody is called."""
    office = replace(office, records=_Nowhere(), desk=_NobodyRung())
    call = Call(CallRow(new_id(), "sandbox", Caller(circle=circle, language=language), language, office.now()), office)
    await call.greet()
    async with aclosing(take_turn(call, Utterance(question, language))) as says:
        return [say.text async for say in says], call


def _action(deeds: Sequence[Step], recall: Recall, unsure: bool) -> str:
    """What the receptionist went for: the rule that it followed, else what it did, else whether it could answer."""
    for deed in sorted(deeds, key=lambda deed: not isinstance(deed, Follow)):
        match deed:
            case Follow(action=action):
                return action.value
            case Booking():
                return Action.BOOK.value
            case Message():
                return Action.TAKE_MESSAGE.value
            case Promise():
                return Action.PROMISE_CALLBACK.value
            case HandOff(reason=reason) if reason in PUT_THROUGH:
                return Action.PUT_THROUGH.value
    if unsure:
        return "none"
    return (recall.matches[0].preference.do or Action.ANSWER).value


def _at(office: Office, at: datetime | None) -> Office:
    """The same house at another time."""
    if at is None:
        return office
    local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(office.knowledge.policy.hours.timezone))
    return replace(office, now=lambda: local.astimezone(UTC))


class _Nowhere:
    """Keeps nothing."""

    async def open(self, row: CallRow) -> None: ...

    async def append(self, call_id: str, events: Sequence[Event]) -> None: ...

    async def close(self, row: CallRow) -> None: ...

    def announce(self, call_id: str, event: Event) -> None: ...


class _NobodyRung:
    """Takes every hand-off for rung."""

    async def offer(self, call: Call, hand_off: HandOff) -> Outcome:
        ringing = replace(hand_off, state=HandOffState.RINGING)
        await call.note(ringing)
        return Done(ringing)
