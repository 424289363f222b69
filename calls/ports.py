"""What a call needs from the rest of the house. Small on purpose; tests/contracts/ holds one suite for each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from calls.breaker import Breakers
from calls.words import (
    Action,
    Autonomy,
    Body,
    Caller,
    CallRow,
    Checked,
    Circle,
    Cover,
    Event,
    HandOff,
    Language,
    Outcome,
    Preference,
    Recall,
    Ruling,
    Say,
    Scene,
    Screened,
    Sentence,
    Slot,
    Step,
    Utterance,
    VoicePolicy,
)

if TYPE_CHECKING:
    from calls.call import Call

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> one row each, L2-normalised, shape (len(texts), dim).

Thread-safe; costs about 10 ms a text: never on the event loop.
"""

Act = Callable[[Step], Awaitable[Outcome]]
"""Hands a proposed step to the one function that does it; returns once it is done and on record, or refused."""


Spent = Callable[[Circle, datetime, int | None], Awaitable[datetime | None]]
"""(circle, time, minutes; None for ringing the executive) -> when the next week begins if this one has no room for it.

None while there is room. Raises EngineError.
"""


async def _never_spent(circle: Circle, at: datetime, minutes: int | None) -> datetime | None:
    return None


class Mind(Protocol):
    """Decides what to say and proposes what to do."""

    def propose(self, scene: Scene, act: Act) -> AsyncGenerator[Sentence]:
        """Sentences for the caller, each as soon as it stands. Steps go through `act` and nowhere else.

        Must be cheap to abandon: it is closed when the caller talks on or cuts in. Raises EngineError when neither the
        chosen model nor its stand-in could answer.
        """
        ...


class Rules(Protocol):
    """What may be heard and said, whatever the mind thinks."""

    async def screen(self, texts: Sequence[str], direction: str) -> list[Screened]:
        """Each text judged alone; `direction` is ``in`` or ``out``."""
        ...

    async def hear(self, heard: Utterance, past: Sequence[Body], policy: VoicePolicy) -> Ruling:
        """Judges an utterance (topic, injection, distress, asks for a person, unclear) in the light of the call."""
        ...

    async def speak(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step]) -> Checked:
        """Judges a proposed sentence (topic, leak, grounding, claims against `deeds`) and replaces what fails."""
        ...


class Knowledge(Protocol):
    """What may be known, by whom."""

    @property
    def policy(self) -> VoicePolicy:
        """The voice policy in force now."""
        ...

    async def recall(self, question: str, circle: Circle, language: Language, at: datetime) -> Recall:
        """The preferences that `circle` may hear, valid at `at`, that fit the question; best first."""
        ...

    def caller(self, number: str | None, name: str | None = None) -> Caller:
        """Who a number belongs to, with the circle that caller ID alone may have (never inner)."""
        ...

    def language_for(self, caller: Caller) -> Language:
        """The language to greet in: the contact's, else the number's country's, else the office's first."""
        ...

    def prove(self, caller: Caller, pin: str) -> Circle | None:
        """The circle that a right PIN opens; None when it is wrong or there is none."""
        ...

    def vocabulary(self, caller: Caller) -> tuple[str, ...]:
        """Names and words that a caller is likely to say, most likely first, for the ears."""
        ...

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at `at`."""
        ...

    def callback_by(self, at: datetime) -> datetime | None:
        """The soonest honest time for a promised callback, inside the office's hours; None when it has no hours."""
        ...

    def allows(self, start: datetime, end: datetime) -> bool:
        """Whether the executive is free and the office open for all of it."""
        ...

    def free_slots(self, after: datetime, minutes: int, count: int) -> tuple[Slot, ...]:
        """The next free times inside the office's hours."""
        ...


class Records(Protocol):
    """What is kept. Returns only once it is durable, and only then shows it on the live feed."""

    async def open(self, row: CallRow) -> None: ...

    async def append(self, call_id: str, events: Sequence[Event]) -> None: ...

    async def close(self, row: CallRow) -> None: ...

    def announce(self, call_id: str, event: Event) -> None:
        """Shows a passing event (partial words) on the live feed; it is not kept."""
        ...


class Phrases(Protocol):
    """The fixed wording, Spanish and English."""

    def line(self, key: str, language: Language, **slots: str) -> str:
        """One way to say `key`. Raises KeyError for an unknown key or a missing slot."""
        ...


class Door(Protocol):
    """The line that a call came in by, as far as a call needs it."""

    async def speak(self, say: Say) -> None:
        """Speaks a sentence that nobody asked for, once the floor is free."""
        ...

    async def give_way(self) -> None:
        """A person takes the call: what is being said stops, and what was to be said is not."""
        ...

    async def hang_up(self) -> None:
        """Ends the call at the line once everything queued has been heard."""
        ...


class Orders(Protocol):
    """What a caller says to the house itself: a PIN, and what the executive wants changed or told, once proved."""

    def covered(self, call: Call, text: str, language: Language) -> str:
        """`text` as it may be kept and shown: a PIN that is spoken in it is masked."""
        ...

    def concerns(self, call: Call, heard: Utterance) -> bool:
        """Whether `heard` is answered here rather than by the mind."""
        ...

    def answer(self, call: Call, heard: Utterance) -> AsyncGenerator[Sentence]:
        """Answers what concerns it, and does it. Raises EngineError."""
        ...

    def proved(self, call: Call) -> AsyncGenerator[Sentence]:
        """Goes on with what waited for a PIN that was just keyed; says nothing when nothing did."""
        ...

    def rule_for(self, caller: Caller, at: datetime) -> Preference | None:
        """The rule in force at `at` that is for this caller's calls alone."""
        ...

    def covers(self, circle: Circle, at: datetime) -> tuple[Cover, ...]:
        """What the executive ordered to be said, to callers of this circle, when they cannot be reached at `at`.

        Empty when they ordered nothing: then the covers of the voice policy hold.
        """
        ...


class Desk(Protocol):
    """Where the humans sit."""

    async def offer(self, call: Call, hand_off: HandOff) -> Outcome:
        """Rings them with a brief; returns while it rings. What comes of it is spoken and noted when it comes."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that answers one executive's line. `now` returns the time in UTC."""

    mind: Mind
    rules: Rules
    knowledge: Knowledge
    records: Records
    phrases: Phrases
    desk: Desk
    language_of: Callable[[str, Sequence[Language], Language], Language]
    """(text, the office's languages, the current one) -> the language of typed words; the current one if unclear."""
    now: Callable[[], datetime]
    orders: Orders | None = None
    autonomy: Callable[[Action, Circle], Autonomy] = lambda action, circle: Autonomy.ACT_AND_REPORT
    """How far the receptionist may go alone with an action, for callers of a circle."""
    spent: Spent = _never_spent
    """Whether the executive's time for callers of a circle is used up in some week."""
    breakers: Breakers = field(default_factory=Breakers)
    """Engines that keep failing are left alone for a while."""
