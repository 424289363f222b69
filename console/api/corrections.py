"""What a person corrects of a finished call: who it really was, for the next call too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from calls.errors import CallError, NoSuchCall
from calls.words import Circle
from console.api.front import Front, TheFront
from console.api.on_file import Author, clean
from console.api.problems import PROBLEM
from console.api.shapes import CallSeen

router = APIRouter(prefix="/api", tags=["records"], responses=PROBLEM)


class StillOpen(CallError):
    """Corrections wait until the call is over."""


def _named(name: str) -> str:
    name = " ".join(str(clean(name)).split())
    if not name:
        raise ValueError("it is empty")
    return name


class CallerCorrection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_named)]
    by: Author = Field("assistant", description="who corrects it", validate_default=True)


@router.put("/calls/{call_id}/caller")
async def correct_caller(call_id: str, correction: CallerCorrection, front: TheFront) -> CallSeen:
    """The caller's right name: on the call, and where the number is known among the contacts.

    A contact that did not exist gets the circle `anyone`: a name opens nothing.
    """
    if front.switchboard.find(call_id):
        raise StillOpen("The call is still in progress. Correct it once it is over.")
    call = await front.archive.rename(call_id, correction.name)
    if call is None:
        raise NoSuchCall(call_id)
    if call["number"] and call["circle"] != Circle.BLOCKED:
        await _to_contacts(front, call, correction)
    return CallSeen(**call)


async def _to_contacts(front: Front, call: dict[str, Any], correction: CallerCorrection) -> None:
    found = await front.study.found("contact", call["number"])
    known = next((each for each in found if call["number"] in each.data["numbers"]), None)
    if known is None:
        new = {"name": correction.name, "numbers": [call["number"]], "circle": Circle.ANYONE.value}
        await front.study.add("contact", {**new, "language": call["language"]}, correction.by)
    elif known.data["name"] != correction.name:
        await front.study.change("contact", known.id, {"name": correction.name}, known.number, correction.by)
