"""What to say and do next. One way of answering after another is tried, the most pressing first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.expected import is_plain
from agent.house.agreed import as_agreed
from agent.house.dialogue import Situation, known
from agent.house.facts import ASKS_NAME, ASKS_NUMBER
from agent.house.guidance import told_by_staff
from agent.house.intents import CONTENT, Intent, asks, sure_intents
from agent.house.message import Taker
from agent.house.moves import Deed, Moves, says
from agent.house.names import first_name
from agent.house.rules import booking, follow, ring
from agent.house.screening import screened
from agent.house.wording import Wording
from calls.words import Action, Match, Reason, Sentence
from prompts import Phrasebook, pattern, sentences

LISTENED = 0.35
"""Below this confidence we ask again rather than answer what may not have been said."""
ASKED_WHEN = 2
"""So often a time is asked for; then it becomes a message."""
LIKELY = 0.1
"""Chance from which a caller who names a department is sent on to what is on file."""
_SHORT = frozenset({Intent.AFFIRM, Intent.DENY, Intent.THANKS, Intent.GREETING, Intent.CORRECT, Intent.HOW_ARE_YOU})
_TELLING = (Intent.STATES_REASON, Intent.LEAVE_MESSAGE, Intent.WANTS_CALLBACK, Intent.SALES, Intent.BOOK)
"""Intents of somebody who tells or wants something, rather than asks."""
_LEAVING = frozenset({Intent.LEAVE_MESSAGE, Intent.WANTS_CALLBACK, Intent.STATES_REASON})
"""What may come in the same breath as a goodbye, and is noted before hanging up."""

Way = Callable[[Situation, Wording], Moves | None]


def reply(at: Situation, book: Phrasebook) -> Moves:
    """The plan for this turn. It always says something."""
    words = Wording(at, book)
    staff = told_by_staff(at, words)
    if staff is not None:
        yield from staff.moves
        if staff.settles or (best(at) is None and asks(at.scene.heard.text)):
            return
        at = staff.after
    for way in WAYS:
        if (moves := way(at, words)) is not None:
            if way not in _NO_GREETING:
                yield from _greeted_by_name(at, words)
            yield from moves
            return


def best(at: Situation) -> Match | None:
    """The preference that answers this utterance, if one may be spoken."""
    matches = at.scene.recall.matches
    return matches[0] if matches and not at.scene.recall.unsure else None


# --- the ways, most pressing first --------------------------------------------------------------------


def not_heard(at: Situation, words: Wording) -> Moves | None:
    heard, asked = at.scene.heard, at.last[-1].text if at.last else ""
    sure = heard.confidence >= LISTENED or is_plain(heard.text, heard.language, heard.confidence, asked)
    if heard.text.strip() and sure:
        return None
    return says(words.in_order("unclear_again"))


def told_to_wait(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.WAIT) or at.intents & CONTENT or at.facts != at.before:
        return None
    return says(words.say("wait_ok"))


def repeated(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.REPEAT, Intent.SLOWER) or at.facts != at.before:
        return None
    return _again(at, words)


def about_us(at: Situation, words: Wording) -> Moves | None:
    """Who we are: always the truth, and back to what we were at."""
    answers = {
        Intent.ARE_YOU_HUMAN: "am_i_human",
        Intent.WHO_ARE_YOU: "who_am_i",
        Intent.SPEAK_ES if words.language == "es" else Intent.SPEAK_EN: "speaks_language",
    }
    for intent, key in answers.items():
        if not at.has(intent) or (key == "speaks_language" and best(at) and asks(at.scene.heard.text)):
            continue  # asked in another language: the answer in it is answer enough
        if best(at) is None or intent in sure_intents(at.scene.heard.text):
            return _then_back(at, words, key)
    other = Intent.SPEAK_EN if words.language == "es" else Intent.SPEAK_ES
    return _in_other_language(words) if at.has(other) else None


def wrong_number(at: Situation, words: Wording) -> Moves | None:
    if at.asked == "offer_wrong_number":
        if at.has(Intent.DENY):
            return _end(at, words, "wrong_number")
        return says(words.say("ask_help")) if at.has(Intent.AFFIRM) else None
    if not at.has(Intent.WRONG_NUMBER):
        return None
    if asks(at.scene.heard.text):
        return says(words.say("offer_wrong_number"))
    return _end(at, words, "wrong_number")


def a_machine(at: Situation, words: Wording) -> Moves | None:
    """An answering machine rang us: nobody is there to be helped."""
    return _end(at, words) if at.has(Intent.ANSWERING_MACHINE) else None


def a_child(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.CHILD) or at.ringing:
        return None
    return _end(at, words, "a_child_again") if at.said["a_child"] else says(words.say("a_child"))


def spelled(at: Situation, words: Wording) -> Moves | None:
    """The executive's surname, letter by letter."""
    if not at.has(Intent.SPELL_NAME):
        return None
    surname = at.scene.policy.executive.name.split()[-1]
    return _more_of(words.say("spelled", name=surname, letters=", ".join(surname.upper())), words)


