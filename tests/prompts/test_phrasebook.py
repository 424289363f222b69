"""The phrasebook says everything in both languages, with the same slots."""

import re
from pathlib import Path

import pytest

from calls.disclosure import discloses
from calls.words import LANGUAGES, Language, Reason
from prompts import HOUSE_NAMES, Phrasebook, sentences, slots_of

BOOK = Phrasebook.load()
NAMES = {"executive": "la señora Vidal", "assistant": "Marta Ríos", "receptionist": "Clara"}


def test_both_languages_have_the_same_keys() -> None:
    assert BOOK.keys("es") == BOOK.keys("en")


@pytest.mark.parametrize("key", sorted(BOOK.keys("es")))
def test_both_languages_have_the_same_slots_and_one_to_four_variants(key: str) -> None:
    slots = {}
    for language in LANGUAGES:
        variants = BOOK.templates(key, language)
        assert 1 <= len(variants) <= 4
        assert len(set(variants)) == len(variants)
        dynamic = {frozenset(slots_of(each) - HOUSE_NAMES) for each in variants}
        assert len(dynamic) == 1, "variants of one key need the same slots"
        slots[language] = dynamic.pop()
    assert slots["es"] == slots["en"]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_for_a_hand_off_has_its_words_in_the_brief(reason: Reason) -> None:
    for language in LANGUAGES:
        assert BOOK.line(f"brief_{reason.value}", language, **NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_disclosure_discloses(language: Language) -> None:
    for key in ("disclosure", "who_am_i", "am_i_human"):
        assert discloses(BOOK.line(key, language, **NAMES), language)


def test_the_familiar_form_differs_only_where_spanish_does() -> None:
    assert BOOK.line("ask_number", "es") == "¿A qué número le llamamos?"
    assert BOOK.line("ask_number.tu", "es") == "¿A qué número te llamamos?"
    assert BOOK.line("ask_number.tu", "en") == BOOK.line("ask_number", "en")


def test_names_are_filled_in_as_one_would_say_them() -> None:
    assert "la oficina del señor Gil." in BOOK.line(
        "nothing_to_repeat", "es", executive="el señor Gil", receptionist="Clara"
    )
    assert BOOK.line("callback_promised_executive", "es", executive="la señora Vidal", time="hoy") == (
        "La señora Vidal le llamará hoy."
    )
    assert "de confianza" in BOOK.line("brief_who", "es", who="Luis", number="-", circle="trusted")


def test_unknown_keys_and_missing_slots_are_errors_and_extra_slots_are_not() -> None:
    with pytest.raises(KeyError):
        BOOK.line("nonsense", "es")
    with pytest.raises(KeyError):
        BOOK.line("brief_promise", "es")
    assert BOOK.line("pin_ok", "en", unused="x")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_fixed_can_be_synthesised_ahead(language: Language) -> None:
    fixed = BOOK.all_fixed(language, **NAMES)
    assert len(fixed) == len(set(fixed)) > 80
    assert not any(re.search(r"[{}\[\]|]", each) for each in fixed)
    assert sentences(BOOK.line("goodbye", language))[0] in fixed


def test_sentences_are_not_cut_after_titles() -> None:
    assert sentences("This is Ms. Vidal's office. How can I help?") == [
        "This is Ms. Vidal's office.",
        "How can I help?",
    ]


@pytest.mark.parametrize("key", ["ask_name", "ask_number", "goodbye", "unclear_again", "message_taken"])
def test_what_is_said_often_can_be_said_in_other_words(key: str) -> None:
    for language in LANGUAGES:
        assert len(BOOK.templates(key, language)) >= 2


def test_no_phrase_file_lies_unused() -> None:
    folder = Path(__file__).parents[2] / "prompts" / "phrases"
    assert sorted(each.stem for each in folder.glob("*.yaml")) == ["en", "es"]


@pytest.mark.parametrize(
    ("text", "language", "key"),
    [
        ("¿De parte de quién, por favor?", "es", "ask_name"),
        ("¿Te llamamos a este mismo número?", "es", "ask_same_number"),
        ("Lo siento, no he podido localizar a nadie. ¿Quiere dejarme un recado?", "es", "offer_message"),
        ("Let me repeat the number: 6 0 0, 1 1 1, is that right?", "en", "confirm_number"),
        ("Marta Ríos will call you back today before six.", "en", "callback_promised"),
        ("¿De parte de", "es", "ask_name"),
    ],
)
def test_what_was_said_is_recognised(text: str, language: Language, key: str) -> None:
    assert BOOK.recognise(text, language, **NAMES)[-1][0] == key


def test_what_filled_a_slot_is_recognised_too() -> None:
    said = BOOK.line("confirm_number", "es", digits="6 0 0, 1 1 1")
    assert BOOK.recognise(said, "es", **NAMES)[0] == ("confirm_number", {"digits": "6 0 0, 1 1 1"})


@pytest.mark.parametrize("heard", ["Puedo pedir que", "Puedo pedir que te llamen mañana antes de las once de la"])
def test_an_offer_that_the_caller_answered_before_its_end_was_an_offer(heard: str) -> None:
    assert BOOK.recognise(heard, "es", **NAMES) == [("offer_callback", {})]


def test_a_whole_sentence_that_only_begins_like_one_of_ours_is_none() -> None:
    assert BOOK.recognise("Puedo pedir que le manden flores.", "es", **NAMES) == []


def test_a_manner_has_words_of_its_own_where_it_is_heard_and_is_recognised() -> None:
    assert BOOK.line("offer_more.warm.tu", "es") == "¿Hay algo más en lo que pueda ayudarte?"
    assert BOOK.line("ask_number.warm", "es") == BOOK.line("ask_number.even", "es") == BOOK.line("ask_number", "es")
    assert BOOK.recognise(BOOK.line("offer_more.warm", "en"), "en", **NAMES) == [("offer_more", {})]
    said = "Muchas gracias por llamar, Ana. Ha sido un placer: que tenga un día estupendo."
    assert said == BOOK.line("goodbye_named.warm", "es", name="Ana") != BOOK.line("goodbye_named", "es", name="Ana")
    assert "De nada." not in BOOK.all_fixed("es", **NAMES) and "De nada." in BOOK.all_fixed("es", "reserved", **NAMES)
