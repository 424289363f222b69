"""Does a greeting say that an AI is speaking?"""

import pytest

from calls.disclosure import discloses, disclosure_version
from calls.words import Language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Soy Clara, la asistente de inteligencia artificial de la señora Vidal.", "es"),
        ("Le atiende Clara, una IA.", "es"),
        ("Soy su asistente virtual.", "es"),
        ("Le atiende una asistente con I.A.: soy I.A.", "es"),
        ("This is Clara, Ms. Vidal's AI assistant.", "en"),
        ("You're speaking with an artificial intelligence.", "en"),
        ("This is an automated assistant.", "en"),
    ],
)
def test_says_so(text: str, language: Language) -> None:
    assert discloses(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Despacho de la señora Vidal, le atiende Clara.", "es"),
        ("La asistente de la señora Vidal, dígame.", "es"),
        ("Clara, Ms. Vidal's assistant. I said hello.", "en"),
        ("He waits in the hall.", "en"),
        ("", "en"),
    ],
)
def test_does_not(text: str, language: Language) -> None:
    assert not discloses(text, language)


def test_another_wording_is_another_version() -> None:
    assert disclosure_version("Soy una IA.") == disclosure_version("Soy una IA.")
    assert disclosure_version("Soy una IA.") != disclosure_version("Soy una IA!")