def a_person(at: Situation, words: Wording) -> Moves | None:
    offered = {"offer_assistant_or_message": Reason.NOT_KNOWN, "offer_person": Reason.UNCLEAR}
    if at.has(Intent.ASKS_PERSON) and not at.has(Intent.CHILD):
        return ring(at, words, Reason.ASKED_FOR_PERSON)
    if at.asked in offered and at.has(Intent.AFFIRM) and not at.has(Intent.LEAVE_MESSAGE, Intent.DENY):
        return ring(at, words, offered[at.asked])
    return None


def a_rule(at: Situation, words: Wording) -> Moves | None:
    """A rule on file that fits what was just said; not in the middle of a name or a number."""
    match = best(at)
    if match is None or match.preference.do is None or at.asked in ASKS_NUMBER or _slight(at):
        return None
    if at.asked in ASKS_NAME and at.facts.taking and not at.intents & CONTENT:
        return None
    if match.preference.do is Action.BOOK and at.has(Intent.ASKS_EXECUTIVE) and not at.has(Intent.BOOK):
        return None  # to speak with somebody now is no meeting
    return follow(at, words, match)


def a_personal_matter(at: Situation, words: Wording) -> Moves | None:
    """Where the executive lives, who else called: nothing on file is for this caller, and that is what we say."""
    if best(at) or at.ringing or not pattern("personal_matter").search(at.scene.heard.text):
        return None
    return _then_back(at, words, "personal_matter")


def another_department(at: Situation, words: Wording) -> Moves | None:
    """A department by its name and no more: where on file they are likeliest to be sent on to."""
    text = at.scene.heard.text
    if best(at) or at.facts.taking or len(text.split()) > 9 or not pattern("department").search(text):
        return None
    elsewhere = (each for each in at.scene.recall.matches if each.preference.do is Action.REDIRECT)
    found = max(elsewhere, key=lambda match: match.score, default=None)
    return follow(at, words, found) if found and found.score >= LIKELY else None


def another_time(at: Situation, words: Wording) -> Moves | None:
    """An answer to the time that we offered instead of theirs."""
    if at.asked == "offer_callback_instead":
        if at.has(Intent.AFFIRM) or at.facts.due != at.before.due:
            return _promised(at, words)
        return _more(words, "fine") if at.has(Intent.DENY) else None
    if at.asked not in ("ask_when", "offer_booking_instead", "ask_name_booking"):
        return None
    if at.asked == "ask_when" and at.facts.due == at.before.due:
        if at.has(Intent.GOODBYE, Intent.NOTHING_ELSE, Intent.NEVER_MIND) or at.intents & CONTENT - {Intent.BOOK}:
            return None  # they are at something else
        if at.said["ask_when"] >= ASKED_WHEN:
            return Taker(_taking(at), words).moves()
    return booking(at, words)


