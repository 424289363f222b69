"""Taking a message: what is missing is asked for one thing at a time; then it is taken and a call back promised."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

from agent.house.dialogue import Situation
from agent.house.digits import groups
from agent.house.facts import ASKS_NAME
from agent.house.intents import Intent
from agent.house.moves import Deed, Moves, Told
from agent.house.names import first_name
from agent.house.spelling import say_email
from agent.house.when import before_closing, say_deadline, say_time, time_in
from agent.house.wording import Wording
from calls.words import Message, Owner, Promise, Sentence
from prompts import pattern

_BRISK = frozenset({"confirm_number", "ask_number_rest"})
"""Questions whose answers need no "very well" before we go on."""
PATIENCE = 3
"""How often one thing is asked before we go on without it."""


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes the message in hand. `owner`: who will owe the call back."""

    at: Situation
    words: Wording
    owner: Owner = "assistant"

    def moves(self) -> Moves:
        """The next question, or the deeds once nothing is missing."""
        if question := list(self._question()):
            yield from self._acknowledgement()
            yield from question
        else:
            yield from self._take()

    @property
    def name(self) -> str | None:
        return self.at.facts.name or (self.at.scene.caller.name if self.at.recognised else None)

    def _acknowledgement(self) -> Iterator[Sentence]:
        at = self.at
        if at.facts.name and at.facts.name != at.before.name and not at.said["thank_name"]:
            yield from self.words.say("thank_name", name=first_name(at.facts.name))
        elif at.facts != at.before and not at.has(Intent.DENY, Intent.CORRECT) and at.asked not in _BRISK:
            yield from self.words.say("fine")

    def _question(self) -> Iterator[Sentence]:
        """The next thing to ask; nothing when the message is complete."""
        at, facts, said = self.at, self.at.facts, self.at.said
        if not self.name and "name" not in facts.withheld and (asked := sum(said[key] for key in ASKS_NAME)) < PATIENCE:
            again = asked > 0 and at.asked in ASKS_NAME
            return self.words.say("ask_name_again" if again else "ask_name_company")
        if not facts.reason and "reason" not in facts.withheld and said["ask_reason_message"] < PATIENCE - 1:
            return self.words.say("ask_reason_message")
        if "number" not in facts.withheld and not facts.confirmed and (question := self._number_question()):
            return iter(question)
        if facts.urgency is None and not said["ask_urgent"] and pattern("pressing").search(facts.reason or ""):
            return self.words.say("ask_urgent")
        return iter(())

    def _number_question(self) -> list[Sentence]:
        at, facts, said = self.at, self.at.facts, self.at.said
        if facts.number:
            if said["confirm_number"] >= PATIENCE:
                return []
            return list(self.words.say("confirm_number", digits=spoken(facts.number, at.region)))
        asked = said["ask_number"] + said["ask_number_again"]
        if facts.partial and said["ask_number_rest"] < PATIENCE:
            return list(self.words.say("ask_number_rest", digits=spoken(facts.partial, at.region)))
        own = at.scene.caller.number
        if own and not at.scene.suspicious and "own" not in facts.withheld and not said["ask_same_number"]:
            return list(self.words.say("ask_same_number"))
        if asked >= PATIENCE:
            return []
        misheard = asked > 0 or said["confirm_number"] > 0
        return list(self.words.say("ask_number_again" if misheard else "ask_number"))

    def keep(self) -> Moves:
        """Takes what there is of the message: the caller is about to hang up."""
        told = yield self._noted()
        if told.done:
            yield from self._taken()
            yield from self.promise()

    def _noted(self) -> Deed:
        facts = self.at.facts
        return Deed(
            "take_message",
            {
                "reason": self._reason(),
                "from_name": self.name,
                "company": facts.company,
                "number": facts.number,
                "urgency": facts.urgency or "normal",
            },
        )

    def _take(self) -> Moves:
        facts = self.at.facts
        told = yield self._noted()
        if not told.done:
            yield from self.words.say("message_refused")
            yield from self.words.say("offer_assistant_or_message")
            return
        yield from self._taken()
        if facts.urgency == "high":
            yield from self.words.say("urgent_marked")
        if (yield from self.promise()):
            yield from self.words.say("offer_more")

    def _taken(self) -> Iterator[Sentence]:
        if self.name and not self.at.said["message_taken_named"]:
            yield from self.words.say("message_taken_named", name=first_name(self.name))
        else:
            yield from self.words.say("message_taken")
        if email := self.at.facts.email:
            yield from self.words.say("email_noted", email=say_email(email, self.words.language))

    def _reason(self) -> str:
        facts = self.at.facts
        taken = [step.reason for step in self.at.scene.deeds if isinstance(step, Message)]
        reason = facts.reason or (taken[-1] if taken else self.words.text("reason_callback"))
        if facts.email and facts.email not in reason:
            reason = f"{reason} ({facts.email})"
        wish = self._wished()
        return f"{reason}. {self.words.text('wish_text', time=self._spoken(wish))}" if wish and not taken else reason

    def promise(self) -> Generator[Sentence | Deed, Told, bool]:
        """Promises the call back, at the time that was asked for or the soonest honest one, and says so.

        False if that ended in a question: another time was offered.
        """
        if not self._owed():
            return True
        wish = self._wished()
        by = wish or self.at.scene.callback_by
        told = yield self._promise(by)
        if not told.done and told.instead and wish:
            yield from self.words.say("offer_callback_instead", time=self._spoken(told.instead))
            return False
        if not told.done and told.instead:
            by = told.instead
            told = yield self._promise(by)
        yield from self._promised(told, by, exact=wish is not None)
        return True

    def _owed(self) -> bool:
        facts = self.at.facts
        reachable = facts.number or self.at.scene.caller.number
        promised = any(isinstance(step, Promise) for step in self.at.scene.deeds)
        return bool(reachable) and not facts.no_callback and not promised

    def _promise(self, by: datetime | None) -> Deed:
        who = self.name or self.words.text("someone")
        number = self.at.facts.number or self.at.scene.caller.number or "-"
        text = self.words.text("promise_text", who=who, number=number, reason=self._reason())
        due = by and before_closing(by, self.at.scene.policy.hours).isoformat()
        return Deed("promise_callback", {"text": text, "due": due, "owner": self.owner})

    def _promised(self, told: Told, by: datetime | None, exact: bool) -> Iterator[Sentence]:
        if not told.done:
            return self.words.say("callback_refused")
        if by is None:
            return self.words.say("callback_promised_no_time")
        key = "callback_promised_executive" if self.owner == "executive" else "callback_promised"
        scene = self.at.scene
        time = self._spoken(by) if exact else say_deadline(by, scene.now, scene.language)
        return self.words.say(key, time=time)

    def _wished(self) -> datetime | None:
        """The time that the caller asked to be called, if it is still to come."""
        at = self.at
        wish = at.facts.due
        if at.asked == "offer_callback_instead" and at.facts.due == at.before.due:
            wish = at.slots.get("time")
        time = time_in(wish, at.scene.language, at.scene.now) if wish else None
        soonest = at.scene.callback_by
        return time if time and not (soonest and time < soonest) else None

    def _spoken(self, time: datetime) -> str:
        scene = self.at.scene
        return say_time(time.astimezone(scene.now.tzinfo), scene.now, scene.language)


def spoken(number: str, region: str) -> str:
    """A number to read back, digit by digit in groups: ``6 0 0, 1 1 1, 2 2 2``."""
    return ", ".join(" ".join(group) for group in groups(number, region))
