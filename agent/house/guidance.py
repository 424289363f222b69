"""What the human assistant whispers during a call: said as a sentence if it is to be told, else followed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agent.house.dialogue import Situation
from agent.house.message import Taker
from agent.house.moves import Deed, Moves, says
from agent.house.rules import ring
from agent.house.when import deadline, time_in
from agent.house.wording import Wording
from calls.words import Language, Owner, Reason, Sentence
from prompts import sentences, tidy

_TELL: dict[Language, re.Pattern[str]] = {
    "es": re.compile(
        r"^\W*(?:por favor,? )?(?:d[ií](?:ga|gan)?(?:le|les|lo)|dile|comun[ií]quele|inf[óo]rmele|expl[ií]quele|cu[ée]ntele)(?: (?:al|a la|a quien) (?:que llama|llamante|cliente|se[ñn]or\w*))?,?(?: de)? que (?P<what>.+)",
        re.IGNORECASE | re.DOTALL,
    ),
    "en": re.compile(
        r"^\W*(?:please )?(?:tell|let|inform) (?:the )?(?:caller|him|her|them|client|customer)(?: know)?(?: that)? (?P<what>.+)",
        re.IGNORECASE | re.DOTALL,
    ),
}
_OWED = re.compile(
    r"\b(llamar(á|án|emos|é)|(will|'ll|going to) (call|ring|phone|get back))\b|\bva a llamar", re.IGNORECASE
)
_BY_EXECUTIVE = re.compile(r"\b(she|he|ella|él|i'll|i will|la señora|el señor|ms|mr|mrs)\b", re.IGNORECASE)
_ASK_NUMBER = re.compile(
    r"\b(p[ií]d[ae]|pregunt|ask|get)\w*\b.*\b(n[úu]mero|tel[ée]fono|number|phone)\b", re.IGNORECASE
)
_ASK_NAME = re.compile(r"\b(p[ií]d[ae]|pregunt|ask|get)\w*\b.*\b(nombre|qui[ée]n es|name|who)\b", re.IGNORECASE)
_MESSAGE = re.compile(r"\b(recado|mensaje|message)\b", re.IGNORECASE)
_THROUGH = re.compile(
    r"\b(p[áa]s[ae](le|la|lo|me|mela|melo)|put (him|her|them|it|the caller) through|transfer)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Whispered:
    """`moves` come first. `settles`: nothing else is to be said in this turn. `after`: the situation to go on from."""

    moves: Moves
    settles: bool
    after: Situation


def told_by_staff(at: Situation, words: Wording) -> Whispered | None:
    """What unused guidance asks for; None if there is none that we can follow."""
    for text in reversed(at.scene.guidance):
        for language, pattern in _TELL.items():
            if found := pattern.match(text.strip()):
                return Whispered(_tell(at, words, found["what"], language), False, at)
        taking = replace(at, facts=replace(at.facts, taking=True))
        if _THROUGH.search(text):
            return Whispered(ring(at, words, Reason.RULE), True, at)
        if _ASK_NUMBER.search(text) and not at.facts.number:
            return Whispered(says(words.say("ask_number")), True, at)
        if _ASK_NAME.search(text) and not at.facts.name:
            return Whispered(says(words.say("ask_name")), True, at)
        if _MESSAGE.search(text):
            return Whispered(Taker(taking, words).moves(), True, taking)
    return None


def _tell(at: Situation, words: Wording, what: str, language: Language) -> Moves:
    """Says it; what it promises is put on record first."""
    what = what.strip().rstrip(".")
    if _OWED.search(what):
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
    soonest = scene.callback_by
    due = time_in(what, language, scene.now) or (soonest and deadline(soonest, scene.policy.hours))
    owner: Owner = "executive" if _BY_EXECUTIVE.search(what) else "assistant"
    return Deed("promise_callback", {"text": what, "due": due.isoformat() if due else None, "owner": owner})
