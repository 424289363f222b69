"""Free words become preferences by a model; whatever it answers, only what can be checked comes through."""

from __future__ import annotations

from datetime import date

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from agent.wishes import Wishes

TODAY = date(2026, 11, 23)


async def read(answer: str) -> list[dict[str, object]]:
    return await Wishes(FakeListChatModel(responses=[answer])).read("lo que sea", "es", "la señora Vidal", TODAY)


async def test_a_rule_comes_through_with_its_day() -> None:
    answer = """Claro:
    [{"text": "Las facturas van por correo.", "when": "preguntan por facturas", "do": "redirect", "audience": "anyone",
      "topic": "facturas", "until": "2026-12-31"}]"""
    assert await read(answer) == [
        {
            "text": {"es": "Las facturas van por correo."}, "when": "preguntan por facturas", "do": "redirect",
            "audience": "anyone", "topic": "facturas", "valid": {"until": "2026-12-31"},
        }
    ]  # fmt: skip


async def test_half_a_rule_is_something_to_tell() -> None:
    assert await read('[{"text": "Abrimos tarde.", "when": null, "do": "answer", "until": null}]') == [
        {"text": {"es": "Abrimos tarde."}}
    ]


@pytest.mark.parametrize("answer", ["", "No sé.", "[", "[1, null]", '[{"text": 3}]', '{"text": "a"}', "[[]]"])
async def test_nonsense_gives_nothing(answer: str) -> None:
    assert await read(answer) == []
