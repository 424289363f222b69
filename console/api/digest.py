"""The executive's daily page, and its reply."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calls.words import Language
from console.api.learning import TheLearning
from console.api.on_file import row
from console.api.problems import PROBLEM

router = APIRouter(prefix="/api/digest", tags=["learning"], responses=PROBLEM)


class Reply(BaseModel):
    """What the executive answers, as they would write it back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=4_000, strip_whitespace=True)] = Field(
        description="numbers with their answers (`2: yes`), or what should change, in es or en"
    )


@router.get("")
async def digest(learning: TheLearning, language: Language | None = None) -> dict[str, Any]:
    """Decisions needed, done for you, promises at risk, at most three questions; at most 300 words in all."""
    page = await learning.digests.today(language)
    return {"subject": page.subject, "opening": page.opening, "text": page.text, "words": page.words, **page.told()}


@router.post("/reply")
async def reply(reply: Reply, learning: TheLearning) -> dict[str, Any]:
    """Becomes versioned rules, in force on the next turn: `{preferences, read_back, refused}`.

    `refused` are the numbered answers that could not be kept; 422 when nothing could.
    """
    replied = await learning.digests.reply(reply.text)
    rows = [row(each) for each in replied.versions]
    return {"preferences": rows, "read_back": list(replied.read_back), "refused": list(replied.refused)}
