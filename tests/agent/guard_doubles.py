"""What the tests of the guard share: the real embedders, the house's own phrasebook, and scenes of one turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from agent.guard.house_rules import HouseRules
from calls.ports import Embed
from calls.words import (
    Audience,
    Caller,
    Circle,
    Cover,
    Hours,
    Language,
    Line,
    Match,
    Person,
    Preference,
    Recall,
    Scene,
    Utterance,
    VoicePolicy,
)
from knowledge.embedding import E5, FastSentence
from prompts import Phrasebook

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=MADRID)
"""A Monday."""
POLICY = VoicePolicy(
    executive=Person("Elena Vidal", "CEO", "Vidal Robotics", spoken={"es": "la señora Vidal", "en": "Ms. Vidal"}),
    assistant=Person("Marta Ríos", "assistant", "Vidal Robotics"),
    greeting={"es": "Le atiende Clara, asistente virtual.", "en": "This is Clara, an AI assistant."},
    hours=Hours(open=dict.fromkeys(range(5), ((9 * 60, 18 * 60 + 30),))),
    covers=(
        Cover(
            {"es": "Está reunida y ahora no puede ponerse.", "en": "She's in a meeting and can't come to the phone."}
        ),
    ),
)
SECRETS = (
    Preference("deal", {"es": "Vidal Robotics negocia la compra de Lumen Gripper."}, Audience.NOBODY),
    Preference("home", {"es": "Elena vive en la calle de la Encina, 7, en Las Rozas."}, Audience.NOBODY),
    Preference("direct", {"es": "Su número directo es el +34 600 111 000."}, Audience.INNER),
    Preference("mail", {"en": "Her private address is elena.v@privado.example."}, Audience.INNER),
)
PRESS = Preference(
    "press",
    {
        "es": "La prensa escribe a prensa@vidal.example. La señora Vidal no hace declaraciones por teléfono.",
        "en": "Journalists write to press@vidal.example. Ms. Vidal gives no quotes by phone.",
    },
)


@cache
def embedders() -> tuple[Embed, Embed]:
    """The slow and the fast one."""
    return E5(), FastSentence()


@cache
def phrasebook() -> Phrasebook:
    return Phrasebook.load()


def rules(**changes: Any) -> HouseRules:
    """The rules of a small office, with the real embedders unless `changes` says otherwise."""
    e5, fast = embedders()
    given: dict[str, Any] = {
        "phrases": phrasebook(),
        "embed_e5": e5,
        "embed_fast": fast,
        "private_facts": lambda: SECRETS,
        "names": lambda: ("Jesús Santos", "Luis Prieto", "calle Iglesia", "Trinidad Logística"),
    }
    return HouseRules(**{**given, **changes})


def scene(
    heard: str = "Quería hablar con la señora Vidal.",
    language: Language = "es",
    shown: Sequence[Preference] = (),
    circle: Circle = Circle.ANYONE,
    before: Sequence[Line] = (),
    **changes: Any,
) -> Scene:
    """One turn of one call on a Monday morning."""
    made = Scene(
        call_id="call",
        caller=Caller("+34600333444", "Ana Ferrer", circle),
        language=language,
        policy=POLICY,
        heard=Utterance(heard, language),
        transcript=tuple(before),
        recall=Recall(tuple(Match(preference, 0.9) for preference in shown), unsure=not shown),
        now=NOW,
        open_now=True,
        callback_by=None,
    )
    return replace(made, **changes)


def broken(texts: Sequence[str]) -> NDArray[np.float32]:
    """An embedder that has crashed."""
    raise RuntimeError("no embedding today")


def garbled(texts: Sequence[str]) -> NDArray[np.float32]:
    """An embedder that returns no numbers."""
    return np.full((len(texts), 512), np.nan, dtype=np.float32)
