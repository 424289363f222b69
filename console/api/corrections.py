"""What a person corrects of a finished call: what was really said, and who it really was, for the next call too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from calls.errors import CallError, NoSuchCall
from calls.versions import Version
from calls.words import NAME, Circle
from console.api.front import Front, TheFront
from console.api.on_file import Author, clean
from console.api.problems import PROBLEM
from console.api.shapes import CallSeen, Words

router = APIRouter(prefix="/api", tags=["records"], responses=PROBLEM)


class StillOpen(CallError):
    """Corrections wait until the call is over."""


class NotCorrectable(CallError):
    """There is nothing there that could be set right or taken back."""


def _named(name: str) -> str:
    name = " ".join(str(clean(name)).split())
    if not name:
        raise ValueError("it is empty")
    return name


class CallerCorrection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_named)]
    by: Author = Field("assistant", description="who corrects it", validate_default=True)


class LineCorrection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    of: int = Field(ge=1, description="the event that was heard wrong: `heard`, or `staff` with its words")
    text: Words
    by: Author = Field("assistant", description="who corrects it", validate_default=True)


class TakenBack(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Author = "assistant"


@router.post("/calls/{call_id}/corrections", status_code=201)
async def correct_line(call_id: str, correction: LineCorrection, front: TheFront) -> dict[str, Any]:
    """What was really said. What was heard stays on record; the answer is the event that is added to it."""
    await _over(call_id, front)
    made = await front.archive.correct(call_id, correction.of, correction.text, correction.by, front.office.now())
    if made is None:
        raise NotCorrectable(f"Event {correction.of} of this call is nothing that was heard.")
    return made


@router.post("/calls/{call_id}/corrections/{of}/undo")
async def take_back(
    call_id: str, of: int, front: TheFront, said: Annotated[TakenBack | None, Body()] = None
) -> dict[str, Any]:
    """Takes the last correction of event `of` back; 0 is the caller's name, which changes among the contacts too."""
    call = await _over(call_id, front)
    by = (said or TakenBack()).by
    made = await front.archive.take_back(call_id, of, by, front.office.now())
    if made is None:
        raise NotCorrectable("There is no correction to take back.")
    if of == NAME and call["number"]:
        given = [each for each in call["events"] if each["kind"] == made["kind"] and each["of"] == NAME]
        await _out_of_contacts(front, call["number"], made, given, by)
    return made


async def _over(call_id: str, front: Front) -> dict[str, Any]:
    if front.switchboard.find(call_id):
        raise StillOpen("The call is still in progress. Correct it once it is over.")
    return await front.whole_call(call_id)


@router.put("/calls/{call_id}/caller")
async def correct_caller(call_id: str, correction: CallerCorrection, front: TheFront) -> CallSeen:
    """The caller's right name: on the call, and where the number is known among the contacts.

    A contact that did not exist gets the circle `anyone`: a name opens nothing.
    """
    await _over(call_id, front)
    call = await front.archive.rename(call_id, correction.name, correction.by, front.office.now())
    if call is None:
        raise NoSuchCall(call_id)
    if call["number"] and call["circle"] != Circle.BLOCKED:
        await _to_contacts(front, call, correction)
    return CallSeen(**call)


async def _to_contacts(front: Front, call: dict[str, Any], correction: CallerCorrection) -> None:
    known = await _contact(front, call["number"])
    if known is None:
        new = {"name": correction.name, "numbers": [call["number"]], "circle": Circle.ANYONE.value}
        await front.study.add("contact", {**new, "language": call["language"]}, correction.by)
    elif known.data["name"] != correction.name:
        await front.study.change("contact", known.id, {"name": correction.name}, known.number, correction.by)


async def _out_of_contacts(
    front: Front, number: str, made: dict[str, Any], given: list[dict[str, Any]], by: str
) -> None:
    """The contact gets its name before back; one that came with a correction goes with the last of them."""
    known = await _contact(front, number)
    if known is None or known.data["name"] != made["was"]:
        return
    first, _ = (await front.study.history("contact", known.id))[-1]
    in_force = sum(-1 if each["undone"] else 1 for each in given) - 1
    if in_force == 0 and first.data["name"] in {each["text"] for each in given}:
        await front.study.set_status("contact", known.id, "archived", by)
    else:
        await front.study.change("contact", known.id, {"name": made["text"]}, known.number, by)


async def _contact(front: Front, number: str) -> Version | None:
    found = await front.study.found("contact", number)
    return next((each for each in found if number in each.data["numbers"]), None)
