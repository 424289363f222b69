"""What the rules need to know of the call so far, read from its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.expected import is_plain
from calls.words import Body, HandOff, HandOffState, Heard, Said, ScreenedText, Topic, Utterance, Verdict

CONFIDENT = 0.4
"""Hearing confidence below which words are not relied on."""
TURNS_TOGETHER = 3
GREY_TURNS = 4
"""Two doubtful turns within so many go to a human."""
_RINGS = frozenset({HandOffState.OFFERED, HandOffState.RINGING, HandOffState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Before:
    """A turn of the caller's: what was said to them before it, their words, and what was found in them."""

    asked: str
    heard: Heard
    screened: tuple[ScreenedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """The caller's turns before this one, oldest first."""

    turns: tuple[Before, ...]
    rings: bool
    """A human is being called for this caller right now."""
    asked: str
    """What was said to them last."""

    @classmethod
    def of(cls, bodies: Sequence[Body], now: Utterance) -> Past:
        """`bodies`: the record so far; it may or may not hold `now` already."""
        turns: list[Before] = []
        rings, answered, asked = False, True, ""
        for body in bodies:
            match body:
                case Heard():
                    turns.append(Before(asked, body))
                    answered = False
                case Said(text=asked):
                    answered = True
                case ScreenedText(direction="in") if turns:
                    turns[-1] = replace(turns[-1], screened=(*turns[-1].screened, body))
                case HandOff(state=state):
                    rings = state in _RINGS
                    if not rings:
                        turns.clear()
        if turns and not answered and turns[-1].heard.text == now.text:
            turns.pop()
        return cls(tuple(turns), rings, asked)

    def unclear(self) -> int:
        """How many turns in a row, up to now, were not understood."""
        count = 0
        for turn in reversed(self.turns):
            if not is_unclear(turn.heard, turn.asked):
                break
            count += 1
        return count

    def grey(self) -> bool:
        """Whether one of the last turns was doubtful already."""
        return any(
            found.verdict is Verdict.GREY and found.topic is not Topic.DISTRESS
            for turn in self.turns[-GREY_TURNS + 1 :]
            for found in turn.screened
        )

    def lately(self) -> list[str]:
        """What was said in the turns just before and passed, oldest first."""
        recent = self.turns[-TURNS_TOGETHER + 1 :]
        return [turn.heard.text for turn in recent if not turn.screened and not is_unclear(turn.heard, turn.asked)]


def is_unclear(heard: Heard | Utterance, asked: str) -> bool:
    """Nothing was understood: no words, or hardly any confidence in words that do not plainly answer `asked`."""
    if not any(char.isalnum() for char in heard.text):
        return True
    return heard.confidence < CONFIDENT and not is_plain(heard.text, heard.language, heard.confidence, asked)
