"""Where a conversation stands, worked out by reading it again from the start. Pure: the same scene, the same situation."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import phonenumbers

from agent.house.digits import all_digits, corrected, digits_in, e164, too_short
from agent.house.intents import Intent, Intents, asks, sure_intents
from agent.house.names import email_in, introduction, respelled, spelled_in
from agent.house.reasons import added, asked_reason, only_a_call, stated_reason
from agent.house.when import time_in
from calls.words import Circle, HandOff, HandOffState, Language, Line, Scene, Urgency
from prompts import ASKING, Phrasebook

ASKS_NAME = frozenset({"ask_name", "ask_name_company", "ask_name_again", "ask_name_booking"})
ASKS_REASON = frozenset({"ask_reason", "ask_reason_message"})
ASKS_NUMBER = frozenset({"ask_number", "ask_number_again", "ask_number_rest", "ask_same_number", "confirm_number"})
OFFERS_MESSAGE = frozenset({"offer_message", "offer_callback"})
TAKING = ASKS_NUMBER | {"ask_reason_message", "ask_name_company", "ask_urgent"}
"""Questions that are only asked while a message is being taken."""
ASKS_TIME = frozenset({"ask_when", "offer_booking_instead", "offer_callback_instead"})
_KEEPS_THE_FLOOR = frozenset({Intent.WAIT, Intent.REPEAT, Intent.SLOWER})
_ABOUT_THE_CALL = _KEEPS_THE_FLOOR | {
    Intent.ARE_YOU_HUMAN,
    Intent.WHO_ARE_YOU,
    Intent.SPEAK_ES,
    Intent.SPEAK_EN,
    Intent.NEVER_MIND,
    Intent.ASKS_PERSON,
}
"""Words about the conversation itself: never the reason of the call."""
_URGENT = re.compile(
    r"\b(urgente|urge|cuanto antes|corre (mucha )?prisa|lo antes posible|inmediatamente|ahora mismo|urgent(ly)?|asap|as soon as possible|right away|emergency)\b",
    re.IGNORECASE,
)
_NOT_URGENT = re.compile(
    r"\b(no (es|era|corre|tiene) (\w+ )?(urgente|urgencia|prisa)|sin prisas?|cuando pueda|not urgent|isn't urgent|no (rush|hurry)|whenever (she|he|you) can)\b",
    re.IGNORECASE,
)
_ASKS_FOR = re.compile(
    r"\best[áa]\b|\b(hablar|ponerse|localizar)\b|\b(p[áa]s|p[óo]n|comun[ií])\w* con\b|\b(speak|talk) (to|with)\b|\b(through to|reach|get hold of)\b"
    r"|\bis \S+( \S+)? (there|in|available|around|free)\b",
    re.IGNORECASE,
)
_SAME_NUMBER = re.compile(
    r"\b((este|el) mismo( n[úu]mero)?|a este n[úu]mero|al n[úu]mero (desde el )?que (le |os )?llamo|this (same )?number|the (same )?number i'?m calling from)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the caller has told us so far in this call."""

    name: str | None = None
    company: str | None = None
    number: str | None = None
    """E.164 where it is a known number, else the digits as given."""
    partial: str | None = None
    """The beginning of a number that is still incomplete."""
    confirmed: bool = False
    """The caller has heard the number back and agreed, or it is the one they call from."""
    withheld: frozenset[str] = frozenset()
    """What they would not or could not give: name, number, reason, own (the number they call from)."""
    email: str | None = None
    reason: str | None = None
    urgency: Urgency | None = None
    due: str | None = None
    """When they would like to be called back or to meet, in their own words."""
    no_callback: bool = False
    taking: bool = False
    """They want to leave a message or be called back."""


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


@dataclass(slots=True)
class _Reading:
    """The fold over the transcript."""

    facts: Facts = field(default_factory=Facts)
    asked: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)
    ours: list[Line] = field(default_factory=list)
    question: str | None = None
    key: str = ""
    """The phrase said last, since the caller spoke."""


def names_of(scene: Scene, language: Language) -> dict[str, str]:
    """The names of the house as callers hear them."""
    policy = scene.policy
    someone = {"es": "una persona del equipo", "en": "someone from the office"}[language]
    return {
        "executive": policy.executive.named(language),
        "assistant": policy.assistant.named(language) or someone,
        "receptionist": policy.receptionist.name,
    }


def region_of(scene: Scene) -> str:
    """The country of the office, from its own telephone numbers; Spain if it has none on file."""
    for number in (scene.policy.assistant.phone, scene.policy.executive.phone):
        if number and number.startswith("+"):
            return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "ES"
    return "ES"


