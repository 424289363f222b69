"""Where a conversation stands, found by reading it again from the start. Pure: the same scene, the same situation."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import phonenumbers

from agent.house.facts import KEEPS_THE_FLOOR, Facts, Told, after
from agent.house.intents import Intent, Intents, asks
from agent.house.reasons import asked_reason
from calls.words import Circle, HandOff, HandOffState, Language, Line, Scene
from prompts import ASKING, Phrasebook, pattern


@dataclass(frozen=True, slots=True)
class Situation:
    """The scene as the house model understands it."""

    scene: Scene
    intents: frozenset[Intent]
    asked: str
    """The key of the question that the caller has just answered; empty if there was none."""
    slots: dict[str, str]
    """What filled the slots of that question."""
    before: Facts
    facts: Facts
    said: Counter[str]
    """How often each phrase was said."""
    last: tuple[Line, ...]
    """What we said last."""
    region: str

    @property
    def recognised(self) -> bool:
        """Whether the line belongs to a contact whom we may greet by name."""
        return bool(self.scene.caller.name) and not self.scene.suspicious

    @property
    def hand_off(self) -> HandOffState | None:
        """How far the latest hand-off has come."""
        steps = [step for step in self.scene.deeds if isinstance(step, HandOff)]
        return steps[-1].state if steps else None

    @property
    def ringing(self) -> bool:
        return self.hand_off in (HandOffState.OFFERED, HandOffState.RINGING)

    def has(self, *intents: Intent) -> bool:
        return not self.intents.isdisjoint(intents)

    def taking(self) -> Situation:
        """The same, with a message to be taken."""
        return replace(self, facts=replace(self.facts, taking=True))


OFFERS_A_PERSON = 3
"""The third time that we do not understand, we ask whether they would rather have a person."""


@dataclass(slots=True)
class _Reading:
    """The fold over the transcript."""

    facts: Facts = field(default_factory=Facts)
    asked: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)
    ours: list[Line] = field(default_factory=list)
    question: str | None = None
    left: tuple[str, dict[str, str]] = ("", {})
    """What was asked before the caller spoke: it stands again if we did not understand what they said."""
    key: str = ""
    """The phrase said last, since the caller spoke."""


def names_of(scene: Scene, language: Language) -> dict[str, str]:
    """The names of the house as callers hear them."""
    names = scene.policy.names(language)
    someone = {"es": "una persona del equipo", "en": "someone from the office"}[language]
    return names | {"assistant": names["assistant"] or someone}


def region_of(scene: Scene) -> str:
    """The country of the office, from its own telephone numbers; Spain if it has none on file."""
    for number in (scene.policy.assistant.phone, scene.policy.executive.phone):
        if number and number.startswith("+"):
            return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "ES"
    return "ES"


def understand(scene: Scene, intents: Intents, book: Phrasebook) -> Situation:
    """Reads the conversation again and then what was just heard."""
    reading = _Reading()
    for line in scene.transcript:
        if line.who == "receptionist":
            _we_said(reading, line, scene, book)
        elif line.who == "caller":
            found = _meant(line.text, line.language, intents, scene)
            told = _told(line.text, line.language, found, reading.asked, scene)
            _they_said(reading, after(reading.facts, told), line, found)
    heard = scene.heard
    found = _meant(heard.text, heard.language, intents, scene)
    told = _told(heard.text, heard.language, found, reading.asked, scene)
    facts = after(reading.facts, told)
    return Situation(
        scene, found, told.asked, reading.slots, reading.facts, facts, reading.said, tuple(reading.ours), told.region
    )


def _told(text: str, language: Language, intents: frozenset[Intent], asked: str, scene: Scene) -> Told:
    return Told(text, language, intents, asked, scene.caller.number, region_of(scene), scene.now)


def _meant(text: str, language: Language, intents: Intents, scene: Scene) -> frozenset[Intent]:
    """The intents of `text`; asking for the executive by name counts, however it is put."""
    if not text.strip():
        return frozenset()
    found = intents.of(text, language)
    names = {word.lower() for word in scene.policy.executive.name.split() if len(word) > 2}
    if pattern("asks_for").search(text) and names & set(re.findall(r"\w+", text.lower())):
        return found - {Intent.QUESTION, Intent.ASKS_PERSON} | {Intent.ASKS_EXECUTIVE}
    return found


def _keys(line: Line, scene: Scene, book: Phrasebook) -> list[str]:
    return [key for key, _ in book.recognise(line.text, line.language, **names_of(scene, line.language))]


def _we_said(reading: _Reading, line: Line, scene: Scene, book: Phrasebook) -> None:
    reading.ours.append(line)
    for key, slots in book.recognise(line.text, line.language, **names_of(scene, line.language)):
        reading.said[key] += key != reading.key
        if key.startswith(ASKING):
            reading.slots = reading.slots | slots if key == reading.asked else slots
            reading.asked = key
        if key == "unclear_again" and reading.said[key] < OFFERS_A_PERSON:
            reading.asked, reading.slots = reading.left
        reading.key = key
        if key.startswith("dont_know") and reading.question:
            reading.facts = replace(reading.facts, reason=reading.facts.reason or reading.question)
        if key.startswith("message_taken"):
            reading.facts = replace(reading.facts, reason=None, urgency=None, taking=False)


def _they_said(reading: _Reading, facts: Facts, line: Line, intents: frozenset[Intent]) -> None:
    reading.facts = facts
    reading.question = asked_reason(line.text, line.language) if asks(line.text) else None
    reading.key, reading.left = "", (reading.asked, reading.slots)
    if not intents & KEEPS_THE_FLOOR:
        reading.asked, reading.slots = "", {}
    reading.ours = [] if not intents & KEEPS_THE_FLOOR else reading.ours


def known(scene: Scene) -> bool:
    """Whether the caller is on file."""
    return scene.caller.circle.rank >= Circle.KNOWN.rank
