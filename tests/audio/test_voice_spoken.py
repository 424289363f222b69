"""Texts as they are said on the phone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.voice.clauses import LEAST, ROOM, clauses
from audio.voice.spoken import in_groups, spoken
from calls.words import LANGUAGES, Language

SPANISH = {
    "Llámeme al +34 600 111 222, por favor.": (
        "Llámeme al más treinta y cuatro, seis cero cero, uno uno uno, dos dos dos, por favor."
    ),
    "Es el 600111222.": "Es el seis cero cero, uno uno uno, dos dos dos.",
    "al 910 00 00 01": "al nueve uno cero, cero cero cero, cero cero uno",
    "Escriba a press@vidal.example; gracias.": "Escriba a press, arroba, vidal, punto, example; gracias.",
    "luis_prieto-7@vidal.example": "luis, guion bajo, prieto, guion, 7, arroba, vidal, punto, example",
    "www.vidal.example/prensa.": "tres uves dobles, punto, vidal, punto, example, barra, prensa.",
    "Abrimos de 09:00-18:30.": "Abrimos de nueve de la mañana a seis y media de la tarde.",
    "Abre de 9h a 14h": "Abre de nueve de la mañana a dos de la tarde",
    "a las 16:30": "a las cuatro y media de la tarde",
    "16:30": "las cuatro y media de la tarde",
    "a las 13:00": "a la una de la tarde",
    "a las 12:45": "a la una menos cuarto de la tarde",
    "a las 9:30 de la mañana": "a las nueve y media de la mañana",
    "a las 4:30": "a las cuatro y media",
    "a las 00:10": "a las doce y diez de la noche",
    "El 2026-12-24 a las 9:45 h.": (
        "El veinticuatro de diciembre de dos mil veintiséis a las diez menos cuarto de la mañana."
    ),
    "el 24/12": "el veinticuatro de diciembre",
    "el 31/02": "el 31/02",
    "24/7": "24/7",
    "1.250,50 €": "mil doscientos cincuenta euros con cincuenta céntimos",
    "21 € y 1 €": "veintiún euros y un euro",
    "2.000.000 €": "dos millones de euros",
    "un 3,5 %": "un tres coma cinco por ciento",
    "de 3-5 días": "de 3 a 5 días",
    "la Sra. Vidal y el Sr. Prieto": "la señora Vidal y el señor Prieto",
    "D. Luis, en C/ Mayor, 3.º": "don Luis, en calle Mayor, tercero",
    "IA": "i a",
    "Vidal, S.L., etc.": "Vidal, ese ele, etcétera.",
    "**Hola** 😀 mundo — bien": "Hola mundo, bien",
    "En 2026 somos 300.": "En 2026 somos 300.",
}
ENGLISH = {
    "Call +34600111222.": "Call plus three four, six zero zero, one one one, two two two.",
    "on 020 7946 0018": "on zero two zero, seven nine four, six zero zero, one eight",
    "(212) 555-0123": "two one two, five five five, zero one two three",
    "press@vidal.example.": "press, at, vidal, dot, example.",
    "Open 09:00-18:30.": "Open from nine in the morning to six thirty in the evening.",
    "at 4:30 pm": "at four thirty in the afternoon",
    "at 16:30.": "at four thirty in the afternoon.",
    "at 9:05 p.m.": "at nine oh five at night.",
    "at 12:00": "at noon",
    "at 9 a.m. on the 3rd": "at 9 in the morning on the 3rd",
    "2026-12-24": "December twenty-fourth, twenty twenty-six",
    "24/12": "December twenty-fourth",
    "$1,250.50": "one thousand two hundred and fifty dollars and fifty cents",
    "£1": "one pound",
    "25%": "twenty-five percent",
    "Ms. Vidal met Dr. Ruiz": "Miz Vidal met Doctor Ruiz",
    "https://vidal.example/jobs": "vidal, dot, example, slash, jobs",
    "AI, CEO & HR": "AI, CEO and HR",
}
TABLE = [("es", *pair) for pair in SPANISH.items()] + [("en", *pair) for pair in ENGLISH.items()]


@pytest.mark.parametrize(("language", "text", "said"), TABLE, ids=[row[1] for row in TABLE])
def test_it_is_said_as_people_say_it(language: Language, text: str, said: str) -> None:
    assert spoken(text, language) == said


@pytest.mark.parametrize(("language", "text", "said"), TABLE, ids=[row[1] for row in TABLE])
def test_a_spoken_form_is_its_own_spoken_form(language: Language, text: str, said: str) -> None:
    assert spoken(said, language) == said


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_no_text_is_too_odd(text: str, language: Language) -> None:
    clauses(spoken(text, language))


WORDS = st.lists(st.text("abcdefghijklmnñopqrstuvwxyzáéíóú", min_size=1, max_size=12), min_size=1, max_size=40)
SIGNS = st.sampled_from([" ", ", ", ". ", "; ", "? ", " — ", "… ", "! ¿", " (", ") ", ' "', "\n", " 😀 ", " * ", ": "])


@given(WORDS, st.data(), st.sampled_from(LANGUAGES))
def test_no_word_is_lost(words: list[str], data: st.DataObject, language: Language) -> None:
    text = "".join(word + data.draw(SIGNS) for word in words)
    assert re.findall(r"\w+", " ".join(clauses(spoken(text, language)))) == words


@given(st.lists(st.from_regex(r"[1-9][0-9]{6,11}", fullmatch=True), min_size=1, max_size=4))
def test_no_digit_of_a_number_is_lost(numbers: list[str]) -> None:
    said = spoken(" ; ".join(numbers), "es").replace(",", "").replace(";", "").split()
    digits = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
    assert "".join(str(digits.index(word)) for word in said if word in digits) == "".join(numbers)


@pytest.mark.parametrize(("digits", "groups"), [("600111222", 3), ("1234567", 2), ("12345678", 3), ("1", 1), ("", 0)])
def test_digits_go_in_groups_of_three_and_none_is_left_alone(digits: str, groups: int) -> None:
    made = in_groups(digits)
    assert "".join(made) == digits and len(made) == groups
    assert len(digits) == 1 or all(2 <= len(group) <= 4 for group in made)


def test_the_first_clause_is_short() -> None:
    text = (
        "Lo siento, la señora Vidal está reunida y ahora no puede ponerse, pero si quiere puedo tomarle un recado "
        "y se lo haré llegar en cuanto termine. ¿Le parece bien?"
    )
    made = clauses(text)
    assert made[0] == "Lo siento," and made[-1] == "¿Le parece bien?"
    assert " ".join(made) == text


def test_a_sentence_is_cut_the_same_way_wherever_it_stands() -> None:
    sentence = "Lo siento, ahora mismo no pueden atenderle."
    assert clauses(f"Claro. {sentence}")[1:] == clauses(sentence)


@given(st.text("ab ,.", max_size=2000))
def test_no_clause_is_too_long(text: str) -> None:
    assert all(len(piece) <= ROOM[-1] * 1.6 + LEAST * 2 for piece in clauses(text) if len(piece) > 0)


def test_a_text_without_spaces_is_cut_too() -> None:
    made = clauses("a" * 100_000)
    assert "".join(made) == "a" * 100_000 and max(map(len, made)) <= ROOM[-1] * 1.6
