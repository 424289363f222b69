"""Following a rule on file: `do` says what, the preference says in which words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agent.house.dialogue import Situation
from agent.house.message import Taker
from agent.house.moves import Deed, Moves, says
from agent.house.when import say_time, time_in
from agent.house.wording import Wording
from calls.words import Action, Match, Owner, Person, Preference, Reason, Sentence

MEETING = timedelta(minutes=30)


def follow(at: Situation, words: Wording, match: Match) -> Moves:
    """The moves that a rule asks for."""
    preference = match.preference
    match preference.do:
        case Action.PUT_THROUGH:
            to = "assistant" if _names(preference, at.scene.policy.assistant) else "executive"
            return says(words.own_words(match), ring(at, words, Reason.RULE, to))
        case Action.TAKE_MESSAGE:
            return says(words.own_words(match), Taker(at.taking(), words).moves())
        case Action.PROMISE_CALLBACK:
            owner: Owner = "executive" if _names(preference, at.scene.policy.executive) else "assistant"
            return says(words.own_words(match), Taker(at.taking(), words, owner).moves())
        case Action.BOOK:
            return says(words.own_words(match), booking(at, words))
        case _:
            return _told(at, words, match)


def ring(at: Situation, words: Wording, reason: Reason, to: str = "assistant") -> Moves:
    """Rings a person and says truthfully what came of it."""
    if at.ringing:
        yield from words.say("comfort")
        return
    told = yield Deed("put_through", {"reason": reason.value, "to": to})
    if told.done:
        executive = told.step.get("to", to) == "executive"
        yield from words.say("hand_off_ringing_executive" if executive else "hand_off_ringing")
    else:
        yield from words.say("hand_off_failed")


def booking(at: Situation, words: Wording) -> Moves:
    """Books the time that the caller names; asks for what is missing."""
    scene, facts = at.scene, at.facts
    wish = facts.due if at.asked != "offer_booking_instead" or facts.due != at.before.due else at.slots.get("time")
    start = time_in(wish, scene.language, scene.now) if wish else None
    name = facts.name or scene.caller.name
    if start is None:
        yield from words.say("ask_when")
    elif name is None:
        yield from words.say("ask_name_booking")
    else:
        told = yield Deed("book", {"start": start.isoformat(), "end": (start + MEETING).isoformat(), "with_name": name})
        if told.done:
            yield from words.say("booked", time=say_time(start, scene.now, scene.language))
            yield from words.say("offer_more")
        elif told.instead:
            instead = told.instead.astimezone(scene.now.tzinfo)
            yield from words.say("offer_booking_instead", time=say_time(instead, scene.now, scene.language))
        else:
            yield from words.say("booking_refused")
            yield from words.say("ask_when")


def _told(at: Situation, words: Wording, match: Match) -> Moves:
    """Redirect, decline or answer: on record first, then the wording."""
    preference = match.preference
    yield Deed("follow_rule", {"preference": preference.id, "action": preference.do.value if preference.do else ""})
    spoken: Iterator[Sentence] = words.rule(match)
    first = next(spoken, None)
    if first is None:
        yield from words.say("not_possible")
    else:
        yield first
        yield from spoken
    if at.facts.taking and preference.do is Action.ANSWER:
        yield from Taker(at, words).moves()
    else:
        yield from words.say("offer_more")


def _names(preference: Preference, person: Person) -> bool:
    """Whether the rule speaks of `person`, by any of their names."""
    told = " ".join([*preference.text.values(), *preference.say.values(), preference.when or ""]).lower()
    names = {person.name, *person.spoken.values(), *person.name.split()[:1]}
    return any(name.lower() in told for name in names if name)
