"""What the assistant does in a call: a private hint, a sentence, taking over, and answering hand-offs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends
from fastapi.responses import JSONResponse

from calls.call import Call, new_id
from calls.desk import AlreadyAnswered, NoSuchHandOff
from calls.errors import CallError
from calls.people import in_person
from calls.words import Event, Guidance, HandOff, HandOffState, Reason, Refused, Staff, Verdict, as_json
from console.api.front import Front, TheFront
from console.api.lists import Limit, listed
from console.api.problems import PROBLEM, problem
from console.api.shapes import Cursor, Listed, StaffWords

router = APIRouter(prefix="/api", tags=["desk"], responses=PROBLEM)


def _by(by: Annotated[str, Body(embed=True, max_length=200, description="who does it")] = "") -> str:
    return in_person(by)


By = Annotated[str, Depends(_by)]
"""Who does it: the person who is signed in, else whoever the request says."""


class InOtherHands(CallError):
    """Somebody else has the call."""


@router.post("/calls/{call_id}/guidance")
async def guide(call_id: str, words: StaffWords, front: TheFront) -> dict[str, Any]:
    """A private hint to the receptionist for the next reply. The caller never hears it as such."""
    call = await front.in_progress(call_id)
    return (await call.note(Guidance(words.text, words.by)))[0].as_json()


@router.post("/calls/{call_id}/say", response_model=None)
async def say(call_id: str, words: StaffWords, front: TheFront) -> dict[str, Any] | JSONResponse:
    """Spoken to the caller as it is, unless it touches what is never spoken here: 422."""
    call = await front.in_progress(call_id)
    screened = (await front.office.rules.screen([words.text], "out"))[0]
    if screened.verdict is Verdict.BLOCK:
        topic = screened.topic and screened.topic.value
        return problem(422, "Not spoken here", f"This touches {topic}. Say it another way.", topic=topic)
    spoken = front.office.knowledge.policy.receptionist.languages
    await call.note(Staff("say", words.by))
    said = await call.speak(words.text, front.office.language_of(words.text, spoken, call.language))
    return {"id": said.id, "said": [said.text], "language": said.language}


@router.post("/calls/{call_id}/take-over")
async def take_over(call_id: str, front: TheFront, by: By) -> dict[str, Any]:
    """A human has the call from here on; the receptionist listens and keeps quiet. 409 when one has it already."""
    call = await front.in_progress(call_id)
    if call.with_staff:
        raise InOtherHands("A person already has this call.")
    return (await take(front, call, by)).as_json()


@router.post("/calls/{call_id}/hand-back")
async def hand_back(call_id: str, front: TheFront, by: By) -> dict[str, Any]:
    """The receptionist resumes, and says so. 409 when no human has the call."""
    call = await front.in_progress(call_id)
    if not call.with_staff:
        raise InOtherHands("The receptionist already has this call.")
    given = await give_back(front, call, by)
    await call.speak(call.phrase("receptionist_again"))
    return given.as_json()


@router.post("/calls/{call_id}/put-through")
async def put_through(
    call_id: str,
    front: TheFront,
    by: By,
    to: Annotated[Literal["assistant", "executive"], Body(embed=True)] = "executive",
) -> dict[str, Any]:
    """Rings `to` for this call and tells the caller so. 409 when somebody is already being called.

    A person decides it: hours, calendar and budget bind the receptionist alone.
    """
    call = await front.in_progress(call_id)
    if call.with_staff:
        await give_back(front, call, by)
    wanted = HandOff(Reason.ASKED_FOR_PERSON, to, id=new_id())
    outcome = await call.in_full(front.desk.offer(call, wanted))
    if isinstance(outcome, Refused):
        raise InOtherHands("Somebody is already being called.")
    await call.speak(call.phrase("hand_off_ringing_executive" if to == "executive" else "hand_off_ringing"))
    return as_json(outcome.step)


@router.post("/calls/{call_id}/take-message")
async def take_message(call_id: str, front: TheFront, by: By) -> dict[str, Any]:
    """The receptionist says that nobody can come now, and asks for a message; what rings, rings no more."""
    call = await front.in_progress(call_id)
    if call.with_staff:
        await give_back(front, call, by)
    if call.hand_off and call.hand_off.state is HandOffState.RINGING:
        return as_json(await front.desk.decline(call.hand_off.id))
    said = await call.speak(call.phrase("hand_off_declined"))
    return {"id": said.id, "said": [said.text], "language": said.language}


async def take(front: Front, call: Call, by: str) -> Event:
    """`by` has the call; what rings for it is answered with that. Raises AlreadyAnswered, CallClosed."""
    if call.door:
        await call.door.give_way()
    if call.hand_off and call.hand_off.state is HandOffState.RINGING:
        await front.desk.accept(call.hand_off.id)
    return (await call.note(Staff("take_over", by)))[0]


async def give_back(front: Front, call: Call, by: str) -> Event:
    """The receptionist has the call again. Raises CallClosed."""
    await front.desk.hand_back(call)
    return (await call.note(Staff("hand_back", by)))[0]


@router.get("/hand-offs")
async def hand_offs(
    front: TheFront,
    state: HandOffState | None = None,
    limit: Limit = 50,
    next: Cursor = None,
) -> Listed:
    """Newest first: `{id, call_id, state, reason, to, brief, at}`."""
    return listed(await front.archive.hand_offs(state and state.value, limit, next))


@router.post("/hand-offs/{hand_off_id}/accept")
async def accept(hand_off_id: str, front: TheFront) -> dict[str, Any]:
    """Takes the call. 409 when it no longer rings, whoever was faster."""
    return await _answered(hand_off_id, front, front.desk.accept)


@router.post("/hand-offs/{hand_off_id}/decline")
async def decline(hand_off_id: str, front: TheFront) -> dict[str, Any]:
    """Cannot take it: the caller is told, and the receptionist resumes. 409 when it no longer rings."""
    return await _answered(hand_off_id, front, front.desk.decline)


async def _answered(hand_off_id: str, front: Front, answer: Callable[[str], Awaitable[HandOff]]) -> dict[str, Any]:
    try:
        await answer(hand_off_id)
    except NoSuchHandOff:
        if kept := await front.archive.hand_off(hand_off_id):  # from before the last start
            raise AlreadyAnswered(HandOffState(kept["state"])) from None
        raise
    return await front.archive.hand_off(hand_off_id) or {}
