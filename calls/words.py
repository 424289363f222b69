"""The vocabulary of a call. Frozen values only; every class here stands in docs/glossary.md.

Times are timezone-aware datetimes in UTC; `began` and `ended` of an utterance are seconds since the call began.
Numbers of callers are E.164 strings (``+34600111222``) or None when withheld.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")


class Circle(StrEnum):
    """How close a caller is. Ordered; `blocked` stands aside below all."""

    BLOCKED = "blocked"
    ANYONE = "anyone"
    KNOWN = "known"
    TRUSTED = "trusted"
    INNER = "inner"

    @property
    def rank(self) -> int:
        return list(Circle).index(self)

    def may_hear(self, audience: Audience) -> bool:
        """Whether a caller of this circle may hear what is meant for `audience`."""
        return audience is not Audience.NOBODY and self.rank >= Circle(audience.value).rank

    def capped(self, at: Circle) -> Circle:
        """The lower of the two."""
        return self if self.rank <= at.rank else at


class Audience(StrEnum):
    """Who may hear a preference. `nobody`: used only to catch leaks, never in an index or a prompt."""

    ANYONE = "anyone"
    KNOWN = "known"
    TRUSTED = "trusted"
    INNER = "inner"
    NOBODY = "nobody"


class Action(StrEnum):
    """What a rule (`do`) asks for."""

    ANSWER = "answer"
    TAKE_MESSAGE = "take_message"
    PROMISE_CALLBACK = "promise_callback"
    PUT_THROUGH = "put_through"
    REDIRECT = "redirect"
    DECLINE = "decline"
    BOOK = "book"


class Autonomy(StrEnum):
    """How far the receptionist may go alone with an action for a circle; earned step by step."""

    SUGGEST = "suggest"
    ASK = "ask"
    ACT_AND_REPORT = "act_and_report"
    ACT = "act"


class Reason(StrEnum):
    """Why a call goes to a human."""

    ASKED_FOR_PERSON = "asked_for_person"
    UNCLEAR = "unclear"
    LOW_CONFIDENCE = "low_confidence"
    NOT_KNOWN = "not_known"
    DISTRESS = "distress"
    EMERGENCY = "emergency"
    RULE = "rule"
    GUARD = "guard"
    FAILURE = "failure"


class HandOffState(StrEnum):
    OFFERED = "offered"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    BRIDGED = "bridged"
    RESUMED = "resumed"


class Topic(StrEnum):
    POLITICS = "politics"
    RELIGION = "religion"
    SEX = "sex"
    INJECTION = "injection"
    DISTRESS = "distress"
    OTHER = "other"
    """One that the house adds; its name stands in the scores."""


class Verdict(StrEnum):
    PASS = "pass"
    GREY = "grey"
    BLOCK = "block"


Owner = Literal["receptionist", "assistant", "executive"]
Party = Literal["caller", "receptionist", "staff", "line"]
Urgency = Literal["low", "normal", "high"]
Texts = dict[Language, str]
"""A wording by language; at least one of es, en."""


# --- who ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """Who seems to be calling. What they say of themselves never raises `circle`."""

    number: str | None = None
    name: str | None = None
    circle: Circle = Circle.ANYONE
    language: Language | None = None
    notes: str = ""
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The executive or the human assistant. `spoken` is how callers hear them named, by language."""

    name: str
    role: str = ""
    company: str = ""
    phone: str | None = None
    email: str | None = None
    spoken: Texts = field(default_factory=dict)

    def named(self, language: Language) -> str:
        return self.spoken.get(language) or self.name


@dataclass(frozen=True, slots=True)
class Persona:
    """The receptionist as callers meet them."""

    name: str = "Clara"
    languages: tuple[Language, ...] = LANGUAGES
    address: dict[Language, str] = field(default_factory=lambda: {"es": "usted"})
    tone: str = ""
    warmth: Literal["reserved", "even", "warm"] = "even"
    """How much heart is in the courtesies."""


@dataclass(frozen=True, slots=True)
class Cover:
    """An approved, true way to say that the executive is not available. `when`: busy, away, closed, holiday, any."""

    text: Texts
    when: str = "any"


