"""What callers say, and their numbers, go on record and never into the log, whatever goes wrong."""

from __future__ import annotations

import logging

import pytest

from calls.errors import EngineError
from tests.console.conftest import OpenHouse
from tests.doubles import OpenRules, ScriptedMind

WORDS = "ornitorrinco"
NUMBER = "+34699887766"


async def test_no_word_of_a_caller_is_logged(open_house: OpenHouse, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    trouble: list[float | BaseException] = [EngineError("rules", "it broke"), RuntimeError(f"cannot parse {WORDS}")]
    house = await open_house(mind=ScriptedMind([[f"Anotado: {WORDS}"]]), rules=OpenRules(trouble=trouble))
    call = await house.dial(number=NUMBER, name="Zenobia")
    for _ in range(3):
        await house.client.post(f"/api/calls/{call}/utterances", json={"text": f"Es por el {WORDS}"})
    await house.client.get("/api/calls", params={"q": WORDS, "number": NUMBER})
    await house.client.post("/api/calls", json={"number": f"{NUMBER}x", "name": WORDS, "line": WORDS})
    await house.client.get(f"/api/calls/{call}")
    ours = [each for each in caplog.records if not each.name.startswith("http")]  # the rest is this test's own client
    said = "\n".join(f"{each.getMessage()} {each.exc_text or ''}" for each in ours)
    assert "RuntimeError" in said
    for planted in (WORDS, "699887766", "Zenobia"):
        assert planted not in said
