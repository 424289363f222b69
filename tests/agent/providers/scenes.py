"""Scenes of one imaginary office, and someone who acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.words import (
    Action,
    Caller,
    Circle,
    Cover,
    Done,
    HandOff,
    HandOffState,
    Language,
    Line,
    Match,
    Outcome,
    Person,
    Preference,
    Promise,
    Recall,
    Refused,
    Scene,
    Step,
    Utterance,
    VoicePolicy,
)

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=MADRID)

POLICY = VoicePolicy(
    executive=Person("Elena Vidal", "CEO", "Vidal Robotics", spoken={"es": "la señora Vidal", "en": "Ms. Vidal"}),
    assistant=Person("Marta Ríos"),
    greeting={"es": "Hola, soy Clara, una asistente de inteligencia artificial.", "en": "Hello, I'm Clara, an AI."},
    covers=(Cover({"es": "Está reunida y ahora no puede ponerse.", "en": "She is in a meeting."}),),
)
PRESS = Preference(
    "press",
    {"es": "La prensa escribe a press@vidal.example.", "en": "Journalists write to press@vidal.example."},
    when="a journalist calls",
    do=Action.REDIRECT,
)


def scene(
    text: str = "¿Puedo hablar con la señora Vidal?",
    language: Language = "es",
    circle: Circle = Circle.KNOWN,
    preferences: tuple[Preference, ...] = (PRESS,),
    **others: Any,
) -> Scene:
    """Luis Prieto asks something, just after the greeting."""
    standing = Scene(
        call_id="call-1",
        caller=Caller("+34600111222", "Luis Prieto", circle),
        language=language,
        policy=POLICY,
        heard=Utterance(text, language),
        transcript=(Line("receptionist", POLICY.greeting[language], language),),
        recall=Recall(tuple(Match(each, 0.8) for each in preferences), unsure=not preferences),
        now=NOW,
        open_now=True,
        callback_by=NOW.replace(hour=17),
    )
    return replace(standing, **others)


class Acting:
    """Does every step, or refuses all when given a `why`; `steps` are those that were proposed."""

    def __init__(self, why: str = "", instead: datetime | None = None):
        self.why, self.instead = why, instead
        self.steps: list[Step] = []

    async def __call__(self, step: Step) -> Outcome:
        self.steps.append(step)
        if self.why:
            return Refused(self.why, self.instead)
        match step:
            case HandOff():
                return Done(replace(step, id="row-1", state=HandOffState.RINGING, brief="private"))
            case Promise():
                return Done(replace(step, id="row-1", call_id="call-1"))
            case _:
                return Done(step)


def utc(hour: int, minute: int = 0) -> datetime:
    """A time of the day of the call, in UTC."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)
