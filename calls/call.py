"""One call, from the greeting to the closed record. Its turns are in turn.py, its deeds in deeds.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from calls.consent import Consent
from calls.deeds import do
from calls.disclosure import discloses, disclosure_version, sentences, with_notice, without_question
from calls.errors import CallClosed, EngineError
from calls.ports import Door, Office
from calls.words import (
    Action,
    Body,
    Booking,
    Caller,
    CallOutcome,
    CallRow,
    CallState,
    Circle,
    Event,
    Follow,
    Greeted,
    Guidance,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Keys,
    Language,
    Line,
    Message,
    Outcome,
    Partial,
    Party,
    Played,
    Promise,
    Proof,
    Proved,
    Recalled,
    Said,
    Say,
    ScreenedText,
    Staff,
    Step,
    Topic,
    Verdict,
)

T = TypeVar("T")
_RINGS = (HandOffState.OFFERED, HandOffState.RINGING)
CLOSING_RETRIES_S = (0.5, 2.0)
"""Seconds between tries to put the end of a call on record."""
PIN_TRIES = 3
"""So many wrong PINs are looked at in one call."""


def new_id() -> str:
    """A short random id, unique enough for one office's records."""
    return uuid4().hex[:16]


class Call:
    """A call in progress: its row, what has happened in it so far, and the door it came in by."""

    def __init__(self, row: CallRow, office: Office, door: Door | None = None):
        self.row = row
        self.office = office
        self.door = door
        self.events: list[Event] = []
        self.one_turn = asyncio.Lock()
        """Held for one caller turn on lines where two could arrive at once."""
        self._writing = asyncio.Lock()
        self._errands: set[asyncio.Future[Any]] = set()
        self._closing: asyncio.Future[None] | None = None
        self._greeting: list[Say] = []
        self._greeting_heard = ""
        self._wrong_pins = 0
        self.watch: Callable[[Event], None] = lambda event: None
        """Told of every event once it is on record, and of passing ones; for captions at the caller's own end."""
        self.ending = False
        """The receptionist has said goodbye: the line hangs up once it has been heard."""
        self.consent: Consent | None = None
        """Set where the call could be recorded: its caller is asked."""

    # --- its life -----------------------------------------------------------------------------------

    @classmethod
    async def answered(
        cls,
        office: Office,
        line: str,
        number: str | None = None,
        name: str | None = None,
        language: Language | None = None,
        ref: str | None = None,
        door: Door | None = None,
        proof: Proof | None = None,
        diverted: str | None = None,
    ) -> Call:
        """Picks up: finds out who seems to be calling and opens the record. `door` is None on the text line.

        A number for which nobody vouches but the gateway by which it came in opens no more than `known`.
        """
        caller = office.knowledge.caller(number, name)
        if proof == "attested_c":
            caller = replace(caller, circle=caller.circle.capped(Circle.KNOWN))
        row = CallRow(
            id=new_id(),
            line=line,
            ref=ref,
            caller=caller,
            language=language or office.knowledge.language_for(caller),
            started=office.now(),
            proof=proof,
            diverted=diverted,
        )
        await office.records.open(row)
        return cls(row, office, door)

    async def greet(self) -> list[Say]:
        """The first words: the greeting with its AI disclosure, or one polite sentence to a blocked caller."""
        if self.circle is Circle.BLOCKED:
            goodbye = await self.say(self.phrase("blocked"))
            self.ending = True
            return [goodbye]
        policy = self.office.knowledge.policy
        text = policy.greeting[self.language]
        if policy.listening == "greeting":
            text = with_notice(text, self.phrase("staff_listening"))
        if self.consent:
            text = without_question(text)
        self._greeting = [Say(f"greeting-{n}", piece, self.language) for n, piece in enumerate(sentences(text))]
        if self.door is None:
            self._greeting_heard = text
        await self.note(Greeted(text, self.language, disclosure_version(text)))
        return [*self._greeting, *([await self.consent.ask(self)] if self.consent else ())]

    async def close(self, by: Party, state: CallState = "closed") -> None:
        """Ends the call once, however often it is asked; deeds already begun are finished first."""
        self.ending = True
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close(by, state))
            self._closing.add_done_callback(self._finished)
        await asyncio.shield(self._closing)

    async def _close(self, by: Party, state: CallState) -> None:
        while self._errands:
            await asyncio.wait(self._errands)
        async with self._writing:
            try:
                await self._append_at_last(*self._missed(), HangUp(by=by))
            finally:
                self.row = replace(self.row, state=state, outcome=self.outcome(), ended=self.office.now())
                await self.office.records.close(self.row)

    async def _append_at_last(self, *bodies: Body) -> None:
        """What has to be on record before the call is over is tried again when the records fail."""
        for wait_s in CLOSING_RETRIES_S:
            try:
                await self._append(*bodies)
                return
            except EngineError:
                await asyncio.sleep(wait_s)
        await self._append(*bodies)

    def _missed(self) -> tuple[Body, ...]:
        """No person came of the last hand-off: one owes the caller a call back, unless word was left."""
        rung, told = self.hand_off, [body for body in self.bodies if isinstance(body, HandOff)]
        served = {each.id for each in told if each.state is HandOffState.BRIDGED}
        last = {each.id: each for each in told if each.id not in served}
        ended = tuple(map(_over, (each for each in last.values() if each.state is not HandOffState.RESUMED)))
        if rung is None or rung.id in served:
            return ended
        rings = rung.state in _RINGS
        left_word = any(isinstance(step, Promise) or (isinstance(step, Message) and not rings) for step in self.deeds)
        if left_word:
            return ended
        who = self.caller.name or self.caller.number or self.phrase("brief_unknown_caller")
        due = self.office.knowledge.callback_by(self.office.now())
        text = self.phrase("brief_missed" if rings else "brief_unserved", who=who)
        return (*ended, Promise("assistant", text, due, id=new_id(), call_id=self.id))

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def open(self) -> bool:
        return self.row.state == "open"

    @property
    def caller(self) -> Caller:
        return self.row.caller

    @property
    def circle(self) -> Circle:
        return self.row.caller.circle

    @property
    def language(self) -> Language:
        return self.row.language

    def speaks(self, language: Language) -> None:
        """The caller goes on in `language`; so do we, if it is one of the office's."""
        if language in self.office.knowledge.policy.receptionist.languages:
            self.row = replace(self.row, language=language)

    def phrase(self, key: str, language: Language | None = None, **slots: str) -> str:
        """A fixed line in the call's language; the names of the house are filled in."""
        policy, language = self.office.knowledge.policy, language or self.language
        return self.office.phrases.line(key, language, **policy.names(language), **slots)

    def elapsed(self) -> float:
        """Seconds since the call began."""
        return (self.office.now() - self.row.started).total_seconds()

    @property
    def bodies(self) -> tuple[Body, ...]:
        return tuple(event.body for event in self.events)

    @property
    def deeds(self) -> tuple[Step, ...]:
        """What has been done in this call, oldest first; of each hand-off only its last state."""
        done: dict[str, Step] = {}
        for event in self.events:
            match event.body:
                case Message() | Promise() | Booking() | HandOff() as step:
                    done[step.id] = step
                case Follow() as step:
                    done[f"follow-{event.seq}"] = step
        return tuple(done.values())

    @property
    def hand_off(self) -> HandOff | None:
        """The latest hand-off of this call, in its present state."""
        return next((step for step in reversed(self.deeds) if isinstance(step, HandOff)), None)

    @property
    def with_staff(self) -> bool:
        """A human has the call: the receptionist listens and keeps quiet."""
        for event in reversed(self.events):
            match event.body:
                case HandOff(state=HandOffState.BRIDGED) | Staff(action="take_over"):
                    return True
                case HandOff(state=HandOffState.RESUMED) | Staff(action="hand_back"):
                    return False
        return False

    def disclosed(self, language: Language) -> bool:
        """Whether the caller has heard, in `language`, that an AI is speaking."""
        return discloses(self._greeting_heard, language) or any(
            isinstance(body, Said | Played) and body.heard_text and discloses(body.heard_text, language)
            for body in self.bodies
        )

    @property
    def suspicious(self) -> bool:
        """An injection or a doubtful topic came up: offer less."""
        return any(
            isinstance(body, ScreenedText)
            and body.direction == "in"
            and (body.topic is Topic.INJECTION or body.verdict is Verdict.GREY)
            for body in self.bodies
        )

    def transcript(self) -> tuple[Line, ...]:
        """What was said so far, as it was heard."""
        heard_of = {body.said: body.heard_text for body in self.bodies if isinstance(body, Played)}
        lines: list[Line] = []
        for body in self.bodies:
            match body:
                case Greeted(language=language):
                    pieces = (heard_of.get(say.id, say.text) for say in self._greeting)
                    lines.append(Line("receptionist", " ".join(filter(None, pieces)), language))
                case Heard(text=text, language=language):
                    lines.append(Line("caller", text, language))
                case Said(id=said, text=text, language=language):
                    if heard := heard_of.get(said, text):
                        lines.append(Line("receptionist", heard, language))
                case Staff(action="spoke", text=text, language=spoken):
                    lines.append(Line("staff", text, spoken or self.language))
        return tuple(lines)

    def unused_guidance(self) -> tuple[str, ...]:
        """Private hints that no turn has seen yet: a turn sees them when it recalls what may be known."""
        hints: list[str] = []
        for body in self.bodies:
            match body:
                case Guidance(text=text):
                    hints.append(text)
                case Recalled():
                    hints.clear()
        return tuple(hints)

    def outcome(self) -> CallOutcome:
        """What the call came to, the most binding first."""
        deeds = self.deeds
        taken = {HandOffState.ACCEPTED, HandOffState.BRIDGED}
        if any(isinstance(body, HandOff) and body.state in taken for body in self.bodies):
            return "handed_off"
        by_kind: list[tuple[Callable[[Step], bool], CallOutcome]] = [
            (lambda step: isinstance(step, Booking), "booked"),
            (lambda step: isinstance(step, Promise), "promised"),
            (lambda step: isinstance(step, Message), "message"),
            (lambda step: isinstance(step, Follow) and step.action is Action.REDIRECT, "redirected"),
            (lambda step: isinstance(step, Follow) and step.action is Action.DECLINE, "declined"),
        ]
        for fits, outcome in by_kind:
            if any(fits(step) for step in deeds):
                return outcome
        if self.circle is Circle.BLOCKED:
            return "declined"
        return "answered" if any(isinstance(body, Heard) for body in self.bodies) else "abandoned"

    # --- what happens in it -------------------------------------------------------------------------

    async def note(self, *bodies: Body) -> list[Event]:
        """Puts what happened on record; returns once it is durable. Raises CallClosed on a closed call, EngineError."""
        return await self.in_full(self._write(*bodies))

    async def _write(self, *bodies: Body) -> list[Event]:
        async with self._writing:
            return await self._append(*bodies)

    async def _append(self, *bodies: Body) -> list[Event]:
        if not self.open:
            raise CallClosed(self.id, self.row.state)
        at: datetime = self.office.now()
        first = len(self.events) + 1
        events = [Event(seq, at, body) for seq, body in enumerate(bodies, first)]
        await self.office.records.append(self.id, events)
        self.events += events
        for event in events:
            self.watch(event)
        return events

    def note_meanwhile(self, *bodies: Body) -> None:
        """Puts what happened on record without waiting for it; it stands there before the call is closed."""
        self._errand(self._write(*bodies))

    async def in_full(self, work: Coroutine[Any, Any, T]) -> T:
        """Finishes `work` even if whoever asked is cancelled meanwhile: a barge-in stops talking, nothing else."""
        return await asyncio.shield(self._errand(work))

    def _errand(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        errand = asyncio.ensure_future(work)
        self._errands.add(errand)
        errand.add_done_callback(self._finished)
        return errand

    def _finished(self, errand: asyncio.Future[Any]) -> None:
        self._errands.discard(errand)
        if not errand.cancelled():
            errand.exception()  # seen: whoever asked may be gone

    def overhear(self, text: str, language: Language) -> None:
        """Words while the caller is still speaking, for whoever watches; not kept."""
        if self.office.orders:
            text = self.office.orders.covered(self, text, language)
        event = Event(len(self.events), self.office.now(), Partial(text, language))
        self.office.records.announce(self.id, event)
        self.watch(event)

    async def say(self, text: str, language: Language | None = None) -> Say:
        """Puts a sentence on record for the caller to hear; the line still has to speak it."""
        say = Say(new_id(), text, language or self.language)
        await self.note(Said(say.id, say.text, say.language, heard_text=None if self.door else text))
        return say

    async def speak(self, text: str, language: Language | None = None) -> Say:
        """Says a sentence that nobody asked for, out loud where there is a door."""
        say = await self.say(text, language)
        if self.door:
            await self.door.speak(say)
        return say

    async def played(self, say: Say, heard_text: str, cut_short: bool) -> None:
        """Playback of `say` has ended or was cut after `heard_text`."""
        if say.id.startswith("greeting-"):
            self._greeting_heard = f"{self._greeting_heard} {heard_text}".strip()
        if self.open:
            await self.note(Played(say.id, heard_text, cut_short))

    async def do(self, step: Step) -> Outcome:
        """Does `step` in full, whatever becomes of whoever asked. Raises CallClosed, EngineError."""
        return await self.in_full(do(step, self, self.office))

    async def proves(self, pin: str) -> bool:
        """Checks a keyed or spoken PIN; a right one raises the circle for the rest of this call.

        After three wrong ones every PIN is wrong, however it comes.
        """
        circle = None if self.pin_spent else self.office.knowledge.prove(self.caller, pin)
        if circle is None:
            self._wrong_pins += 1
            return False
        await self.note(Proved(circle))
        self.row = replace(self.row, caller=replace(self.caller, circle=circle))
        return True

    @property
    def pin_spent(self) -> bool:
        """No PIN is looked at any more."""
        return self._wrong_pins >= PIN_TRIES

    async def press(self, digits: str) -> None:
        """Notes keys as pressed; anything that could be a PIN is masked."""
        await self.note(Keys("*" * len(digits) if 4 <= len(digits.strip("#*")) <= 8 else digits))


def _over(hand_off: HandOff) -> HandOff:
    """As it is once its caller has gone: whatever was not put on record of it comes to this."""
    return replace(hand_off, state=HandOffState.TIMED_OUT if hand_off.state in _RINGS else HandOffState.RESUMED)
