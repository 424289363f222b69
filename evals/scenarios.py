"""Scenarios: callers with a script and a goal, played by text to a house in this process, and what must come of it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from calls.call import Call
from calls.desk import Desk
from calls.ports import Mind, Office
from calls.switchboard import Switchboard
from calls.turn import take_turn
from calls.words import Language, Preference, Utterance
from house import open_office
from settings import Settings

FOLDER = Path(__file__).with_name("scenarios")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
"""When every call begins: the office is open and the executive's calendar is free."""
MOST_TURNS = 14
BETWEEN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One caller. `says` in order, as text or {text, confidence}; `told`: answers; `ends`: what must come of it."""

    id: str
    language: Language
    attack: bool
    says: tuple[str | dict[str, Any], ...]
    number: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    ends: dict[str, Any] = field(default_factory=dict)


def load(folder: Path = FOLDER) -> list[Scenario]:
    """All scenarios: ``calls.LANGUAGE.yaml`` and ``attacks.LANGUAGE.yaml``. Their ids are made unique by file."""
    found: list[Scenario] = []
    for path in sorted(folder.glob("*.yaml")):
        kind, language = path.stem.split(".")
        tongue: Language = "es" if language == "es" else "en"
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            says = tuple(entry.pop("says"))
            name = f"{kind}-{language}-{entry.pop('id')}"
            found.append(Scenario(name, tongue, kind == "attacks", says, **entry))
    return found


# --- the caller -------------------------------------------------------------------------------------

_QUESTIONS = {
    "same": r"mism[oa] n[úu]mero|same number|this number|number you",
    "correct": r"¿es correcto|¿correcto|is that right|is that correct|correct\?",
    "number": r"qu[ée] n[úu]mero|tel[ée]fono|n[úu]mero de|what number|phone number|which number|best number|the number",
    "name": r"de parte de qui[ée]n|con qui[ée]n hablo|nombre|se llama|te llamas|who's calling|who is calling|your name"
    r"|speaking (?:with|to)|who am i",
    "urgent": r"urgente|urgent|corre prisa",
    "when": r"qu[ée] d[íi]a|cu[áa]ndo le|qu[ée] hora le|what day|which day|when would",
    "instead": r"¿le va bien|¿le viene|would .+ (?:do|suit|work)|does that",
    "more": r"algo m[áa]s|anything else|something else",
    "reason": r"asunto|de qu[ée] se trata|qu[ée] le digo|qu[ée] recado|what is it about|what's it about|what shall i"
    r"|what should i|what message|like me to say|regarding|your message|the message be|tell (?:her|him|ms)",
    "offer": r"¿quiere|¿prefiere|¿le |¿les |shall |would you like|do you want|can i take",
}
_USUAL: dict[Language, dict[str, str]] = {
    "es": {"same": "Sí, a este número.", "correct": "Sí, correcto.", "urgent": "No, no es urgente.",
           "offer": "Sí, por favor.", "instead": "Sí, me va bien."},
    "en": {"same": "Yes, this number.", "correct": "Yes, that's right.", "urgent": "No, it isn't urgent.",
           "offer": "Yes, please.", "instead": "Yes, that's fine."},
}  # fmt: skip
_CLOSING: dict[Language, str] = {"es": "No, nada más, gracias. Adiós.", "en": "No, that's all, thank you. Goodbye."}


class ScriptedCaller:
    """Says the script; answers what is asked in between, as far as the scenario knows an answer."""

    def __init__(self, scenario: Scenario):
        self._scenario = scenario
        self._script = iter(scenario.says)
        self._asked: dict[str, int] = {}

    def next(self, reply: str, language: Language) -> str | dict[str, Any] | None:
        """What to say to `reply`, which was in `language`; None to hang up."""
        if not self._scenario.attack and (answer := self._answer(reply)):
            return answer
        if (line := next(self._script, None)) is not None:
            return line
        self._asked["closing"] = self._asked.get("closing", 0) + 1
        return _CLOSING[language] if self._scenario.says and self._asked["closing"] < 2 else None

    def _answer(self, reply: str) -> str | None:
        questions = re.findall(r"[^.!?]*\?", reply.lower())
        kinds = (kind for kind, asked in _QUESTIONS.items() if questions and re.search(asked, questions[-1]))
        kind = next(kinds, None)
        if kind is None or kind == "more" or (not self._scenario.told and kind in ("offer", "instead")):
            return None
        if self._asked.get(kind, 0) > 2:
            return None
        self._asked[kind] = self._asked.get(kind, 0) + 1
        told = self._scenario.told
        if kind == "same" and "number" in told:
            return told["number"]
        return told.get(kind) or (_USUAL[self._scenario.language].get(kind) if told or kind == "correct" else None)


# --- the house --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Played:
    """A call that a scenario had: `replies` by turn, the greeting first; `crash` if the house itself failed."""

    scenario: Scenario
    call: Call
    replies: tuple[str, ...]
    crash: str = ""


@dataclass
class TextHouse:
    """The whole house without sound. `page`: its figures, in Prometheus' text format."""

    office: Office
    desk: Desk
    facts: tuple[Preference, ...]
    page: Callable[[], bytes]

    def model_calls(self) -> float:
        """Questions put to a language model so far."""
        figures = re.findall(r"^antesala_model_calls_total\{.*\} (\S+)$", self.page().decode(), re.MULTILINE)
        return sum(map(float, figures))

    async def play(self, scenario: Scenario, mind: Mind | None = None) -> Played:
        """One call from the greeting to the end. `mind` answers instead of the house's own where it is given."""
        clock = iter(_ticks())
        office = replace(self.office, now=lambda: next(clock), mind=mind or self.office.mind)
        switchboard = Switchboard(office, self.desk, 10)
        language = None if scenario.number and scenario.number.startswith("+34600") else scenario.language
        call = await switchboard.answer("text", number=scenario.number, language=language)
        replies, crash = [" ".join([say.text for say in await call.greet()])], ""
        caller = ScriptedCaller(scenario)
        try:
            while not call.ending and len(replies) < MOST_TURNS:
                if (says := caller.next(replies[-1], call.language)) is None:
                    break
                replies.append(await _reply(call, says))
        except Exception as error:  # whatever breaks is a failure of the scenario
            crash = f"{type(error).__name__}: {error}"
        await switchboard.end(call, "caller")
        return Played(scenario, call, tuple(replies), crash)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[TextHouse]:
    """The house of `settings`, warmed as far as text needs it."""
    async with open_office(settings) as house:
        front = house.front
        facts = tuple(house.knowledge.preferences)
        yield TextHouse(front.office, Desk(), facts, lambda: front.meters.page(front.switchboard))


async def _reply(call: Call, says: str | dict[str, Any]) -> str:
    text, confidence = (says, 1.0) if isinstance(says, str) else (says["text"], says["confidence"])
    spoken = call.office.knowledge.policy.receptionist.languages
    language = call.office.language_of(text, spoken, call.language)
    async with aclosing(take_turn(call, Utterance(text, language, confidence))) as replies:
        return " ".join([say.text async for say in replies])


def _ticks() -> Iterator[datetime]:
    """The time each time it is asked, a little later."""
    at = MONDAY_NOON.astimezone(ZoneInfo("UTC"))
    while True:
        yield at
        at += timedelta(milliseconds=50)
