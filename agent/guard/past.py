"""What the rules need to know of the call so far, read from its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calls.words import Body, HandOff, HandOffState, Heard, Said, ScreenedText, Topic, Utterance, Verdict

CONFIDENT = 0.4
"""Hearing confidence below which words are not relied on."""
TURNS_TOGETHER = 3
GREY_TURNS = 4
"""Two doubtful turns within so many go to a human."""
_RINGS = frozenset({HandOffState.OFFERED, HandOffState.RINGING, HandOffState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Past:
    """The caller's turns before this one, oldest first, each with what was found in it."""

    turns: tuple[tuple[Heard, tuple[ScreenedText, ...]], ...]
    rings: bool
    """A human is being called for this caller right now."""

    @classmethod
    def of(cls, bodies: Sequence[Body], now: Utterance) -> Past:
        """`bodies`: the record so far; it may or may not hold `now` already."""
        turns: list[tuple[Heard, tuple[ScreenedText, ...]]] = []
        rings, answered = False, True
        for body in bodies:
            match body:
                case Heard():
                    turns.append((body, ()))
                    answered = False
                case Said():
                    answered = True
                case ScreenedText(direction="in") if turns:
                    turns[-1] = (turns[-1][0], (*turns[-1][1], body))
                case HandOff(state=state):
                    rings = state in _RINGS
                    if not rings:
                        turns.clear()
        if turns and not answered and turns[-1][0].text == now.text:
            turns.pop()
        return cls(tuple(turns), rings)

    def unclear(self) -> int:
        """How many turns in a row, up to now, were not understood."""
        count = 0
        for heard, _ in reversed(self.turns):
            if not is_unclear(heard):
                break
            count += 1
        return count

    def grey(self) -> bool:
        """Whether one of the last turns was doubtful already."""
        return any(
            found.verdict is Verdict.GREY and found.topic is not Topic.DISTRESS
            for _, screened in self.turns[-GREY_TURNS + 1 :]
            for found in screened
        )

    def lately(self) -> list[str]:
        """What was said in the turns just before and passed, oldest first."""
        recent = self.turns[-TURNS_TOGETHER + 1 :]
        return [heard.text for heard, screened in recent if not screened and not is_unclear(heard)]


def is_unclear(heard: Heard | Utterance) -> bool:
    """Nothing was understood: no words, or hardly any confidence in them."""
    return heard.confidence < CONFIDENT or not any(char.isalnum() for char in heard.text)
