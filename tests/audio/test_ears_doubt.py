"""What is believed and what is not, and when a call changes its language."""

from __future__ import annotations

import numpy as np
import pytest

from audio.ears.doubt import confidence, doubt, is_speech, loops, speech_seconds
from audio.ears.engine import Draft
from audio.ears.tongue import spoken
from calls.words import Language


def _draft(text: str, logprob: float = -0.2, no_speech: float = 0.05) -> Draft:
    return Draft(text, logprob, no_speech, len(text.split()))


@pytest.mark.parametrize(
    "draft",
    [
        _draft("Thank you.", -0.9, 0.58),
        _draft("¡Gracias!", -0.7, 0.4),
        _draft("Thanks for watching!", -0.2, 0.02),
        _draft("Subtítulos por la comunidad de Amara.org", -0.1, 0.0),
        _draft("¡Suscríbete al canal!", -0.3, 0.1),
        _draft("you", -1.4, 0.87),
        _draft("...", -0.2, 0.05),
        _draft("♪ ♪", -0.2, 0.05),
        _draft("", 0.0, 0.0),
        _draft("No, no, no, no, no, no, no, no, no, no,", -0.35, 0.62),
        _draft("AHHHHHHHHHHHHHHHHHHH", -0.4, 0.5),
        _draft("B-B-B-B-B-B-B-", -0.45, 0.4),
        _draft("I'm going to put the sauce on the side.", -1.6, 0.66),
        _draft("¿Qué es la verdad?", -1.6, 0.63),
    ],
)
def test_inventions_are_not_speech(draft: Draft) -> None:
    assert not is_speech(draft, 2.0)


@pytest.mark.parametrize(
    "draft",
    [
        _draft("Thank you."),
        _draft("Gracias.", -0.4, 0.2),
        _draft("Sí.", -0.5, 0.1),
        _draft("No.", -0.47, 0.06),
        _draft("33", -0.5, 0.38),
        _draft("150", -0.28, 0.47),
        _draft("Please give me the upper.", -0.78, 0.03),
        _draft("Five, five, five, five.", -0.3, 0.1),
        _draft("Quiero suscribir un seguro.", -0.3, 0.1),
    ],
)
def test_what_was_clearly_said_is_speech(draft: Draft) -> None:
    assert is_speech(draft, 2.0)


def test_a_lone_short_word_is_believed_longer() -> None:
    seven = _draft("heaven.", -1.38, 0.3)
    assert is_speech(seven, 0.4) and not is_speech(seven, 2.0)
    assert confidence(seven) < 0.2
    assert not is_speech(_draft("Okay.", -1.3, 0.89), 0.2)


def test_a_text_that_repeats_itself_is_noticed() -> None:
    assert loops(_draft("que la franca, que la franca, que la franca, que la franca, que la franca, que la franca"))
    assert not loops(_draft("Seis, cero, cero, uno, uno, uno, dos, dos, dos."))
    assert not loops(_draft("Mi número es el 600111112222."))


def test_confidence_falls_with_every_doubt() -> None:
    said = "could you put me through to Ms. Vidal please"
    clear, unsure, lost = _draft(said, -0.05, 0.0), _draft(said, -0.35, 0.1), _draft(said, -1.2, 0.6)
    assert 1 > confidence(clear) > 0.85 > confidence(unsure) > 0.3 > 0.1 > confidence(lost) > 0
    assert doubt(clear) < doubt(unsure) < doubt(lost)


def test_loud_time_is_measured_against_the_pauses() -> None:
    time = np.arange(32_000) / 16_000
    tone = (0.1 * np.sin(2 * np.pi * 220 * time) * (time < 0.5)).astype(np.float32)
    assert speech_seconds(tone) == pytest.approx(0.5, abs=0.05)
    assert speech_seconds(np.zeros(16_000, np.float32)) == 0
    assert speech_seconds(np.zeros(0, np.float32)) == 0


@pytest.mark.parametrize(
    ("es", "current", "seconds", "heard"),
    [
        (0.99, "es", 2.0, "es"),
        (0.01, "es", 2.0, "en"),
        (0.99, "en", 2.0, "es"),
        (0.62, "en", 2.0, "es"),
        (0.62, "en", 1.0, "en"),
        (0.08, "es", 2.0, "es"),
        (0.01, "es", 0.4, "es"),
        (0.99, "en", 0.4, "en"),
    ],
)
def test_a_language_changes_on_evidence_only(es: float, current: Language, seconds: float, heard: Language) -> None:
    assert spoken({"es": es, "en": 1 - es}, current, seconds) == heard


def test_an_office_without_the_calls_language_takes_the_likeliest() -> None:
    assert spoken({"es": 1.0}, "en", 0.3) == "es"
