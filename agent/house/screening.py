"""Who calls and why; then what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator

from agent.house.dialogue import Situation
from agent.house.facts import ASKS_NAME
from agent.house.message import PATIENCE
from agent.house.moves import Moves
from agent.house.names import first_name
from agent.house.when import say_deadline
from agent.house.wording import Wording, covers_of
from calls.words import Sentence


def screened(at: Situation, words: Wording, covered: bool = False) -> Moves:
    """Who and why, one question at a time; then what can be done about it."""
    facts, said = at.facts, at.said
    if at.ringing:
        yield from words.say("comfort")
        return
    if facts.name and facts.name != at.before.name and not at.recognised:
        yield from words.say("thank_name", name=first_name(facts.name))
    elif not covered and facts != at.before:
        yield from words.say("fine")
    named = facts.name or at.recognised or "name" in facts.withheld
    covered = covered or has_heard_cover(at)
    if not named and sum(said[key] for key in ASKS_NAME) < PATIENCE:
        yield from words.say("ask_name_again" if at.asked in ASKS_NAME else "ask_name")
    elif not facts.reason and "reason" not in facts.withheld and said["ask_reason"] < PATIENCE - 1:
        yield from words.say("ask_reason" if covered or said["ask_help"] else "ask_help")
    else:
        yield from offered(at, words, covered)


def has_heard_cover(at: Situation) -> bool:
    """Whether they have heard that the executive is not available."""
    told = covers_of(at.scene)
    return bool(at.said["cover_neutral"] or at.said["cover_closed"]) or any(
        line.who == "receptionist" and line.text in told for line in at.scene.transcript
    )


def offered(at: Situation, words: Wording, covered: bool) -> Iterator[Sentence]:
    """A way forward: a call back by an honest time, or a message."""
    if not covered:
        yield from words.not_there()
    scene = at.scene
    if scene.callback_by and not scene.suspicious and not at.said["offer_callback"]:
        yield from words.say("offer_callback", time=say_deadline(scene.callback_by, scene.now, scene.language))
    else:
        yield from words.say("offer_message")