def the_end(at: Situation, words: Wording) -> Moves | None:
    """The caller is done; a message that was nearly complete is not lost."""
    polite = at.intents <= {Intent.DENY, Intent.THANKS, Intent.GOODBYE, Intent.NOTHING_ELSE, Intent.AFFIRM}
    nothing_more = (
        at.asked in ("offer_more", "ask_help") and at.has(Intent.DENY, Intent.THANKS) and polite and bool(at.intents)
    )
    if not (nothing_more or at.has(Intent.GOODBYE, Intent.NOTHING_ELSE)):
        return None
    if at.intents & CONTENT - _LEAVING:
        return None
    return _end(at, words, left=at.facts.taking and at.facts.reason is not None)


def a_message(at: Situation, words: Wording) -> Moves | None:
    if not at.facts.taking:
        return None
    match = best(at)
    if match and match.preference.do is None and at.has(Intent.QUESTION) and at.facts == at.before:
        return _answer(at, words, match, then=Taker(at, words).moves())
    return Taker(at, words).moves()


def not_wanted(at: Situation, words: Wording) -> Moves | None:
    """They decline what we offered, or drop what they wanted."""
    if at.has(Intent.NEVER_MIND):
        return _more(words, "fine")
    if not at.asked.startswith("offer_") or not at.has(Intent.DENY) or at.intents & CONTENT:
        return None
    return _more(words, "fine")


def an_answer(at: Situation, words: Wording) -> Moves | None:
    match = best(at)
    return _answer(at, words, match) if match and _wants_to_know(at) else None


def not_there(at: Situation, words: Wording) -> Moves | None:
    """They ask for the executive, or where they are: an approved cover, and on to what can be done."""
    if not at.has(Intent.ASKS_EXECUTIVE, Intent.WHERE_IS):
        return None
    return says(words.not_there(), screened(at, words, covered=True))


def an_appointment(at: Situation, words: Wording) -> Moves | None:
    """Nothing on file allows booking for this caller: it becomes a message."""
    return Taker(_taking(at), words).moves() if at.has(Intent.BOOK) else None


def an_offer(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.SALES):
        return None
    return _end(at, words, "sales_declined") if at.said["sales_declined"] else _more(words, "sales_declined")


def not_known(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.QUESTION) and not (asks(at.scene.heard.text) and not at.intents & _SHORT):
        return None
    if at.ringing:
        return says(words.say("comfort"))
    offer = "offer_assistant_or_message" if at.scene.open_now else "offer_message"
    return says(words.say("dont_know"), words.say(offer))


def a_reason(at: Situation, words: Wording) -> Moves | None:
    """They said why they call, or who they are: the next thing to find out, or the next thing to offer."""
    told = (
        at.facts.reason != at.before.reason or at.facts.name != at.before.name or at.facts.company != at.before.company
    )
    refused = at.facts.withheld != at.before.withheld
    return screened(at, words) if told or refused or at.has(Intent.STATES_REASON) else None


def small_talk(at: Situation, words: Wording) -> Moves | None:
    if at.ringing:
        return says(words.say("comfort"))
    if at.has(Intent.HOW_ARE_YOU):
        return says(words.say("how_are_you"))
    if at.has(Intent.THANKS):
        return _more(words, "thanks_back")
    if at.asked == "offer_more" and at.has(Intent.AFFIRM):
        return says(words.say("ask_help"))
    if at.has(Intent.GREETING):
        return says(words.say("ask_help" if _greets(at) else "greet_back"))
    return None


def asked_again(at: Situation, words: Wording) -> Moves | None:
    """A "yes" or "no" that we can't place: the question once more, or what they need."""
    if not at.has(Intent.AFFIRM, Intent.DENY, Intent.CORRECT):
        return None
    return says(words.say(at.asked if at.asked in ("ask_name", "ask_reason", "ask_help") else "ask_help"))


def not_understood(at: Situation, words: Wording) -> Moves:
    return says(words.in_order("unclear_again"))


