"""What a caller has told us: each utterance adds to it, or puts it right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agent.house.digits import all_digits, beside_digits, corrected, digits_in, e164, too_short
from agent.house.intents import Intent, asks, sure_intents
from agent.house.names import introduction
from agent.house.reasons import added, asked_reason, only_a_call, stated_reason
from agent.house.spelling import email_in, respelled, spelled_in
from agent.house.when import time_in
from calls.words import Language, Urgency
from prompts import pattern

ASKS_NAME = frozenset({"ask_name", "ask_name_company", "ask_name_again", "ask_name_booking"})
ASKS_REASON = frozenset({"ask_reason", "ask_reason_message"})
ASKS_NUMBER = frozenset({"ask_number", "ask_number_again", "ask_number_rest", "ask_same_number", "confirm_number"})
OFFERS_MESSAGE = frozenset({"offer_message", "offer_callback"})
TAKING = ASKS_NUMBER | {"ask_reason_message", "ask_name_company", "ask_urgent"}
"""Questions that are only asked while a message is being taken."""
ASKS_TIME = frozenset({"ask_when", "offer_booking_instead", "offer_callback_instead"})
KEEPS_THE_FLOOR = frozenset({Intent.WAIT, Intent.REPEAT, Intent.SLOWER})
_ABOUT_THE_CALL = KEEPS_THE_FLOOR | {
    Intent.ARE_YOU_HUMAN,
    Intent.WHO_ARE_YOU,
    Intent.SPEAK_ES,
    Intent.SPEAK_EN,
    Intent.NEVER_MIND,
    Intent.ASKS_PERSON,
}
"""Words about the conversation itself: never the reason of the call."""


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
class Told:
    """One utterance and what is needed to understand it."""

    text: str
    language: Language
    intents: frozenset[Intent]
    asked: str
    """The key of the question that it answers; empty if there was none."""
    own: str | None
    """The number that they call from."""
    region: str
    now: datetime

    def means(self, *intents: Intent) -> bool:
        return not self.intents.isdisjoint(intents)

    def whole(self, digits: str) -> str | None:
        """`digits` as a whole number in E.164; None if more must follow or they are none."""
        return e164(digits, self.region, self.language, self.own)


def after(facts: Facts, told: Told) -> Facts:
    """The facts once the caller has said this too."""
    for learn in (_who, _number, _urgency, _why, _wish):
        facts = learn(facts, told)
    return facts


def _who(facts: Facts, told: Told) -> Facts:
    said = introduction(told.text, told.language, told.asked in ASKS_NAME)
    name = said.name or facts.name
    if name and (told.asked == "ask_name_again" or _spells(told.text)):
        letters = spelled_in(told.text)
        name = respelled(facts.name or name, letters) if letters else name
    refused = told.asked in ASKS_NAME and not said.name and bool(told.intents & {Intent.NOT_TELLING, Intent.DENY})
    withheld = facts.withheld | {"name"} if refused else facts.withheld
    return replace(facts, name=name, company=said.company or facts.company, withheld=withheld)


def _spells(text: str) -> bool:
    letters, words = spelled_in(text) or "", text.split()
    return bool(pattern("spells").search(text)) or 2 * len(letters) > len(words) >= 3


def _number(facts: Facts, told: Told) -> Facts:
    answered = told.asked in ASKS_NUMBER
    about_calling = answered or facts.taking or told.means(Intent.WANTS_CALLBACK)
    if told.own and about_calling and pattern("same_number").search(told.text):
        return replace(facts, number=told.own, partial=None, confirmed=True)
    if told.asked == "confirm_number" and facts.number:
        mended = corrected(facts.number, told.text, told.language, told.region)
        if mended:
            return replace(facts, number=told.whole(mended) or mended, confirmed=False)
    find = all_digits if answered else digits_in
    digits = find(told.text, told.language, told.region) or ""
    if len(digits.lstrip("+")) >= (1 if told.asked == "ask_number_rest" else 3):
        return _with_digits(facts, digits, told)
    return _without_digits(facts, told) if answered else facts


def _with_digits(facts: Facts, digits: str, told: Told) -> Facts:
    if facts.partial and told.asked == "ask_number_rest" and not told.whole(digits):
        digits = facts.partial + digits
    if whole := told.whole(digits):
        same = whole == facts.number and (facts.confirmed or told.asked == "confirm_number")
        return replace(facts, number=whole, partial=None, confirmed=same)
    if too_short(digits, told.region):
        return replace(facts, number=None, partial=digits, confirmed=False)
    return replace(facts, number=digits, partial=None, confirmed=False)


def _without_digits(facts: Facts, told: Told) -> Facts:
    if told.means(Intent.AFFIRM) and told.asked in ("ask_same_number", "confirm_number"):
        return replace(facts, number=facts.number if told.asked == "confirm_number" else told.own, confirmed=True)
    if told.means(Intent.DENY, Intent.CORRECT) and told.asked == "confirm_number":
        return replace(facts, number=None, partial=None)
    if told.means(Intent.DENY, Intent.CORRECT, Intent.NOT_TELLING):
        own = told.asked == "ask_same_number" and not told.means(Intent.NOT_TELLING)
        return replace(facts, withheld=facts.withheld | {"own" if own else "number"})
    return facts


def _urgency(facts: Facts, told: Told) -> Facts:
    if pattern("not_urgent").search(told.text):
        return replace(facts, urgency="low")
    if pattern("urgent").search(told.text):
        return replace(facts, urgency="high")
    if told.asked == "ask_urgent":
        return replace(facts, urgency="high" if Intent.AFFIRM in told.intents else "normal")
    return facts


def _why(facts: Facts, told: Told) -> Facts:
    if told.means(*_ABOUT_THE_CALL) or told.asked in ASKS_TIME or _spells(told.text) or _only_a_number(told):
        return facts
    reason = stated_reason(told.text, told.language) or _unasked_reason(facts, told)
    if told.asked in ASKS_REASON:
        reason = reason or asked_reason(told.text, told.language)
        if not reason and (told.means(Intent.DENY, Intent.NOT_TELLING) or only_a_call(told.text)):
            return replace(facts, withheld=facts.withheld | {"reason"})
    if not reason or reason == facts.reason:
        return facts
    if facts.reason and facts.taking and told.means(Intent.LEAVE_MESSAGE):
        return replace(facts, reason=added(facts.reason, reason))
    return facts if facts.reason and told.asked not in ASKS_REASON else replace(facts, reason=reason)


def _only_a_number(told: Told) -> bool:
    """Whether they say no more than that this number will do, or another."""
    if pattern("same_number").search(told.text):
        return len(told.text.split()) <= 6
    return bool(digits_in(told.text, told.language, told.region)) and beside_digits(told.text, told.language) <= 4


def _unasked_reason(facts: Facts, told: Told) -> str | None:
    """The reason in what a caller tells by themselves."""
    if told.asked in ASKS_NUMBER | ASKS_REASON:
        return None
    if told.means(Intent.STATES_REASON, Intent.BOOK, Intent.SALES):
        return asked_reason(told.text, told.language)
    if facts.reason or told.asked in ASKS_NAME:
        return None
    return asked_reason(told.text, told.language) if told.means(Intent.NOT_TELLING) else _told_freely(told)


def _told_freely(told: Told) -> str | None:
    """What a caller tells unasked, if it is more than pleasantries and no question."""
    if asks(told.text) or not told.intents <= {Intent.GREETING, Intent.THANKS, Intent.AFFIRM, Intent.CORRECT}:
        return None
    reason = asked_reason(told.text, told.language)
    return reason if reason and len(reason.split()) >= 4 else None


def _wish(facts: Facts, told: Told) -> Facts:
    """Whether they want a message taken, a call back, and when."""
    wants = told.means(Intent.LEAVE_MESSAGE, Intent.WANTS_CALLBACK, Intent.NO_CALLBACK)
    agreed = told.asked in OFFERS_MESSAGE and (
        told.means(Intent.AFFIRM) or bool(digits_in(told.text, told.language, told.region))
    )
    offered = told.asked in OFFERS_MESSAGE or told.asked == "offer_assistant_or_message"
    dropped = told.means(Intent.NEVER_MIND) or (offered and told.means(Intent.DENY) and not wants)
    return replace(
        facts,
        email=email_in(told.text) or facts.email,
        taking=(facts.taking or wants or agreed or told.asked in TAKING) and not dropped,
        no_callback=facts.no_callback or told.means(Intent.NO_CALLBACK),
        due=told.text if _names_a_time(told) else facts.due,
    )


def _names_a_time(told: Told) -> bool:
    wishes = told.means(Intent.BOOK) or Intent.WANTS_CALLBACK in sure_intents(told.text)
    if not wishes and told.asked not in ASKS_TIME | OFFERS_MESSAGE:
        return False
    return time_in(told.text, told.language, told.now) is not None
