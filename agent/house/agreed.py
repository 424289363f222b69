"""What a person of the office said while they had the call: told again to a caller who asks what was agreed."""

from __future__ import annotations

from itertools import takewhile

from agent.house.dialogue import Situation
from agent.house.moves import Moves, says
from agent.house.wording import Wording
from calls.words import Line, Sentence
from prompts import pattern, sentences


def as_agreed(at: Situation, words: Wording) -> Moves | None:
    """Their own words, as they were heard; None when nobody had the call, or the caller asks something else."""
    lines = at.scene.transcript
    last = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].who == "staff"), None)
    if last is None or not pattern("agreed").search(at.scene.heard.text):
        return None
    with_them = reversed(list(takewhile(_not_ours, reversed(lines[: last + 1]))))
    spoken = [line for line in with_them if line.who == "staff"]
    told = [Sentence(piece, line.language) for line in spoken for piece in sentences(line.text)]
    settled = [sentence for sentence in told if pattern("settles").search(sentence.text)]
    return says(words.say("as_agreed"), (settled or told)[-2:])


def _not_ours(line: Line) -> bool:
    return line.who != "receptionist"
