"""Streamed tokens become sentences: whole, early, and never cut inside a name, a number or an address."""

import pytest

from agent.sentences import Sentences
from calls.words import Sentence


def cut(text: str, piece: int = 3) -> list[str]:
    splitter = Sentences("es")
    found: list[Sentence] = []
    for start in range(0, len(text), piece):
        found += splitter.feed(text[start : start + piece])
    return [sentence.text for sentence in found + splitter.rest()]


@pytest.mark.parametrize("piece", [1, 4, 1000])
@pytest.mark.parametrize(
    "sentences",
    [
        ["La Sra. Vidal no puede ponerse.", "¿Le dejo un recado?"],
        ["Le paso con el Dr. J. Prieto de Prieto S.L. ahora mismo.", "Un momento."],
        ["Ms. Vidal is in a meeting.", "May I take a message?"],
        ["Son 3.5 millones, aprox. la mitad.", "¿Algo más?"],
        ["Escriba a press@vidal.example.", "O entre en www.vidal.example."],
        ["Un momento... ahora se lo digo.", "Gracias."],
        ["Pues...", "Está reunida."],
        ["We open at 9 a.m. on Mondays.", "We close at 5 p.m.", "Goodbye!"],
        ["No.", "I'm afraid not."],
        ["It is room No. 5 on floor 2.", "Thank you."],
        ["Vive en EE. UU. desde 2020.", "No lo sé."],
        ["¡Hola!", "¿Qué tal?", "Dígame…"],
        ['Me dijo "ya voy."', "Y vino."],
        ["¿Puede Ud. repetirlo?", "No le he oído bien, etc.", "Perdone."],
    ],
)
def test_sentences_come_out_whole(sentences: list[str], piece: int) -> None:
    assert cut(" ".join(sentences), piece) == sentences


def test_a_sentence_is_out_as_soon_as_the_next_begins() -> None:
    splitter = Sentences("es")
    assert splitter.feed("Está reunida.") == []
    assert splitter.feed(" ¿") == [Sentence("Está reunida.", "es")]


def test_a_mark_sets_the_language_to_the_end_of_its_line() -> None:
    splitter = Sentences("es")
    text = "Lo tengo en inglés: [[en]] Write to press@vidal.example. We answer within a day.\n¿Algo más? [[en]]Bye."
    assert splitter.feed(text) + splitter.rest() == [
        Sentence("Lo tengo en inglés:", "es"),
        Sentence("Write to press@vidal.example.", "en"),
        Sentence("We answer within a day.", "en"),
        Sentence("¿Algo más?", "es"),
        Sentence("Bye.", "en"),
    ]


def test_a_mark_cut_in_two_by_the_stream_still_counts() -> None:
    splitter = Sentences("es")
    found = [sentence for piece in ("Sí. [", "[e", "n]] Yes", ".\nAdiós.") for sentence in splitter.feed(piece)]
    assert found + splitter.rest() == [Sentence("Sí.", "es"), Sentence("Yes.", "en"), Sentence("Adiós.", "es")]


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_thinking_aloud_is_not_spoken(piece: int) -> None:
    assert cut("<think>They want Elena. She is out.\nHm.</think>\n\nEstá reunida. Dígame.", piece) == [
        "Está reunida.",
        "Dígame.",
    ]
    assert cut("Sí. <think>Well. Let me see.", piece) == ["Sí."]


def test_markup_is_not_spoken() -> None:
    assert cut("**Claro** 😀.\n- Escriba a juan_perez@vidal.example\n- O _llame_\n\n---\n") == [
        "Claro.",
        "Escriba a juan_perez@vidal.example",
        "O llame",
    ]
