"""The executive on their own line: proves who they are, says what they want changed, hears it back, and it holds.

Nothing is changed, and nothing of the digest told, before the PIN of the contact that is the executive was keyed or
said in this call; the number alone proves nothing. Implements calls.ports.Orders.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from calls.call import Call
from calls.versions import NotFit, NotOnFile
from calls.words import Caller, Circle, Cover, Language, Ordered, Preference, Proved, Said, Sentence, Utterance
from knowledge.days import span_in
from knowledge.office_knowledge import OfficeKnowledge
from knowledge.orders import Absence, Order, Person, order_in, people, words_of
from knowledge.study import Study
from knowledge.wishes import ABSENCE, Unclear, Written, written
from knowledge.wording import fold

BY_EXECUTIVE = "executive, by "
BY_PHONE = f"{BY_EXECUTIVE}phone"
"""The author of what is changed so; a change by the reply to a digest begins in the same way."""
LATER = ("holiday", "travel", "away")
"""Absences that last: until when is asked if it was not said."""
Digits = Callable[[str, Language], str]
"""The digits that are said or written in a text, one after another."""
TIMES = ("busy", "away", "closed", "holiday", "any")
_FEW_WORDS = 4


@dataclass(slots=True)
class Talk:
    """Where the talk with the executive stands."""

    waiting: Utterance | None = None
    """Said before the PIN; taken up after it."""
    order: Order | None = None
    asked: str = ""
    """The question that is open: until or confirm."""
    tries: int = 0


class ByPhone:
    """`missed`: what the digest says out loud, sentence by sentence."""

    def __init__(
        self,
        knowledge: OfficeKnowledge,
        study: Study,
        digits: Digits,
        missed: Callable[[Language], Awaitable[Sequence[str]]],
    ):
        self._knowledge, self._study, self._digits, self._missed = knowledge, study, digits, missed
        self._talks: WeakKeyDictionary[Call, Talk] = WeakKeyDictionary()

    # --- calls.ports.Orders -------------------------------------------------------------------------

    def covered(self, call: Call, text: str, language: Language) -> str:
        if not self._pin(call, text, language):
            return text
        return re.sub(r"\d", "*", text) if re.search(r"\d{2}", text) else "****"

    def concerns(self, call: Call, heard: Utterance) -> bool:
        if not _is_proved(call) and self._pin(call, heard.text, heard.language):
            return True
        if not self.is_executive(call.caller):
            return False
        talk = self._talks.get(call)
        return bool(talk and talk.asked) or self._is_order(heard.text, call)

    async def answer(self, call: Call, heard: Utterance) -> AsyncGenerator[Sentence]:
        for text in await self._answers(call, heard):
            yield Sentence(text, heard.language)

    async def proved(self, call: Call) -> AsyncGenerator[Sentence]:
        for text in await self._after_pin(call, call.language):
            yield Sentence(text, call.language)

    def rule_for(self, caller: Caller, at: datetime) -> Preference | None:
        if not caller.contact_id:
            return None
        day = self._day(at)
        everyone = self._knowledge.preferences
        mine = [each for each in everyone if caller.contact_id in each.callers and _in_force(each, day)]
        return max(mine, key=lambda each: each.updated or at, default=None)

    def covers(self, circle: Circle, at: datetime) -> tuple[Cover, ...]:
        day = self._day(at)
        away = [
            each
            for each in self._knowledge.preferences
            if each.topic == ABSENCE and circle.may_hear(each.audience) and _in_force(each, day)
        ]
        last = max(away, key=lambda each: each.updated or at, default=None)
        return tuple(Cover(last.text, when) for when in TIMES) if last else ()

    # --- who it is ----------------------------------------------------------------------------------

    def is_executive(self, caller: Caller) -> bool:
        """Whether the contact that `caller` seems to be is the executive; it proves nothing."""
        executive = self._knowledge.policy.executive
        same = caller.name is not None and fold(caller.name) == fold(executive.name)
        return caller.contact_id is not None and (same or caller.number == executive.phone)

    def _pin(self, call: Call, text: str, language: Language) -> str:
        """The PIN that is said in `text`, if one could be: where it is named, or asked for and little else is said."""
        if not call.caller.contact_id:
            return ""
        named, asked = bool(words_of("pin", text)), _asked_for_pin(call)
        if not named and not asked:
            return ""
        digits = re.sub(r"\D", "", self._digits(text, language))
        other = [word for word in re.findall(r"[^\W\d_]{2,}", text) if not self._digits(word, language)]
        return digits if 4 <= len(digits) <= 8 and (named or len(other) <= _FEW_WORDS) else ""

    def _is_order(self, text: str, call: Call) -> bool:
        wished = words_of("undo", text) or words_of("missed", text)
        return bool(wished) or bool(order_in(text, self._today(call)).wishes)

    # --- the talk -----------------------------------------------------------------------------------

    async def _answers(self, call: Call, heard: Utterance) -> list[str]:
        language = heard.language
        if not _is_proved(call) and (pin := self._pin(call, heard.text, language)):
            if not await call.proves(pin):
                return [call.phrase("pin_spent" if call.pin_spent else "pin_wrong", language)]
            return [call.phrase("pin_ok", language), *await self._after_pin(call, language)]
        talk = self._talks.setdefault(call, Talk())
        if not _is_proved(call):
            talk.waiting = heard
            return [call.phrase("pin_spent" if call.pin_spent else "order_ask_pin", language)]
        return await self._listened(call, talk, heard)

    async def _after_pin(self, call: Call, language: Language) -> list[str]:
        if not self.is_executive(call.caller):
            return []
        talk = self._talks.setdefault(call, Talk())
        waiting, talk.waiting = talk.waiting, None
        if waiting:
            return await self._listened(call, talk, waiting)
        return [call.phrase("order_ready", language)]

    async def _listened(self, call: Call, talk: Talk, heard: Utterance) -> list[str]:
        order, language = order_in(heard.text, self._today(call)), heard.language
        if order.wishes:
            return self._read_back(call, talk, order, language)
        if talk.asked:
            return await self._replied(call, talk, heard)
        if words_of("undo", heard.text):
            return [await call.in_full(self._undo(call, language)), call.phrase("order_more", language)]
        return [*await self._missed(language), call.phrase("order_more", language)]

    def _read_back(self, call: Call, talk: Talk, order: Order, language: Language) -> list[str]:
        """What would be changed, in full, and the question whether it is right."""
        lasts = any(isinstance(wish, Absence) and wish.state in LATER for wish in order.wishes)
        talk.order, talk.tries, talk.asked = order, 0, "until" if lasts and order.span is None else "confirm"
        if talk.asked == "until":
            return [call.phrase("order_until", language)]
        try:
            drafts = self._written(call, order)
        except Unclear as unclear:
            talk.order, talk.asked = None, ""
            return [call.phrase(unclear.key, language, who=unclear.who)]
        told = [text for draft in drafts for text in draft.read_back[language]]
        return [call.phrase("order_read_back", language), *told, call.phrase("order_confirm", language)]

    async def _replied(self, call: Call, talk: Talk, heard: Utterance) -> list[str]:
        """An answer to the question that is open: yes, no, another time, or neither."""
        assert talk.order is not None
        language, span = heard.language, span_in(heard.text, self._today(call))
        if span or talk.asked == "until":
            known = span or span_in("until further notice", self._today(call))
            return self._read_back(call, talk, replace(talk.order, span=known), language)
        if words_of("agrees", heard.text):
            order, talk.order, talk.asked = talk.order, None, ""
            return [await call.in_full(self._keep(call, order, language)), call.phrase("order_more", language)]
        talk.tries += 1
        if words_of("declines", heard.text) or talk.tries > 1:
            talk.order, talk.asked = None, ""
            return [call.phrase("order_not_done", language)]
        return [call.phrase("order_again", language)]

    async def _keep(self, call: Call, order: Order, language: Language) -> str:
        """Puts it on file as one change, and on the call's record; what may be said of it."""
        drafts = self._written(call, order)
        try:
            kept = await self._study.together([("preference", draft.data) for draft in drafts], BY_PHONE)
        except NotFit as refused:
            private = any("GDPR" in fault.what for fault in refused.faults)
            return call.phrase("order_private" if private else "order_refused", language)
        await call.note(Ordered(tuple({"id": each.id, "version": each.number} for each in kept)))
        return call.phrase("order_done", language)

    async def _undo(self, call: Call, language: Language) -> str:
        for batch in await self._study.imports():
            if batch.author.startswith(BY_EXECUTIVE):
                try:
                    taken = await self._study.take_back(batch.id, BY_PHONE)
                except NotOnFile:
                    continue
                if taken:
                    await call.note(Ordered(undone=True))
                    return call.phrase("order_undone", language)
        return call.phrase("order_nothing_to_undo", language)

    def _written(self, call: Call, order: Order) -> list[Written]:
        """Raises Unclear."""
        found: list[Written] = []
        for wish in order.wishes:
            meant = people(wish.who, self._knowledge.contacts) if isinstance(wish, Person) else []
            found.append(written(wish, order, meant, self._today(call), call.phrase))
        return found

    def _today(self, call: Call) -> date:
        return self._day(call.office.now())

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self._knowledge.policy.hours.timezone)).date()


def _in_force(preference: Preference, day: date) -> bool:
    since, until = preference.valid_from or day, preference.valid_until or day
    return preference.status == "approved" and since <= day <= until


def _is_proved(call: Call) -> bool:
    return any(isinstance(body, Proved) for body in call.bodies)


def _asked_for_pin(call: Call) -> bool:
    """Whether the receptionist's last words asked for the PIN."""
    last = next((body for body in reversed(call.bodies) if isinstance(body, Said)), None)
    asking = (call.phrase(key, last.language) for key in ("order_ask_pin", "pin_wrong")) if last else ()
    return last is not None and last.text in asking
