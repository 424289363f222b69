"""A call on a terminal: who says what, and what is decided."""

from datetime import timedelta

import pytest

from calls.words import (
    Action,
    Body,
    Booking,
    Event,
    Failed,
    Follow,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Keys,
    Message,
    Played,
    Promise,
    Reason,
    Recalled,
    Said,
    ScreenedText,
    Topic,
    Verdict,
)
from console.terminal import shown
from tests.doubles import MONDAY


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (Said("s", "Dígame.", "es"), "Clara  Dígame."),
        (Heard("Soy Luis.", "es", 0.62), "caller  Soy Luis.  (62% sure)"),
        (Heard("Soy Luis.", "es"), "caller  Soy Luis."),
        (Keys("1"), "caller  presses 1"),
        (Recalled(({"id": "press", "version": 1, "score": 0.9},), False), "recalls press 0.90"),
        (Recalled((), True), "recalls nothing, unsure"),
        (ScreenedText("in", Verdict.BLOCK, Topic.SEX), "guard, in: block sex"),
        (Message("que llame", "Luis", None, "+34600111222"), "message: que llame (Luis, +34600111222, normal)"),
        (Promise("assistant", "llamar", MONDAY), "promise: assistant, llamar, by 2026-11-23T09:00:00.000+00:00"),
        (Booking(MONDAY, MONDAY + timedelta(hours=1), "Luis"), "booking: 2026-11-23T09:00:00.000+00:00 with Luis"),
        (HandOff(Reason.RULE, state=HandOffState.RINGING), "hand-off to assistant (rule): ringing"),
        (Follow("press", Action.REDIRECT), "follows press: redirect"),
        (Failed("mind", "late", "desk"), "failed: mind, late; stand-in: desk"),
        (HangUp("caller"), "hung up by caller"),
    ],
)
def test_a_line_for_a_reader(body: Body, line: str) -> None:
    text = shown(Event(1, MONDAY, body), "Clara")
    assert text is not None and text.plain.strip() == line


def test_what_says_nothing_is_left_out() -> None:
    assert shown(Event(1, MONDAY, Played("s", "Dígame.", False)), "Clara") is None
