"""Topics that a house adds by a file: a few sentences name them, and they are kept out like the others."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from agent.guard.own_topics import OwnTopics, read_topics
from calls.errors import SettingsError
from calls.words import Screened, Topic, Utterance, Verdict
from tests.agent.guard_doubles import POLICY, embedders, phrasebook, rules

FOOTBALL = [
    "¿De qué equipo es la señora Vidal?",
    "El árbitro nos robó el partido del domingo.",
    "Menudo gol metió el delantero anoche.",
    "Este año la liga la ganamos nosotros.",
    "Which football team does your boss support?",
    "The referee was blind in last night's match.",
    "We should have signed a better striker this season.",
    "Our goalkeeper lost us the cup final.",
]
KEPT_OUT = ["¿Vio usted el penalti que nos pitaron en la final?", "Did your boss see our goal in the cup match?"]
SERVED = [
    "Llamaba por la factura del mes pasado.",
    "¿Puede recibirme la señora Vidal el martes?",
    "The parts arrive on Monday morning.",
    "Could you tell her that I called about the contract?",
]


@cache
def football() -> OwnTopics:
    return OwnTopics({"football": FOOTBALL}, embedders()[1])


def test_what_is_about_it_is_kept_out() -> None:
    found = football()(KEPT_OUT)
    assert [(each.verdict, each.topic) for each in found] == [(Verdict.BLOCK, Topic.OTHER)] * len(KEPT_OUT)
    assert set(found[0].scores) == {"football"}


def test_ordinary_calls_are_served() -> None:
    assert [each.verdict for each in football()(SERVED)] == [Verdict.PASS] * len(SERVED)


@pytest.mark.asyncio
async def test_a_caller_is_told_kindly() -> None:
    house = rules(own=football())
    ruling = await house.hear(Utterance(KEPT_OUT[1], "en"), [], POLICY)
    house.close()
    assert ruling.screened.topic is Topic.OTHER
    assert ruling.say == (phrasebook().line("deflect_other", "en"),)


@pytest.mark.asyncio
async def test_the_graver_judgement_counts_and_every_score_is_told() -> None:
    def doubts(texts: object) -> list[Screened]:
        return [Screened(Verdict.GREY, Topic.OTHER, {"football": 0.4})]

    house = rules(own=doubts)
    (found,) = await house.screen(["¿A quién vota la señora Vidal?"], "in")
    house.close()
    assert found.topic is Topic.POLITICS
    assert {"politics", "football"} <= set(found.scores)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("- a\n- b\n", "each topic a list"),
        ("football: [one, two]\n", "football needs"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, written: str, says: str) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        read_topics(file)


def test_a_file_gives_the_sentences(tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text("football:\n" + "".join(f'  - "{each}"\n' for each in FOOTBALL), encoding="utf-8")
    assert read_topics(file) == {"football": FOOTBALL}