def understand(scene: Scene, intents: Intents, book: Phrasebook) -> Situation:
    """Reads the conversation again and then what was just heard."""
    region, reading = region_of(scene), _Reading()
    for line in _before(scene, book):
        if line.who == "receptionist":
            _we_said(reading, line, scene, book)
        elif line.who == "caller":
            found = _meant(line.text, line.language, intents, scene)
            _they_said(reading, _absorbed(reading, line.text, line.language, found, scene, region), line, found)
    heard = scene.heard
    found = _meant(heard.text, heard.language, intents, scene)
    after = _absorbed(reading, heard.text, heard.language, found, scene, region)
    return Situation(
        scene, found, reading.asked, reading.slots, reading.facts, after, reading.said, tuple(reading.ours), region
    )


def _meant(text: str, language: Language, intents: Intents, scene: Scene) -> frozenset[Intent]:
    """The intents of `text`; asking for the executive by name counts, however it is put."""
    if not text.strip():
        return frozenset()
    found = intents.of(text, language)
    names = {word.lower() for word in scene.policy.executive.name.split() if len(word) > 2}
    if _ASKS_FOR.search(text) and names & set(re.findall(r"\w+", text.lower())):
        return found - {Intent.QUESTION, Intent.ASKS_PERSON} | {Intent.ASKS_EXECUTIVE}
    return found


def _before(scene: Scene, book: Phrasebook) -> tuple[Line, ...]:
    """The transcript without the utterance being answered, which is on record already if the turn is confirmed."""
    lines = scene.transcript
    at = max((n for n, line in enumerate(lines) if line.who == "caller"), default=None)
    if at is None or lines[at].text != scene.heard.text:
        return lines
    since = lines[at + 1 :]
    disclosed = all(_keys(line, scene, book)[:1] == ["disclosure"] for line in since)
    return (*lines[:at], *since) if disclosed else lines


def _keys(line: Line, scene: Scene, book: Phrasebook) -> list[str]:
    return [key for key, _ in book.recognise(line.text, line.language, **names_of(scene, line.language))]


def _we_said(reading: _Reading, line: Line, scene: Scene, book: Phrasebook) -> None:
    reading.ours.append(line)
    for key, slots in book.recognise(line.text, line.language, **names_of(scene, line.language)):
        reading.said[key] += key != reading.key
        if key.startswith(ASKING):
            reading.slots = reading.slots | slots if key == reading.asked else slots
            reading.asked = key
        reading.key = key
        if key.startswith("dont_know") and reading.question:
            reading.facts = replace(reading.facts, reason=reading.facts.reason or reading.question)
        if key.startswith("message_taken"):
            reading.facts = replace(reading.facts, reason=None, urgency=None, taking=False)


def _they_said(reading: _Reading, facts: Facts, line: Line, intents: frozenset[Intent]) -> None:
    reading.facts = facts
    reading.question = asked_reason(line.text, line.language) if asks(line.text) else None
    reading.key = ""
    if not intents & _KEEPS_THE_FLOOR:
        reading.asked, reading.slots = "", {}
    reading.ours = [] if not intents & _KEEPS_THE_FLOOR else reading.ours


def _absorbed(
    reading: _Reading, text: str, language: Language, intents: frozenset[Intent], scene: Scene, region: str
) -> Facts:
    """The facts after the caller has said `text`."""
    facts, asked = reading.facts, reading.asked
    facts = _who(facts, text, language, intents, asked)
    facts = _number(facts, text, language, intents, asked, scene, region)
    facts = _urgency(facts, text, intents, asked)
    facts = _why(facts, text, language, intents, asked)
    return _wish(facts, text, language, intents, asked, scene)


def _who(facts: Facts, text: str, language: Language, intents: frozenset[Intent], asked: str) -> Facts:
    said = introduction(text, language, asked in ASKS_NAME)
    name = said.name or facts.name
    if name and (asked == "ask_name_again" or _spells(text)):
        letters = spelled_in(text)
        name = respelled(facts.name or name, letters) if letters else name
    refused = asked in ASKS_NAME and not said.name and bool(intents & {Intent.NOT_TELLING, Intent.DENY})
    withheld = facts.withheld | {"name"} if refused else facts.withheld
    return replace(facts, name=name, company=said.company or facts.company, withheld=withheld)


def _spells(text: str) -> bool:
    return bool(re.search(r"\b(deletre|se escribe|spell)", text, re.IGNORECASE))


def _number(
    facts: Facts, text: str, language: Language, intents: frozenset[Intent], asked: str, scene: Scene, region: str
) -> Facts:
    own = scene.caller.number
    if own and _SAME_NUMBER.search(text) and (asked in ASKS_NUMBER or facts.taking or Intent.WANTS_CALLBACK in intents):
        return replace(facts, number=own, partial=None, confirmed=True)
    if asked == "confirm_number" and facts.number and (mended := corrected(facts.number, text, language, region)):
        return replace(facts, number=e164(mended, region, language) or mended, confirmed=False)
    answered = asked in ASKS_NUMBER
    digits = all_digits(text, language, region) if answered else digits_in(text, language, region) or ""
    if len(digits.lstrip("+")) >= (1 if asked == "ask_number_rest" else 3):
        return _with_digits(facts, digits, asked, language, region)
    return _without_digits(facts, intents, asked, own) if answered else facts


