"""The bridge between how callers ask and what answers speak of."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.embedding import E5, FastSentence
from knowledge.lexical import Lexicon, terms
from knowledge.meaning import Meaning
from knowledge.measured import FILE, key
from knowledge.topics import Topics
from knowledge.wording import bare_question, guess_language, stem
from tests.knowledge.quick import WordEncoder

DEFAULT = Meaning(((E5(), 1.0), (FastSentence(), 0.5)))


def test_the_kept_vectors_are_those_of_the_sentences_as_they_are_now() -> None:
    with np.load(FILE) as kept:
        assert str(kept["key"]) == key(DEFAULT.name), "make them anew: python -m evals.knowledge --measure"


@pytest.mark.slow
def test_the_kept_vectors_are_what_the_encoders_say() -> None:
    topics = Topics(DEFAULT)
    measured = DEFAULT.on_file(topics.about[:4])
    assert np.allclose(topics.about_rows()[:4], measured, atol=0.002)


def test_a_question_in_one_language_finds_the_topic_of_an_answer_in_the_other() -> None:
    topics = Topics(Meaning([(WordEncoder(), 1.0)]))
    asked = topics.asked("¿hay sitio para dejar el coche?", None)
    words = Lexicon([["Visitor parking is at the north entrance."], ["Recipes are on the website."]])
    parking, recipes = topics.subjects(np.full((2, topics.count), 0.3, dtype=np.float32), words).scores(asked)
    assert parking > recipes


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("Eh, hola, buenos días, o sea, ¿dónde está la oficina?", "¿dónde está la oficina?"),
        ("um, hi, so, you know, where's the office?", "where's the office?"),
        ("Hi, it's Henry Osei. What time do you close?", "What time do you close?"),
        ("Hola, soy Marta Gil de Nexo, ¿abren los sábados?", "¿abren los sábados?"),
        ("Peter Smith here, where are you?", "where are you?"),
        ("I'm calling about the invoice, can you help?", "I'm calling about the invoice, can you help?"),
        ("Soy Marta.", "Soy Marta."),
        ("eh", "eh"),
        ("", ""),
    ],
)
def test_hesitations_and_courtesies_are_left_out(said: str, bare: str) -> None:
    assert bare_question(said) == bare


@pytest.mark.parametrize(
    ("text", "language"),
    [("Pagamos a treinta días.", "es"), ("We pay at thirty days.", "en"), ("OK", "es"), ("¿Parking?", "es")],
)
def test_a_texts_language_is_told_by_its_words(text: str, language: str) -> None:
    assert guess_language(text, "es") == language


def test_words_meet_by_stem_and_by_concept() -> None:
    assert stem("reuniones") == stem("reunion")
    factura, invoice = terms("una factura")[0], terms("an invoice")[0]
    assert set(factura) & set(invoice) == {"=invoice"}


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    lexicon = Lexicon([["El hotel de Bilbao."], *[["El despacho de Bilbao."]] * 5])
    hotel, office, *_ = lexicon.scores("el hotel de Bilbao")
    assert hotel > office > 0
    assert len(Lexicon([]).scores("hotel")) == 0