@dataclass(frozen=True, slots=True)
class Hours:
    """When the office is open. `open`: weekday 0 (Monday) to 6 -> [(minute of day from, until)]."""

    timezone: str = "Europe/Madrid"
    open: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOffPolicy:
    """`unclear_turns`: this many unclear turns ring a human. `ring_seconds`: then the receptionist resumes."""

    unclear_turns: int = 2
    ring_seconds: float = 25.0
    to: tuple[str, ...] = ("console", "phone")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of the executive's week callers of one circle may take; None: as much as comes.

    `minutes`: of meetings, call backs and calls put through; `interruptions`: how often the executive is rung.
    """

    minutes: int | None = None
    interruptions: int | None = None


@dataclass(frozen=True, slots=True)
class VoicePolicy:
    """Who the receptionist is and how they speak."""

    executive: Person
    assistant: Person
    greeting: Texts
    receptionist: Persona = field(default_factory=Persona)
    hours: Hours = field(default_factory=Hours)
    hand_off: HandOffPolicy = field(default_factory=HandOffPolicy)
    covers: tuple[Cover, ...] = ()
    recording: Literal["off", "ask"] = "off"
    listening: Literal["off", "greeting", "joining"] = "greeting"
    """Whether staff may listen in, and when the caller is told: in the greeting, or once somebody does."""
    avoid: tuple[str, ...] = ()
    """Words that the receptionist does not use."""
    prefer: tuple[str, ...] = ()
    """Words that the receptionist likes to use where they fit."""
    budget: dict[Circle, Allowance] = field(default_factory=dict)
    """The executive's time for callers of a circle, by the week; a circle that is left out takes what it needs."""
    version: str = ""

    def names(self, language: Language) -> dict[str, str]:
        """The people of the house as callers hear them named, for the gaps in fixed lines."""
        return {
            "receptionist": self.receptionist.name,
            "executive": self.executive.named(language),
            "assistant": self.assistant.named(language),
        }


# --- what may be known ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing the executive wants known or done. `when` and `do` together make it a rule; `say` is its wording."""

    id: str
    text: Texts
    audience: Audience = Audience.ANYONE
    topic: str = ""
    when: str | None = None
    do: Action | None = None
    say: Texts = field(default_factory=dict)
    valid_from: date | None = None
    valid_until: date | None = None
    status: Literal["draft", "approved", "archived"] = "approved"
    version: int = 1
    author: str = ""
    updated: datetime | None = None
    callers: tuple[str, ...] = ()
    """Contacts (ids) whose calls alone the rule is for; it is never told to anybody else, nor searched."""

    def wording(self, language: Language) -> tuple[str, Language]:
        """What to say, and the language it is written in: `language` if on file, else the other."""
        for texts in (self.say, self.text):
            if language in texts:
                return texts[language], language
        texts = self.say or self.text
        written: Language = next(iter(texts))
        return texts[written], written


@dataclass(frozen=True, slots=True)
class Match:
    """A preference that fits the question. `score`: calibrated chance in 0..1 that it answers it."""

    preference: Preference
    score: float
    over: tuple[str, ...] = ()
    """The ids of those that answer the same differently, to which it was preferred."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What THIS caller may know about what they asked, best first. `unsure`: nothing here would be spoken."""

    matches: tuple[Match, ...] = ()
    unsure: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """Free time of the executive; both ends timezone-aware in the office's timezone."""

    start: datetime
    end: datetime


# --- what is heard and said -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller said in one turn. `confidence` 0..1; `began`, `ended` in seconds since the call began.

    `continues`: the caller was talked over and goes on with the sentence before; both halves are one turn.
    """

    text: str
    language: Language
    confidence: float = 1.0
    began: float = 0.0
    ended: float = 0.0
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that the mind proposes, and the language it is in (a wording on file may be in the other one)."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Say:
    """One sentence for the caller to hear. `id` ties it to its Said event and to what was heard of it."""

    id: str
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript so far, as it was heard. `who` is caller, receptionist or staff."""

    who: Literal["caller", "receptionist", "staff"]
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Screened:
    """The guard's judgement of one text. `scores` 0..1 by topic."""

    verdict: Verdict = Verdict.PASS
    topic: Topic | None = None
    scores: dict[str, float] = field(default_factory=dict)


# --- what the mind may propose: the steps -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the executive. `id`, `call_id`, `taken_at`, `state` are filled in when it is on record."""

    kind: ClassVar[str] = "message"
    reason: str
    from_name: str | None = None
    company: str | None = None
    number: str | None = None
    urgency: Urgency = "normal"
    id: str = ""
    call_id: str = ""
    taken_at: datetime | None = None
    state: Literal["open", "done"] = "open"


@dataclass(frozen=True, slots=True)
class Promise:
    """Something owed to a caller. `quote`: the words that were promised."""

    kind: ClassVar[str] = "promise"
    owner: Owner
    text: str
    due: datetime | None = None
    quote: str = ""
    id: str = ""
    call_id: str = ""
    state: Literal["open", "kept", "broken", "withdrawn"] = "open"
    warned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """Time of the executive's that a caller was given."""

    kind: ClassVar[str] = "booking"
    start: datetime
    end: datetime
    with_: str
    id: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class HandOff:
    """The call should go to a human. `brief` is private: what they read or hear before taking it."""

    kind: ClassVar[str] = "hand_off"
    reason: Reason
    to: Literal["assistant", "executive"] = "assistant"
    state: HandOffState = HandOffState.OFFERED
    id: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Follow:
    """A rule on file is being followed (say a redirection): no deed of its own, but on record."""

    kind: ClassVar[str] = "followed"
    preference: str
    action: Action