def _with_digits(facts: Facts, digits: str, asked: str, language: Language, region: str) -> Facts:
    if facts.partial and asked == "ask_number_rest" and not e164(digits, region, language):
        digits = facts.partial + digits
    if whole := e164(digits, region, language):
        same = whole == facts.number and asked == "confirm_number"
        return replace(facts, number=whole, partial=None, confirmed=facts.confirmed or same)
    if too_short(digits, region):
        return replace(facts, number=None, partial=digits, confirmed=False)
    return replace(facts, number=digits, partial=None, confirmed=False)


def _without_digits(facts: Facts, intents: frozenset[Intent], asked: str, own: str | None) -> Facts:
    if Intent.NOT_TELLING in intents:
        return replace(facts, withheld=facts.withheld | {"number"})
    if Intent.DENY in intents or Intent.CORRECT in intents:
        if asked == "ask_same_number":
            return replace(facts, withheld=facts.withheld | {"own"})
        if asked == "confirm_number":
            return replace(facts, number=None, partial=None)
        return replace(facts, withheld=facts.withheld | {"number"})
    if Intent.AFFIRM in intents:
        if asked == "ask_same_number":
            return replace(facts, number=own, confirmed=True)
        if asked == "confirm_number":
            return replace(facts, confirmed=True)
    return facts


def _urgency(facts: Facts, text: str, intents: frozenset[Intent], asked: str) -> Facts:
    if _NOT_URGENT.search(text):
        return replace(facts, urgency="low")
    if _URGENT.search(text):
        return replace(facts, urgency="high")
    if asked == "ask_urgent":
        return replace(facts, urgency="high" if Intent.AFFIRM in intents else "normal")
    return facts


def _why(facts: Facts, text: str, language: Language, intents: frozenset[Intent], asked: str) -> Facts:
    if intents & _ABOUT_THE_CALL or asked in ASKS_TIME or _spells(text):
        return facts
    reason = stated_reason(text, language)
    if asked in ASKS_REASON:
        reason = reason or asked_reason(text, language)
        if not reason and (intents & {Intent.DENY, Intent.NOT_TELLING} or only_a_call(text)):
            return replace(facts, withheld=facts.withheld | {"reason"})
    elif not reason and intents & {Intent.STATES_REASON, Intent.BOOK, Intent.SALES} and asked not in ASKS_NUMBER:
        reason = asked_reason(text, language)
    elif not reason and not facts.reason and asked not in ASKS_NUMBER | ASKS_NAME:
        reason = asked_reason(text, language) if Intent.NOT_TELLING in intents else None
        reason = reason or _told_freely(text, language, intents)
    if not reason or reason == facts.reason:
        return facts
    if facts.reason and facts.taking and Intent.LEAVE_MESSAGE in intents:
        return replace(facts, reason=added(facts.reason, reason))
    return facts if facts.reason and asked not in ASKS_REASON else replace(facts, reason=reason)


def _told_freely(text: str, language: Language, intents: frozenset[Intent]) -> str | None:
    """What a caller tells unasked, if it is more than pleasantries and no question."""
    if asks(text) or not intents <= {Intent.GREETING, Intent.THANKS, Intent.AFFIRM, Intent.CORRECT}:
        return None
    reason = asked_reason(text, language)
    return reason if reason and len(reason.split()) >= 4 else None


def _wish(facts: Facts, text: str, language: Language, intents: frozenset[Intent], asked: str, scene: Scene) -> Facts:
    facts = replace(facts, email=email_in(text) or facts.email)
    no_callback = facts.no_callback or Intent.NO_CALLBACK in intents
    wants = bool(intents & {Intent.LEAVE_MESSAGE, Intent.WANTS_CALLBACK, Intent.NO_CALLBACK})
    declined = asked in OFFERS_MESSAGE | {"offer_assistant_or_message"} and Intent.DENY in intents and not wants
    agreed = asked in OFFERS_MESSAGE and Intent.AFFIRM in intents
    taking = (facts.taking or wants or agreed or asked in TAKING) and not declined
    taking = taking and Intent.NEVER_MIND not in intents
    due = text if _names_a_time(text, language, intents, asked, scene) else facts.due
    return replace(facts, taking=taking, no_callback=no_callback, due=due)


def _names_a_time(text: str, language: Language, intents: frozenset[Intent], asked: str, scene: Scene) -> bool:
    wishes = Intent.BOOK in intents or Intent.WANTS_CALLBACK in sure_intents(text)
    if not wishes and asked not in ASKS_TIME | OFFERS_MESSAGE:
        return False
    return time_in(text, language, scene.now) is not None


def known(scene: Scene) -> bool:
    """Whether the caller is on file."""
    return scene.caller.circle.rank >= Circle.KNOWN.rank
