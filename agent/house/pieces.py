"""The pieces that the ways of answering are made of: an answer, a goodbye, the open question once more."""

from __future__ import annotations

from collections.abc import Iterator

from agent.house.dialogue import Situation, known
from agent.house.intents import CONTENT, Intent, asks
from agent.house.message import Taker
from agent.house.moves import Deed, Moves, says
from agent.house.names import first_name
from agent.house.wording import Wording
from calls.words import Match, Sentence
from prompts import sentences

SHORT = frozenset({Intent.AFFIRM, Intent.DENY, Intent.THANKS, Intent.GREETING, Intent.CORRECT, Intent.HOW_ARE_YOU})
_TELLING = (Intent.STATES_REASON, Intent.LEAVE_MESSAGE, Intent.WANTS_CALLBACK, Intent.SALES, Intent.BOOK)
"""Intents of somebody who tells or wants something, rather than asks."""


def more(words: Wording, key: str) -> Moves:
    """The phrase `key`, and whether there is anything else."""
    return more_of(words.say(key), words)


def more_of(said: Iterator[Sentence], words: Wording) -> Moves:
    """What is `said`, and whether there is anything else."""
    return says(said, words.say("offer_more"))


def promised(at: Situation, words: Wording) -> Moves:
    """The call back, at the time that they agree to."""
    if (yield from Taker(at, words).promise()):
        yield from words.say("offer_more")


def wants_to_know(at: Situation) -> bool:
    """Whether what is on file may answer this: a question or a request, not a name, a reason, or "is she in?"."""
    if slight(at) or at.has(Intent.ASKS_EXECUTIVE):
        return False
    introduces = at.facts.name != at.before.name and not at.intents & CONTENT
    return asks(at.scene.heard.text) or not (introduces or at.has(*_TELLING))


def slight(at: Situation) -> bool:
    """A yes, a no, a thank-you: nothing that what is on file could answer."""
    return bool(at.intents) and at.intents <= SHORT and len(at.scene.heard.text.split()) <= 4


def greeted_by_name(at: Situation, words: Wording) -> Iterator[Sentence]:
    """A known caller's name, once in a call."""
    name = at.scene.caller.name
    met = at.said["greet_known"] or at.said["thank_name"] or at.said["message_taken_named"]
    if name and known(at.scene) and at.recognised and not met and at.scene.heard.text.strip():
        yield from words.say("greet_known", name=first_name(name))


def again(at: Situation, words: Wording) -> Moves:
    """What we said last, slower if they wish."""
    leads = {*words.all("repeat_lead"), *words.all("slower_lead")}
    lines = [Sentence(line.text, line.language) for line in at.last if line.text not in leads]
    if not lines:
        return says(words.say("nothing_to_repeat"))
    return says(words.say("slower_lead" if at.has(Intent.SLOWER) else "repeat_lead"), lines)


def then_back(at: Situation, words: Wording, key: str) -> Moves:
    """Says `key` and puts the open question again."""
    ours = [line for line in at.last if line.text.endswith("?") and line.language == words.language]
    asked = [Sentence(sentences(line.text)[-1], line.language) for line in ours]
    return says(words.say(key), asked[-1:] if at.asked and asked else words.say("ask_help"))


def in_other_language(words: Wording) -> Moves:
    """From here on in theirs."""
    other = words.in_other_language()
    return says(other.say("speaks_language"), other.say("ask_help"))


def end(at: Situation, words: Wording, key: str | None = None, left: bool = False) -> Moves:
    """Hangs up, with the phrase `key` before the goodbye; `left`: what there is of a message is taken first."""
    if left:
        yield from Taker(at, words).keep()
    told = yield Deed("hang_up")
    if key:
        yield from words.say(key)
    name = at.facts.name or (at.scene.caller.name if at.recognised and known(at.scene) else None)
    if told.done and name:
        yield from words.say("goodbye_named", name=first_name(name))
    else:
        yield from words.say("goodbye")


def answer(at: Situation, words: Wording, match: Match, then: Moves | None = None) -> Moves:
    """What is on file; two things were asked: both, if both are on file."""
    yield from words.on_file(match)
    if other := _second(at, match):
        yield from words.on_file(other)
    yield from then or (words.say("offer_more") if at.said["offer_more"] < 2 else ())


def _second(at: Situation, first: Match) -> Match | None:
    """Another match that answers the other half of a double question."""
    if at.scene.heard.text.count("?") < 2 or at.scene.suspicious:
        return None
    rest = at.scene.recall.matches[1:2]
    fits = rest and rest[0].preference.do is None and rest[0].score >= 0.9 * first.score
    return rest[0] if fits and rest[0].preference.topic != first.preference.topic else None


def greets(at: Situation) -> bool:
    """Whether this turn already begins with a greeting of ours."""
    return known(at.scene) and at.recognised and not at.said["greet_known"]