@dataclass(frozen=True, slots=True)
class HangUp:
    """The call should end once what was said has been heard."""

    kind: ClassVar[str] = "hung_up"
    by: Party = "receptionist"


Step = Message | Promise | Booking | HandOff | Follow | HangUp


@dataclass(frozen=True, slots=True)
class Done:
    """A step was done and is on record; `step` is the row as written."""

    step: Step


@dataclass(frozen=True, slots=True)
class Refused:
    """A step was not done. `why` is for the mind; `instead` may carry a time that would be accepted."""

    why: str
    instead: datetime | None = None


Outcome = Done | Refused


# --- what happened: the events ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Greeted:
    kind: ClassVar[str] = "greeted"
    text: str
    language: Language
    disclosure: str
    """The version of the AI disclosure that was spoken."""


@dataclass(frozen=True, slots=True)
class Heard:
    kind: ClassVar[str] = "heard"
    text: str
    language: Language
    confidence: float = 1.0
    began: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Partial:
    """Words while the caller is still speaking: on the live feed only, never on record."""

    kind: ClassVar[str] = "partial"
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class ScreenedText:
    """A text did not plainly pass. The words themselves stand in `heard` or nowhere."""

    kind: ClassVar[str] = "screened"
    direction: Literal["in", "out"]
    verdict: Verdict
    topic: Topic | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    kind: ClassVar[str] = "recalled"
    preferences: tuple[dict[str, Any], ...]
    """Best first: {id, version, score}, and `over` with the ids to which it was preferred, if any."""
    unsure: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for the caller. `heard_text` is None until its playback has ended or was cut."""

    kind: ClassVar[str] = "said"
    id: str
    text: str
    language: Language
    heard_text: str | None = None
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """How much of the sentence `said` (its id) was really heard."""

    kind: ClassVar[str] = "played"
    said: str
    heard_text: str
    cut_short: bool


@dataclass(frozen=True, slots=True)
class Keys:
    kind: ClassVar[str] = "keys"
    digits: str
    """As pressed; a PIN is masked with asterisks."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The caller proved who they are (PIN); from here on the call has this circle."""

    kind: ClassVar[str] = "proved"
    circle: Circle


@dataclass(frozen=True, slots=True)
class Ordered:
    """The executive, proved by their PIN, changed by phone what is on file; `undone`: took the last change back."""

    kind: ClassVar[str] = "ordered"
    preferences: tuple[dict[str, Any], ...] = ()
    """{id, version} of each that is new."""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of the recording of the call. It holds both sides from `began` on, once the caller has agreed."""

    kind: ClassVar[str] = "recording"
    state: Literal["asked", "agreed", "refused", "erased"]
    """`refused`: or no plain answer; nothing was kept. `erased`: the yes was taken back, what was kept is deleted."""
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Guidance:
    kind: ClassVar[str] = "guidance"
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    kind: ClassVar[str] = "staff"
    action: Literal["listen", "take_over", "hand_back", "say", "spoke"]
    by: str = ""
    text: str = ""
    """What a person who has the call said (`spoke`), as the ears heard it."""
    language: Language | None = None


NAME = 0
"""Stands for the caller's name where a correction says what it is of; events count from 1."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A person set right, once the call was over, what event `of` has heard, or the caller's NAME."""

    kind: ClassVar[str] = "corrected"
    of: int
    was: str
    text: str
    by: str = ""
    undone: bool = False
    """A correction was taken back: `text` is what it had replaced."""


@dataclass(frozen=True, slots=True)
class Failed:
    kind: ClassVar[str] = "failed"
    engine: str
    error: str
    stand_in: str


Body = (
    Greeted | Heard | Partial | ScreenedText | Recalled | Said | Played | Keys | Proved | Ordered | Recording | Guidance
    | Staff | Corrected | Failed | Message | Promise | Booking | HandOff | Follow | HangUp
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, append-only. `seq` rises by one per call from 1."""

    seq: int
    at: datetime
    body: Body

    @property
    def kind(self) -> str:
        return self.body.kind

    def as_json(self) -> dict[str, Any]:
        """The flat form of the API: ``{seq, at, kind, ...fields}``."""
        return {"seq": self.seq, "at": spell_time(self.at), **as_json(self.body)}


