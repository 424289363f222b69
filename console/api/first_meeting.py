"""The first meeting with the executive, from which an office comes that works."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calls.words import Language
from console.api.learning import TheLearning
from console.api.problems import PROBLEM
from console.api.shapes import Listed

router = APIRouter(prefix="/api/first-meeting", tags=["learning"], responses=PROBLEM)

Answer = Annotated[str, StringConstraints(max_length=8_000, strip_whitespace=True)]


class Answers(BaseModel):
    """What the executive said, by question; what is left out takes its usual value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language = "es"
    answers: dict[str, Answer] = Field(max_length=30)


class Questions(Listed):
    """What the executive is asked. `held`: there is an office already, and nothing to be asked."""

    held: bool


@router.get("")
async def questions(learning: TheLearning, language: Annotated[Language, Query()] = "es") -> Questions:
    """In order: `{id, text, kind, hint, usual, optional, choices}`."""
    return Questions(items=learning.meeting.questions(language), next=None, held=learning.meeting.held)


@router.post("", status_code=201)
async def hold(held: Answers, learning: TheLearning) -> dict[str, Any]:
    """The office as it is now, in force from the next call on: `{folder, greeting}`.

    422 with `errors`, each by its question; nothing is written then. 422 too when there is an office already.
    """
    return await learning.meeting.hold(held.answers, held.language)
