"""The vocabulary: circles, wordings, and events that survive the trip to JSON and back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.words import (
    Action,
    Audience,
    Body,
    Booking,
    Caller,
    Circle,
    Corrected,
    Event,
    Failed,
    Follow,
    Greeted,
    Guidance,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Keys,
    Match,
    Message,
    Ordered,
    Partial,
    Played,
    Preference,
    Promise,
    Proved,
    Reason,
    Recall,
    Recalled,
    Recording,
    Said,
    Scene,
    ScreenedText,
    Staff,
    Topic,
    Utterance,
    Verdict,
    as_json,
    from_json,
    spell_time,
)
from tests.doubles import MONDAY, POLICY

BODIES: list[Body] = [
    Greeted("Hola, soy Clara.", "es", "abc123"),
    Heard("Buenos días, ¿está Elena?", "es", 0.87, 1.5, 3.25),
    Partial("Buenos", "es"),
    ScreenedText("in", Verdict.GREY, Topic.POLITICS),
    ScreenedText("out", Verdict.PASS, None, "leak"),
    Recalled(({"id": "press", "version": 3, "score": 0.91},), unsure=False),
    Said("s1", "Un momento.", "es", heard_text="Un mo", cut_short=True),
    Played("s1", "Un mo", cut_short=True),
    Keys("1"),
    Proved(Circle.INNER),
    Ordered(({"id": "absence", "version": 1},)),
    Recording("agreed", 9.5),
    Guidance("Dígale que sí.", by="Marta"),
    Staff("take_over", by="Marta"),
    Corrected(2, "Vegoña", "Begoña", "Marta"),
    Failed("mind", "no answer within 8 s", "desk"),
    Message("que le llame", "Luis", "Prieto", "+34600111222", "high", "m1", "c1", MONDAY),
    Promise("assistant", "devolver la llamada", MONDAY, "le llamamos", "p1", "c1", "kept", MONDAY + timedelta(hours=1)),
    Booking(MONDAY, MONDAY + timedelta(minutes=30), "Luis", "b1", "c1"),
    HandOff(Reason.DISTRESS, "executive", HandOffState.RINGING, "h1", "Luis está disgustado."),
    Follow("press", Action.REDIRECT),
    HangUp("caller"),
]


def test_every_kind_of_body_is_tried_here() -> None:
    assert {type(body) for body in BODIES} == set(Body.__args__)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_a_body_survives_json(body: Body) -> None:
    kept = json.loads(json.dumps(as_json(body)))
    assert from_json(kept.pop("kind"), kept) == body


@given(
    text=st.text(),
    confidence=st.floats(0, 1),
    at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),
    number=st.none() | st.text(),
)
def test_anything_survives_json(text: str, confidence: float, at: datetime, number: str | None) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    for body in (
        Heard(text, "en", confidence, 0.0, 1.0),
        Message(text, number=number, taken_at=at),
        Promise("executive", text, at),
    ):
        kept = json.loads(json.dumps(as_json(body)))
        assert from_json(kept.pop("kind"), kept) == body


def test_what_a_later_version_added_is_ignored() -> None:
    assert from_json("keys", {"digits": "1", "tone_ms": 80}) == Keys("1")


def test_a_flat_event() -> None:
    event = Event(7, MONDAY, Booking(MONDAY, MONDAY + timedelta(hours=1), "Luis", "b1", "c1"))
    assert event.as_json() == {
        "seq": 7,
        "at": "2026-11-23T09:00:00.000+00:00",
        "kind": "booking",
        "start": "2026-11-23T09:00:00.000+00:00",
        "end": "2026-11-23T10:00:00.000+00:00",
        "with": "Luis",
        "id": "b1",
        "call_id": "c1",
    }
    assert spell_time(MONDAY) == "2026-11-23T09:00:00.000+00:00"


def test_who_may_hear_what() -> None:
    heard_by = {circle: [a.value for a in Audience if circle.may_hear(a)] for circle in Circle}
    assert heard_by == {
        Circle.BLOCKED: [],
        Circle.ANYONE: ["anyone"],
        Circle.KNOWN: ["anyone", "known"],
        Circle.TRUSTED: ["anyone", "known", "trusted"],
        Circle.INNER: ["anyone", "known", "trusted", "inner"],
    }


def test_the_lower_circle_counts() -> None:
    assert Circle.INNER.capped(at=Circle.TRUSTED) is Circle.TRUSTED
    assert Circle.BLOCKED.capped(at=Circle.TRUSTED) is Circle.BLOCKED


def test_wording_is_ours_if_any_is() -> None:
    both = Preference("a", {"es": "texto", "en": "text"}, say={"en": "saying"})
    assert both.wording("es") == ("texto", "es")
    assert both.wording("en") == ("saying", "en")
    assert Preference("b", {"en": "text"}).wording("es") == ("text", "en")


def test_nothing_above_the_circle_reaches_the_mind() -> None:
    secret = Preference("secret", {"es": "vende la empresa"}, audience=Audience.TRUSTED)
    with pytest.raises(ValueError, match="secret is above"):
        Scene(
            "c1",
            Caller(circle=Circle.KNOWN),
            "es",
            POLICY,
            Utterance("¿algo nuevo?", "es"),
            (),
            Recall((Match(secret, 0.9),), unsure=False),
            MONDAY,
            True,
            None,
        )