def as_json(body: Body) -> dict[str, Any]:
    """A body as plain JSON values with its `kind`; `with_` is spelled `with`."""
    plain = {key.rstrip("_"): _plain(value) for key, value in asdict(body).items()}
    return {"kind": body.kind, **plain}


def from_json(kind: str, data: dict[str, Any]) -> Body:
    """The body that `as_json` made; unknown fields are ignored so that old records stay readable."""
    of_kind: dict[str, type[Body]] = {cls.kind: cls for cls in Body.__args__}
    cls: type[Any] = of_kind[kind]
    values: dict[str, Any] = {}
    for spec in fields(cls):
        name = spec.name.rstrip("_")
        if name in data:
            values[spec.name] = _revive(str(spec.type), data[name])
    body: Body = cls(**values)
    return body


def spell_time(at: datetime) -> str:
    """ISO 8601 with milliseconds and offset."""
    return at.isoformat(timespec="milliseconds")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return spell_time(value.astimezone(UTC))
        case StrEnum():
            return value.value
        case tuple() | list():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case _:
            return value


_ENUMS: dict[str, type[StrEnum]] = {
    cls.__name__: cls for cls in (Circle, Audience, Action, Reason, HandOffState, Topic, Verdict)
}


def _revive(annotation: str, value: Any) -> Any:
    """A JSON value as the type that its field's annotation names."""
    if value is None:
        return None
    name = annotation.removesuffix(" | None")
    if name == "datetime":
        return datetime.fromisoformat(value)
    if name in _ENUMS:
        return _ENUMS[name](value)
    return tuple(value) if name.startswith("tuple") else value


# --- a call as others see it ------------------------------------------------------------------------

CallState = Literal["open", "closed", "interrupted"]
CallOutcome = Literal["answered", "message", "promised", "booked", "handed_off", "redirected", "declined", "abandoned"]


Proof = Literal["attested_a", "attested_b", "attested_c", "attested", "asserted", "claimed", "withheld", "false"]
"""How well the network vouches for a caller's number, best first.

`attested_*`: signed (STIR/SHAKEN, RFC 8588) by a carrier that knows caller and number (a), the caller only (b), or just
where the call entered (c); `attested`: found genuine, its level not told. `asserted`: by the trunk (RFC 3325).
`claimed`: by the caller alone. `withheld`: the caller keeps it to themselves. `false`: the signature is wrong.
"""


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call's own row: everything but its events. `ref`: the line's own id (CallSid, SIP Call-ID).

    `diverted`: the number that the caller had dialled, where the call was passed on to us from there.
    """

    id: str
    line: str
    caller: Caller
    language: Language
    started: datetime
    ref: str | None = None
    state: CallState = "open"
    outcome: CallOutcome | None = None
    ended: datetime | None = None
    proof: Proof | None = None
    diverted: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the mind may know in one turn: nothing in here is above the caller's circle."""

    call_id: str
    caller: Caller
    language: Language
    policy: VoicePolicy
    heard: Utterance
    transcript: tuple[Line, ...]
    """The conversation before this turn, oldest first, the greeting included."""
    recall: Recall
    now: datetime
    """In the office's timezone."""
    open_now: bool
    callback_by: datetime | None
    """The soonest honest time for a promised callback, in the office's timezone."""
    deeds: tuple[Step, ...] = ()
    """What was already done in this call."""
    guidance: tuple[str, ...] = ()
    """Private hints from the assistant, newest last, not yet used."""
    suspicious: bool = False
    """An injection or a grey verdict in this call: offer less, confirm nothing."""
    busy_now: bool = False
    """The office is open, but the executive's calendar is taken now."""
    away_today: bool = False
    """The calendar is taken for all of today's opening hours."""

    def __post_init__(self) -> None:
        for match in self.recall.matches:
            if not self.caller.circle.may_hear(match.preference.audience):
                raise ValueError(f"preference {match.preference.id} is above the caller's circle")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of an utterance before the mind sees it.

    `say` empty and `step` None: the mind may answer. Otherwise `step` is done first, then `say` is spoken as it stands.
    """

    screened: Screened = field(default_factory=Screened)
    say: tuple[str, ...] = ()
    step: Step | None = None

    @property
    def settles_it(self) -> bool:
        """Whether the turn is answered without the mind."""
        return bool(self.say) or self.step is not None


@dataclass(frozen=True, slots=True)
class Checked:
    """A proposed sentence after the rules: what may be spoken (a true replacement if it failed)."""

    text: str
    language: Language
    screened: Screened = field(default_factory=Screened)
    reason: str = ""
    """Empty when the sentence stands as proposed; else topic, leak, ungrounded, undone, cover."""
