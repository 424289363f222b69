"""What the human assistant whispers during a call: said as a sentence if it is to be told, else followed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.house.dialogue import Situation
from agent.house.message import Taker
from agent.house.moves import Deed, Moves, says
from agent.house.rules import ring
from agent.house.when import before_closing, time_in
from agent.house.wording import Wording
from calls.words import LANGUAGES, Language, Owner, Reason, Sentence
from prompts import pattern, sentences, tidy


@dataclass(frozen=True, slots=True)
class Whispered:
    """`moves` come first. `settles`: nothing else is to be said in this turn. `after`: the situation to go on from."""

    moves: Moves
    settles: bool
    after: Situation


def told_by_staff(at: Situation, words: Wording) -> Whispered | None:
    """What unused guidance asks for; None if there is none that we can follow."""
    for text in reversed(at.scene.guidance):
        for language in LANGUAGES:
            if found := pattern(f"tell_{language}").match(text.strip()):
                return Whispered(_tell(at, words, found["what"], language), False, at)
        taking = replace(at, facts=replace(at.facts, taking=True))
        if pattern("put_through").search(text):
            return Whispered(ring(at, words, Reason.RULE), True, at)
        if pattern("ask_number").search(text) and not at.facts.number:
            return Whispered(says(words.say("ask_number")), True, at)
        if pattern("ask_name").search(text) and not at.facts.name:
            return Whispered(says(words.say("ask_name")), True, at)
        if pattern("about_message").search(text):
            return Whispered(Taker(taking, words).moves(), True, taking)
    return None


def _tell(at: Situation, words: Wording, what: str, language: Language) -> Moves:
    """Says it; what it promises is put on record first."""
    what = what.strip().rstrip(".")
    if pattern("owed").search(what):
        told = yield _promise(at, what, language)
        if not told.done:
            yield from words.say("callback_refused")
            return
    if language == words.language:
        yield from words.say("told_to_say", words=what)
        return
    yield from words.say("other_language_lead")
    for sentence in sentences(tidy(what, language) + "."):
        yield Sentence(sentence, language)


def _promise(at: Situation, what: str, language: Language) -> Deed:
    scene = at.scene
    by = time_in(what, language, scene.now) or scene.callback_by
    due = by and before_closing(by, scene.policy.hours).isoformat()
    owner: Owner = "executive" if pattern("by_executive").search(what) else "assistant"
    return Deed("promise_callback", {"text": what, "due": due, "owner": owner})
