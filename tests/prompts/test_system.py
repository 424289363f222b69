"""The system prompts of external models."""

import pytest

from calls.words import LANGUAGES, Language
from prompts import system_prompt, system_slots


def test_both_languages_need_the_same() -> None:
    assert system_slots("es") == system_slots("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_with_braces_stays_as_it_is(language: Language) -> None:
    values = dict.fromkeys(system_slots(language), '{"id": 1}')
    assert '{"id": 1}' in system_prompt(language, **values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_slot_is_an_error(language: Language) -> None:
    with pytest.raises(KeyError):
        system_prompt(language, executive="Elena Vidal")
