"""Who the receptionist is and how they speak, in the form of voice.yaml: to read, write and restore."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import ConfigDict, Field

from calls.versions import Version
from calls.words import LANGUAGES
from console.api.front import TheFront
from console.api.life import history
from console.api.on_file import Edit, Named, Restored, row, told_faults
from console.api.problems import PROBLEM
from console.api.shapes import Listed

router = APIRouter(prefix="/api/voice-policy", tags=["voice policy"], responses=PROBLEM)
VOICE = "voice"
SAMPLE = ("greet_known", "message_taken_named", "offer_more", "goodbye_named")
"""Lines in which the manner is plainest to hear."""
_OF_THE_ROW = {"id", "version", "status", "author", "updated"}


class PolicyDraft(Edit):
    """Parts of the voice policy, each whole: `greeting`, `hours`, `covers` ..."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def data(self) -> dict[str, Any]:
        return {name: value for name, value in (self.model_extra or {}).items() if name not in _OF_THE_ROW}


class PolicyEdit(PolicyDraft):
    """The parts of the voice policy that are to change."""

    version: int = Field(ge=1, description="the version that was edited; 409 when there is a newer one")


class PolicyFile(Edit):
    """The voice policy as its file."""

    version: int = Field(ge=1, description="the version that was edited; 409 when there is a newer one")
    text: str = Field(description="voice.yaml")


@router.get("")
async def policy(front: TheFront) -> dict[str, Any]:
    """Who the receptionist is and how they speak, in the form of `voice.yaml`."""
    return _row(front.study.one("voice", VOICE))


@router.put("")
async def edit(edited: PolicyEdit, front: TheFront) -> dict[str, Any]:
    """Changes the parts that are sent. A greeting has to say that it is an AI assistant who answers."""
    return _row(await front.study.change("voice", VOICE, edited.data(), edited.version, edited.author))


@router.post("/check")
async def check(edited: PolicyDraft, front: TheFront) -> dict[str, Any]:
    """What would be wrong with these parts, `{errors: [{where, what, mend}]}`; nothing is kept."""
    return {"errors": told_faults(await front.study.check("voice", VOICE, edited.data()))}


@router.post("/sample")
async def sample(edited: PolicyDraft, front: TheFront) -> dict[str, list[str]]:
    """How a receptionist of this manner sounds, by language: some of what callers hear in any call."""
    manner = edited.data().get("receptionist") or {}
    form = ".tu" if (manner.get("address") or {}).get("es") == "tú" else ""
    warmth, policy = str(manner.get("warmth") or "even"), front.office.knowledge.policy
    return {
        language: [
            front.office.phrases.line(f"{key}.{warmth}{form}", language, name="Ana", **policy.names(language))
            for key in SAMPLE
        ]
        for language in LANGUAGES
    }


@router.get("/file")
async def file(front: TheFront) -> dict[str, Any]:
    """The whole policy as `voice.yaml`: `{version, text}`."""
    return {"version": front.study.one("voice", VOICE).number, "text": await front.study.written("voice", "yaml")}


@router.put("/file")
async def replace(sent: PolicyFile, front: TheFront) -> dict[str, Any]:
    """The whole policy anew, as `voice.yaml` has it; a fault is told with its line."""
    return _row(await front.study.change_policy(sent.text, sent.version, sent.author))


@router.get("/versions")
async def versions(front: TheFront) -> Listed:
    """Every version, newest first, each with its `changes`: `{field, before, after}`."""
    return await history(front, "voice", VOICE)


@router.post("/restore")
async def restore(wanted: Restored, front: TheFront) -> dict[str, Any]:
    """What an earlier version said, as a new version."""
    return _row(await front.study.restore("voice", VOICE, wanted.version, wanted.author))


@router.post("/undo")
async def undo(front: TheFront, named: Annotated[Named | None, Body()] = None) -> dict[str, Any]:
    """Takes the last change back."""
    return _row(await front.study.undo("voice", VOICE, (named or Named()).author))


def _row(version: Version) -> dict[str, Any]:
    return {name: value for name, value in row(version).items() if name not in ("id", "status")}
