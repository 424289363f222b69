"""What to say and do next. One way of answering after another is tried, the most pressing first."""

from __future__ import annotations

from collections.abc import Callable

from agent.expected import is_plain
from agent.house.agreed import as_agreed
from agent.house.dialogue import Situation
from agent.house.facts import ASKS_NAME, ASKS_NUMBER
from agent.house.guidance import told_by_staff
from agent.house.intents import CONTENT, Intent, asks, sure_intents
from agent.house.message import Taker
from agent.house.moves import Moves, says
from agent.house.pieces import (
    SHORT,
    again,
    answer,
    end,
    greeted_by_name,
    greets,
    in_other_language,
    more,
    more_of,
    promised,
    slight,
    then_back,
    wants_to_know,
)  # fmt: skip
from agent.house.rules import booking, follow, ring
from agent.house.screening import screened
from agent.house.wording import Wording
from calls.words import Action, Match, Reason
from prompts import Phrasebook, pattern

LISTENED = 0.35
"""Below this confidence we ask again rather than answer what may not have been said."""
ASKED_WHEN = 2
"""So often a time is asked for; then it becomes a message."""
LIKELY = 0.1
"""Chance from which a caller who names a department is sent on to what is on file."""
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
                yield from greeted_by_name(at, words)
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
    return again(at, words)


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
            return then_back(at, words, key)
    other = Intent.SPEAK_EN if words.language == "es" else Intent.SPEAK_ES
    return in_other_language(words) if at.has(other) else None


def wrong_number(at: Situation, words: Wording) -> Moves | None:
    if at.asked == "offer_wrong_number":
        if at.has(Intent.DENY):
            return end(at, words, "wrong_number")
        return says(words.say("ask_help")) if at.has(Intent.AFFIRM) else None
    if not at.has(Intent.WRONG_NUMBER):
        return None
    if asks(at.scene.heard.text):
        return says(words.say("offer_wrong_number"))
    return end(at, words, "wrong_number")


def a_machine(at: Situation, words: Wording) -> Moves | None:
    """An answering machine rang us: nobody is there to be helped."""
    return end(at, words) if at.has(Intent.ANSWERING_MACHINE) else None


def a_child(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.CHILD) or at.ringing:
        return None
    return end(at, words, "a_child_again") if at.said["a_child"] else says(words.say("a_child"))


def spelled(at: Situation, words: Wording) -> Moves | None:
    """The executive's surname, letter by letter."""
    if not at.has(Intent.SPELL_NAME):
        return None
    surname = at.scene.policy.executive.name.split()[-1]
    return more_of(words.say("spelled", name=surname, letters=", ".join(surname.upper())), words)


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
    if match is None or match.preference.do is None or at.asked in ASKS_NUMBER or slight(at):
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
    return then_back(at, words, "personal_matter")


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
            return promised(at, words)
        return more(words, "fine") if at.has(Intent.DENY) else None
    if at.asked not in ("ask_when", "offer_booking_instead", "ask_name_booking"):
        return None
    if at.asked == "ask_when" and at.facts.due == at.before.due:
        if at.has(Intent.GOODBYE, Intent.NOTHING_ELSE, Intent.NEVER_MIND) or at.intents & CONTENT - {Intent.BOOK}:
            return None  # they are at something else
        if at.said["ask_when"] >= ASKED_WHEN:
            return Taker(at.taking(), words).moves()
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
    return end(at, words, left=at.facts.taking and at.facts.reason is not None)


def a_message(at: Situation, words: Wording) -> Moves | None:
    if not at.facts.taking:
        return None
    match = best(at)
    if match and match.preference.do is None and at.has(Intent.QUESTION) and at.facts == at.before:
        return answer(at, words, match, then=Taker(at, words).moves())
    return Taker(at, words).moves()


def not_wanted(at: Situation, words: Wording) -> Moves | None:
    """They decline what we offered, or drop what they wanted."""
    if at.has(Intent.NEVER_MIND):
        return more(words, "fine")
    if not at.asked.startswith("offer_") or not at.has(Intent.DENY) or at.intents & CONTENT:
        return None
    return more(words, "fine")


def an_answer(at: Situation, words: Wording) -> Moves | None:
    match = best(at)
    return answer(at, words, match) if match and wants_to_know(at) else None


def not_there(at: Situation, words: Wording) -> Moves | None:
    """They ask for the executive, or where they are: an approved cover, and on to what can be done."""
    if not at.has(Intent.ASKS_EXECUTIVE, Intent.WHERE_IS):
        return None
    return says(words.not_there(), screened(at, words, covered=True))


def an_appointment(at: Situation, words: Wording) -> Moves | None:
    """Nothing on file allows booking for this caller: it becomes a message."""
    return Taker(at.taking(), words).moves() if at.has(Intent.BOOK) else None


def an_offer(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.SALES):
        return None
    return end(at, words, "sales_declined") if at.said["sales_declined"] else more(words, "sales_declined")


def not_known(at: Situation, words: Wording) -> Moves | None:
    if not at.has(Intent.QUESTION) and not (asks(at.scene.heard.text) and not at.intents & SHORT):
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
        return more(words, "thanks_back")
    if at.asked == "offer_more" and at.has(Intent.AFFIRM):
        return says(words.say("ask_help"))
    if at.has(Intent.GREETING):
        return says(words.say("ask_help" if greets(at) else "greet_back"))
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
