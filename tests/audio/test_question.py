"""An interview by voice: one question, one answer."""

from __future__ import annotations

import pytest

from audio.question import answer_to
from tests.audio.tones import Language_of_tones, Telephone, sound

pytestmark = pytest.mark.virtual_time
QUESTION = "¿Cómo se llama usted?"


async def test_what_is_answered_after_the_question_is_heard_to_its_end() -> None:
    phone = Telephone(Language_of_tones(), [(2.5, "Irene", 0.6), (4, "Salas Mora", 1.0)], until=60)
    assert await answer_to(QUESTION, "es", phone, sound(phone.tones)) == "Irene Salas Mora"
    assert 0 <= phone.first_voice_after(0) < 0.2 and phone.silent_between(1.4, 60)


async def test_what_the_microphone_catches_of_the_question_is_no_answer() -> None:
    phone = Telephone(Language_of_tones(), [(0.2, QUESTION, 0.9)], until=60)
    assert await answer_to(QUESTION, "es", phone, sound(phone.tones)) == ""
