"""How long a pause must last before it is answered."""

import pytest

from audio.patience import DOUBT_S, GREETING_S, HOLD_S, LIKELY_S, NUMBER_S, SURE_S, UNFINISHED_S, patience


@pytest.mark.parametrize(
    ("text", "language", "finished", "seconds"),
    [
        ("I need to speak to Ms. Vidal.", "en", 0.9, SURE_S),
        ("¿Podría decirme a qué hora abren?", "es", 0.9, SURE_S),
        ("Llamo de parte de Inversiones Prieto.", "es", 0.95, SURE_S),
        ("Sí, gracias.", "es", 0.8, SURE_S),
        ("Yes.", "en", 0.7, SURE_S),
        ("Luis Prieto.", "es", 0.9, LIKELY_S),
        ("Operator.", "en", 0.97, DOUBT_S),
        ("I was wondering if you are free tomorrow.", "en", 0.3, LIKELY_S),
        ("I was wondering if you are free tomorrow.", "en", 0.05, DOUBT_S),
        ("Hi Tony, um", "en", 0.9, UNFINISHED_S),
        ("I'd like to speak to", "en", 0.99, UNFINISHED_S),
        ("Can you connect me to?", "en", 0.99, UNFINISHED_S),
        ("Do you know where she is?", "en", 0.9, SURE_S),
        ("quería hablar con la", "es", 0.99, UNFINISHED_S),
        ("El número de la factura es", "es", 0.9, UNFINISHED_S),
        ("Le llamaba porque...", "es", 0.9, UNFINISHED_S),
        ("Hello, Clara.", "en", 0.95, GREETING_S),
        ("Buenos días.", "es", 0.95, GREETING_S),
        ("Hello, Clara, how are you?", "en", 0.95, GREETING_S),
        ("Hola, buenos días, ¿qué tal?", "es", 0.95, GREETING_S),
        ("How is the project going?", "en", 0.95, SURE_S),
        ("Hold on a second.", "en", 0.95, HOLD_S),
        ("Hold on a second while I get my diary.", "en", 0.95, HOLD_S),
        ("Déjeme ver si lo encuentro.", "es", 0.95, HOLD_S),
        ("Espere un momento mientras busco el papel.", "es", 0.95, HOLD_S),
        ("Espere un momento, por favor.", "es", 0.95, HOLD_S),
        ("seis cero cero", "es", 0.95, NUMBER_S),
        ("600 11", "es", 0.95, NUMBER_S),
        ("600 111 222", "es", 0.95, SURE_S),
        ("six zero zero, one one one, two two two", "en", 0.95, SURE_S),
    ],
)
def test_the_words_and_their_sound_decide(text, language, finished, seconds):
    assert patience(text, language, finished) == seconds


def test_a_caller_who_pauses_a_lot_is_given_more_time():
    assert patience("Llamo por la factura de marzo.", "es", 0.7, pace_s=0.9) == pytest.approx(0.72)


def test_words_that_the_ears_are_unsure_of_are_no_end():
    assert patience("Please give me the opportunity.", "en", 0.98, confidence=0.2) == DOUBT_S
    assert patience("Please give me the operator.", "en", 0.98, confidence=0.9) == SURE_S
