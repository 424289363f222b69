"""Scenarios played by text, to the whole house in this process."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calls.call import Call
from calls.desk import Desk
from calls.ports import Mind, Office
from calls.switchboard import Switchboard
from calls.turn import take_turn
from calls.words import Preference, Utterance
from evals.scenarios import MONDAY_NOON, MOST_TURNS, CallerPart, Played, Says, Scenario, words_of
from evals.scripted_caller import ScriptedCaller
from house import open_office
from settings import Settings

Plays = Callable[[Scenario], CallerPart]
"""Who plays the caller of a scenario."""


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

    async def play(self, scenario: Scenario, mind: Mind | None = None, plays: Plays = ScriptedCaller) -> Played:
        """One call from the greeting to the end. `mind` answers instead of the house's own where it is given."""
        clock = iter(_ticks())
        office = replace(self.office, now=lambda: next(clock), mind=mind or self.office.mind)
        switchboard = Switchboard(office, self.desk, 10)
        call = await switchboard.answer("text", number=scenario.number, language=scenario.arrives_in)
        replies, said, crash = [" ".join([say.text for say in await call.greet()])], [], ""
        caller = plays(scenario)
        try:
            while not call.ending and len(replies) < MOST_TURNS:
                if (says := await caller.next(replies[-1], call.language)) is None:
                    break
                said.append(words_of(says))
                replies.append(await _reply(call, says))
        except Exception as error:  # whatever breaks is a failure of the scenario
            crash = f"{type(error).__name__}: {error}"
        await switchboard.end(call, "caller")
        return Played(scenario, call, tuple(replies), crash, tuple(said))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[TextHouse]:
    """The house of `settings`, warmed as far as text needs it."""
    async with open_office(settings) as house:
        front = house.front
        facts = tuple(house.knowledge.preferences)
        yield TextHouse(front.office, Desk(), facts, lambda: front.meters.page(front.switchboard))


async def _reply(call: Call, says: Says) -> str:
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
