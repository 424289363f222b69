"""Every check of the guard may break: then nothing that it would have judged is said, and a human is rung."""

from __future__ import annotations

from typing import Any

import pytest

from agent.guard import house_rules
from agent.guard.grounding import Ground
from agent.guard.release import Release
from agent.guard.topics import Topics
from calls.call import Call
from calls.desk import Desk
from calls.turn import take_turn
from calls.words import Failed, HandOff, Reason, Screened, Topic, Utterance, Verdict
from tests.agent.guard_doubles import broken, garbled, phrasebook, rules
from tests.doubles import ScriptedMind, office

UNJUDGED = "Elena vive en la calle de la Encina, siete."
TAME = "Muy bien, de acuerdo."
HEARING = ["plight", "asks_for_person", "suspicion", "is_unclear"]
JUDGING: list[tuple[type[Any], str]] = [
    (Topics, "judge"),
    (Release, "leaks"),
    (Ground, "quotes"),
    (Ground, "misses"),
    (Ground, "unfounded_absence"),
]


def fails(*_: object, **__: object) -> None:
    raise ValueError("a check broke")


async def said_to(
    made: house_rules.HouseRules, proposed: str = UNJUDGED, heard: str = "¿Dónde vive Elena Vidal?"
) -> tuple[list[str], Call]:
    """What a caller who says `heard` is told when the mind proposes `proposed`, and the call."""
    desk = Desk()
    house = office(mind=ScriptedMind(otherwise=proposed), rules=made, phrases=phrasebook(), desk=desk)
    call = await Call.answered(house, "text", language="es")
    await call.greet()
    says = [say.text async for say in take_turn(call, Utterance(heard, "es"))]
    made.close()
    await call.close("caller")
    desk.forget(call)
    return says, call


def at_the_human(says: list[str], call: Call) -> None:
    assert UNJUDGED not in says and says, says
    assert any(isinstance(body, Failed) and body.engine == "rules" for body in call.bodies)
    assert any(isinstance(step, HandOff) and step.reason is Reason.FAILURE for step in call.deeds)


@pytest.mark.asyncio
@pytest.mark.parametrize("check", [*HEARING, "undone"])
async def test_a_check_of_words_breaks(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_rules, check, fails)
    says, call = await said_to(rules(), TAME)
    assert TAME not in says
    at_the_human(says, call)


@pytest.mark.asyncio
@pytest.mark.parametrize(("owner", "check"), JUDGING, ids=lambda each: getattr(each, "__name__", each))
async def test_a_check_of_meaning_breaks(owner: type[Any], check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, check, fails)
    proposed = UNJUDGED if check in ("judge", "leaks", "quotes") else TAME
    says, call = await said_to(rules(), proposed)
    assert proposed not in says
    at_the_human(says, call)


@pytest.mark.asyncio
@pytest.mark.parametrize("embed", [broken, garbled])
@pytest.mark.parametrize("which", ["embed_fast", "embed_e5"])
async def test_an_embedder_breaks(which: str, embed: Any) -> None:
    at_the_human(*await said_to(rules(**{which: embed}), heard="¿Y usted a quién vota?"))


@pytest.mark.asyncio
@pytest.mark.parametrize("given", ["private_facts", "names", "own"])
async def test_what_a_check_is_given_breaks(given: str) -> None:
    at_the_human(*await said_to(rules(**{given: fails})))


@pytest.mark.asyncio
async def test_the_judge_of_doubts_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_rules.HouseRules, "_judged", lambda *_: Screened(Verdict.GREY, Topic.POLITICS))
    at_the_human(*await said_to(rules(ask=fails)))