WAYS: tuple[Way, ...] = (
    not_heard,
    told_to_wait,
    as_agreed,
    repeated,
    about_us,
    a_machine,
    wrong_number,
    another_department,
    a_person,
    spelled,
    another_time,
    a_rule,
    a_personal_matter,
    a_child,
    the_end,
    a_message,
    not_wanted,
    an_answer,
    not_there,
    an_appointment,
    an_offer,
    not_known,
    a_reason,
    small_talk,
    asked_again,
    not_understood,
)

_NO_GREETING = (not_heard, told_to_wait, repeated, the_end)


# --- pieces -------------------------------------------------------------------------------------------


def _more(words: Wording, key: str) -> Moves:
    return _more_of(words.say(key), words)


def _more_of(said: Iterator[Sentence], words: Wording) -> Moves:
    return says(said, words.say("offer_more"))


def _promised(at: Situation, words: Wording) -> Moves:
    if (yield from Taker(at, words).promise()):
        yield from words.say("offer_more")


def _wants_to_know(at: Situation) -> bool:
    """Whether what is on file may answer this: a question or a request, not a name, a reason, or "is she in?"."""
    if _slight(at) or at.has(Intent.ASKS_EXECUTIVE):
        return False
    introduces = at.facts.name != at.before.name and not at.intents & CONTENT
    return asks(at.scene.heard.text) or not (introduces or at.has(*_TELLING))


def _slight(at: Situation) -> bool:
    """A yes, a no, a thank-you: nothing that what is on file could answer."""
    return bool(at.intents) and at.intents <= _SHORT and len(at.scene.heard.text.split()) <= 4


def _greeted_by_name(at: Situation, words: Wording) -> Iterator[Sentence]:
    """A known caller's name, once in a call."""
    name = at.scene.caller.name
    met = at.said["greet_known"] or at.said["thank_name"] or at.said["message_taken_named"]
    if name and known(at.scene) and at.recognised and not met and at.scene.heard.text.strip():
        yield from words.say("greet_known", name=first_name(name))


def _again(at: Situation, words: Wording) -> Moves:
    leads = {*words.all("repeat_lead"), *words.all("slower_lead")}
    lines = [Sentence(line.text, line.language) for line in at.last if line.text not in leads]
    if not lines:
        return says(words.say("nothing_to_repeat"))
    return says(words.say("slower_lead" if at.has(Intent.SLOWER) else "repeat_lead"), lines)


def _then_back(at: Situation, words: Wording, key: str) -> Moves:
    """Says `key` and puts the open question again."""
    ours = [line for line in at.last if line.text.endswith("?") and line.language == words.language]
    asked = [Sentence(sentences(line.text)[-1], line.language) for line in ours]
    return says(words.say(key), asked[-1:] if at.asked and asked else words.say("ask_help"))


def _in_other_language(words: Wording) -> Moves:
    other = words.in_other_language()
    return says(other.say("speaks_language"), other.say("ask_help"))


def _end(at: Situation, words: Wording, key: str | None = None, left: bool = False) -> Moves:
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


def _answer(at: Situation, words: Wording, match: Match, then: Moves | None = None) -> Moves:
    """What is on file; two things were asked: both, if both are on file."""
    yield from words.on_file(match)
    if second := _second(at, match):
        yield from words.on_file(second)
    yield from then or (words.say("offer_more") if at.said["offer_more"] < 2 else ())


def _second(at: Situation, first: Match) -> Match | None:
    """Another match that answers the other half of a double question."""
    if at.scene.heard.text.count("?") < 2 or at.scene.suspicious:
        return None
    rest = at.scene.recall.matches[1:2]
    fits = rest and rest[0].preference.do is None and rest[0].score >= 0.9 * first.score
    return rest[0] if fits and rest[0].preference.topic != first.preference.topic else None


def _taking(at: Situation) -> Situation:
    return replace(at, facts=replace(at.facts, taking=True))


def _greets(at: Situation) -> bool:
    """Whether this turn already begins with a greeting of ours."""
    return known(at.scene) and at.recognised and not at.said["greet_known"]
