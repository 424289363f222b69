"""What goes in and out over HTTP."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from calls.people import in_person
from calls.words import Circle, HandOffState, Language, Reason, Topic, Verdict

When = TypeVar("When", bound=date)
MOST_WORDS = 5_000
"""Characters in one utterance: some six minutes of speech."""


def _spoken(text: str) -> str:
    """Words as they could be said: control characters and halves of surrogate pairs are not words."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", text).strip()
    if not text:
        raise ValueError("it is empty")
    return text


def e164(number: str | None) -> str | None:
    """A number as it is kept. Raises ValueError."""
    if number is None or not number.strip():
        return None
    bare = re.sub(r"[\s().-]", "", number)
    if not re.fullmatch(r"\+[1-9]\d{5,14}", bare):
        raise ValueError("write the number with its country code, like +34600111222, or leave it out when withheld")
    return bare


def _this_century(at: When) -> When:
    if not 2000 <= at.year < 2100:
        raise ValueError("give a time between the years 2000 and 2100")
    return at


def empty_is_none(value: Any) -> Any:
    """A form sends an empty field where there is none."""
    return None if value == "" else value


Words = Annotated[str, StringConstraints(max_length=MOST_WORDS), AfterValidator(_spoken)]
Number = Annotated[str | None, StringConstraints(max_length=40), AfterValidator(e164)]


class _In(BaseModel):
    model_config = ConfigDict(frozen=True)


class NewCall(_In):
    """A call on the text line."""

    line: Literal["text"] = "text"
    number: Number = Field(None, description="E.164; leave it out when it is withheld", examples=["+34600111222"])
    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_spoken)] | None = None
    language: Language | None = None


class Typed(_In):
    """What the caller typed, or what other ears heard."""

    text: Words
    confidence: float = Field(1.0, ge=0, le=1, allow_inf_nan=False)
    language: Language | None = Field(None, description="found out from the words when left out")


class Pressed(_In):
    digits: str = Field(pattern=r"^[0-9*#]{1,32}$", description="keys as pressed", examples=["1", "4821#"])


class StaffWords(_In):
    text: Words
    by: Annotated[str, AfterValidator(in_person)] = Field(
        "", max_length=200, description="who says it, unless somebody is signed in", validate_default=True
    )


class Texts(_In):
    texts: list[Annotated[str, StringConstraints(max_length=MOST_WORDS)]] = Field(max_length=5_000)
    direction: Literal["in", "out"] = "in"


class Question(_In):
    question: Words
    circle: Literal["anyone", "known", "trusted", "inner"] = "anyone"
    language: Language | None = None
    at: Annotated[datetime, AfterValidator(_this_century)] | None = Field(
        None, description="as if asked then; without an offset, in the office's timezone"
    )


class HandOffSeen(BaseModel):
    id: str
    state: HandOffState
    reason: Reason
    to: Literal["assistant", "executive"]


class Opened(BaseModel):
    id: str
    said: list[str]
    circle: Circle
    language: Language
    open: bool


class Answer(BaseModel):
    """What the receptionist said and did. `steps` are the events of what was done."""

    said: list[str]
    steps: list[dict[str, Any]]
    open: bool
    language: Language
    hand_off: HandOffSeen | None = None


class CallSeen(BaseModel):
    """A call without its events."""

    id: str
    line: str
    ref: str | None
    number: str | None
    name: str | None
    circle: Circle
    language: Language
    state: Literal["open", "closed", "interrupted"]
    outcome: str | None
    started: str
    ended: str | None
    proof: str | None = Field(None, description="how well the network vouches for the number")
    diverted: str | None = Field(None, description="the number that was dialled first")


class SummarySentence(BaseModel):
    text: str
    seq: int = Field(description="the event that it stands on")


class Cue(BaseModel):
    """Where in the recording something was said."""

    seq: int
    offset_ms: int


class WholeCall(CallSeen):
    events: list[dict[str, Any]] = Field(description="`{seq, at, kind, ...}` each, oldest first")
    summary: list[SummarySentence]
    recording: list[Cue] | None = Field(description="what was said in it; null when there is none to listen to")


class Listed(BaseModel):
    """One page; ask for the next with `?next=`."""

    items: list[dict[str, Any]]
    next: str | None


class Judged(BaseModel):
    verdict: Verdict
    topic: Topic | None
    scores: dict[str, float]


class Found(BaseModel):
    id: str
    version: int
    score: float


class Asked(BaseModel):
    said: list[str]
    action: str = Field(description="a `do` value or `none`")
    unsure: bool = Field(description="nothing listed would be spoken")
    preferences: list[Found] = Field(description="best first")
    language: Language = Field(description="the one that was answered in")
    steps: list[dict[str, Any]] = Field(description="what would have been done, as events")
    checks: list[dict[str, Any]] = Field(description="`screened` events: what did not plainly pass; empty when all did")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""


Flag = Annotated[bool | None, BeforeValidator(empty_is_none)]
Cursor = Annotated[Annotated[int, Field(ge=0, lt=2**63)] | None, BeforeValidator(empty_is_none)]
Day = Annotated[Annotated[date, AfterValidator(_this_century)] | None, BeforeValidator(empty_is_none)]
