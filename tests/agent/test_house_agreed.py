"""After a person had the call: what they agreed with the caller is told in their own words."""

from __future__ import annotations

import pytest

from calls.words import Language, Line
from tests.agent.test_house_calls import HouseCall


def with_a_person(call: HouseCall, *said: str) -> HouseCall:
    """A person had the call and said this."""
    call.lines += [Line("staff", text, call.language) for text in said]
    return call


ASKED: list[tuple[Language, tuple[str, ...], str, str]] = [
    (
        "es",
        ("Soy Marta.", "Quedamos el jueves a las diez.", "Un abrazo."),
        "¿En qué hemos quedado?",
        "jueves a las diez",
    ),
    ("es", ("Hola, buenas.", "Se lo mando esta tarde."), "Perdone, ¿qué me ha dicho la señora?", "esta tarde"),
    ("en", ("Marta here.", "We'll see you on Thursday at ten."), "Sorry, what did we agree?", "Thursday at ten"),
]


@pytest.mark.parametrize(("language", "said", "asked", "told"), ASKED)
def test_what_a_person_agreed_is_told_again(language: Language, said: tuple[str, ...], asked: str, told: str) -> None:
    call = with_a_person(HouseCall(language=language), *said)
    assert told in call.says(asked)


def test_only_the_last_time_that_a_person_had_the_call_counts() -> None:
    call = with_a_person(HouseCall(), "Quedamos el martes.")
    call.staff_says("Soy Clara otra vez.")
    with_a_person(call, "Al final quedamos el jueves.")
    call.staff_says("Soy Clara otra vez.")
    reply = call.says("¿En qué hemos quedado?")
    assert "jueves" in reply and "martes" not in reply


def test_without_a_person_nothing_was_agreed() -> None:
    assert "hablado" not in HouseCall().says("¿En qué hemos quedado?")
