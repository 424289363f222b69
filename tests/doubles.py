"""Stand-ins for every port of a call: each does what its script says, honestly, and remembers what it was asked.

A script entry that is an exception is raised, one that is a number is waited for (seconds of the loop's time).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.call import Call
from calls.desk import Desk
from calls.ports import Act, Office
from calls.versions import Batch, Kind, Outdated, Version
from calls.words import (
    Body,
    Caller,
    CallRow,
    Checked,
    Circle,
    Event,
    Hours,
    Language,
    Outcome,
    Person,
    Recall,
    Ruling,
    Say,
    Scene,
    Screened,
    Sentence,
    Slot,
    Step,
    Utterance,
    VoicePolicy,
)

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""When every test call begins, unless it says otherwise: ten in the morning in Madrid."""

GREETING: dict[Language, str] = {
    "es": "Despacho de la señora Vidal, le atiende Clara, su asistente de inteligencia artificial. ¿En qué le ayudo?",
    "en": "Ms. Vidal's office, this is Clara, her AI assistant. How can I help you?",
}
POLICY = VoicePolicy(
    executive=Person("Elena Vidal", spoken={"es": "la señora Vidal", "en": "Ms. Vidal"}),
    assistant=Person("Marta Ríos", phone="+34910000001"),
    greeting=GREETING,
    hours=Hours(open=dict.fromkeys(range(5), ((9 * 60, 18 * 60 + 30),))),
    listening="joining",
)

Script = str | Sentence | Step | float | BaseException
"""What a mind does next: says a sentence (a plain one in the caller's language), proposes a step, waits, fails."""


async def play(entry: object) -> None:
    """Waits or fails if `entry` says so."""
    if isinstance(entry, BaseException):
        raise entry
    if isinstance(entry, float):
        await asyncio.sleep(entry)


@dataclass
class ScriptedMind:
    """Plays one script a turn; afterwards it always says `otherwise`."""

    turns: list[Sequence[Script]] = field(default_factory=list)
    otherwise: str = "Muy bien."
    scenes: list[Scene] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    async def propose(self, scene: Scene, act: Act) -> AsyncGenerator[Sentence]:
        self.scenes.append(scene)
        for entry in self.turns.pop(0) if self.turns else (self.otherwise,):
            match entry:
                case str():
                    yield Sentence(entry, scene.language)
                case Sentence():
                    yield entry
                case float() | BaseException():
                    await play(entry)
                case _:
                    self.outcomes.append(await act(entry))


@dataclass
class OpenRules:
    """Lets everything pass, but for texts with a ruling or a check of their own. `trouble` comes first, once each."""

    rulings: dict[str, Ruling] = field(default_factory=dict)
    checks: dict[str, Checked] = field(default_factory=dict)
    trouble: list[float | BaseException] = field(default_factory=list)

    async def screen(self, texts: Sequence[str], direction: str) -> list[Screened]:
        return [Screened() for _ in texts]

    async def hear(self, heard: Utterance, past: Sequence[Body], policy: VoicePolicy) -> Ruling:
        await play(self.trouble.pop(0) if self.trouble else None)
        return self.rulings.get(heard.text, Ruling())

    async def speak(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step]) -> Checked:
        return self.checks.get(sentence.text, Checked(sentence.text, sentence.language))


@dataclass
class SmallKnowledge:
    """Knows what it is given. Open whenever it is not told otherwise; a PIN of "4711" opens `inner`."""

    policy: VoicePolicy = POLICY
    contacts: dict[str, Caller] = field(default_factory=dict)
    recalls: dict[str, Recall] = field(default_factory=dict)
    trouble: list[float | BaseException] = field(default_factory=list)
    opening: Callable[[datetime], bool] = lambda at: True
    free: tuple[Slot, ...] = ()

    async def recall(self, question: str, circle: Circle, language: Language, at: datetime) -> Recall:
        await play(self.trouble.pop(0) if self.trouble else None)
        return self.recalls.get(question, Recall())

    def caller(self, number: str | None, name: str | None = None) -> Caller:
        known = self.contacts.get(number or "", Caller(number))
        return known if known.name else replace(known, name=name)

    def language_for(self, caller: Caller) -> Language:
        return caller.language or self.policy.receptionist.languages[0]

    def prove(self, caller: Caller, pin: str) -> Circle | None:
        return Circle.INNER if pin == "4711" else None

    def vocabulary(self, caller: Caller) -> tuple[str, ...]:
        return ("Vidal",)

    def is_open(self, at: datetime) -> bool:
        return self.opening(at)

    def callback_by(self, at: datetime) -> datetime | None:
        return at + timedelta(hours=2)

    def allows(self, start: datetime, end: datetime) -> bool:
        return any(slot.start <= start and end <= slot.end for slot in self.free)

    def free_slots(self, after: datetime, minutes: int, count: int) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.free if slot.end - slot.start >= timedelta(minutes=minutes))[:count]


@dataclass
class MemoryRecords:
    """Keeps everything, and nothing that breaks the rules of a record. `trouble` comes before a write, once each."""

    rows: dict[str, CallRow] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    passing: list[Event] = field(default_factory=list)
    trouble: list[float | BaseException] = field(default_factory=list)

    async def open(self, row: CallRow) -> None:
        assert row.id not in self.rows, "a call is opened once"
        self.rows[row.id], self.events[row.id] = row, []

    async def append(self, call_id: str, events: Sequence[Event]) -> None:
        await play(self.trouble.pop(0) if self.trouble else None)
        assert self.rows[call_id].state == "open", "a closed call takes nothing"
        kept = self.events[call_id]
        assert [event.seq for event in events] == list(range(len(kept) + 1, len(kept) + 1 + len(events)))
        kept += events

    async def close(self, row: CallRow) -> None:
        assert self.rows[row.id].state == "open", "a call is closed once"
        self.rows[row.id] = row

    def announce(self, call_id: str, event: Event) -> None:
        self.passing.append(event)


@dataclass
class MemoryVersions:
    """Keeps every version, as the real one does."""

    kept: list[Version] = field(default_factory=list)

    async def after(self, cursor: int) -> list[Version]:
        newest = {each.key: each for each in self.kept if each.cursor > cursor}
        return sorted(newest.values(), key=lambda each: each.cursor)

    async def history(self, kind: Kind, id: str) -> list[Version]:
        return [each for each in self.kept if each.key == (kind, id)]

    async def add(self, new: Sequence[Version]) -> None:
        for version in new:
            newest = max((each.number for each in self.kept if each.key == version.key), default=0)
            if version.number != newest + 1:
                raise Outdated(version.key, newest)
        for version in new:
            self.kept.append(replace(version, cursor=len(self.kept) + 1))

    async def batch(self, batch: str) -> list[Version]:
        return [each for each in self.kept if each.batch == batch]

    async def batches(self) -> list[Batch]:
        found = {each.batch: each for each in reversed(self.kept) if each.batch}
        return [Batch(id, each.at, each.author, len(await self.batch(id))) for id, each in found.items()]


class PlainPhrases:
    """Says the key itself and the slots it was asked for: ``[rescue]``. It knows every key."""

    def line(self, key: str, language: Language, **slots: str) -> str:
        return f"[{key}]"


@dataclass
class OpenDoor:
    """A line that speaks whatever it is given, `seconds` a sentence."""

    seconds: float = 0.0
    spoken: list[Say] = field(default_factory=list)
    hung_up: bool = False
    gave_way: int = 0

    async def speak(self, say: Say) -> None:
        await asyncio.sleep(self.seconds)
        self.spoken.append(say)

    async def give_way(self) -> None:
        self.gave_way += 1

    async def hang_up(self) -> None:
        self.hung_up = True


def office(**parts: Any) -> Office:
    """An office of doubles with the real desk; give any part another double. Its clock is the running loop's."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    ready: dict[str, Any] = {
        "mind": ScriptedMind(),
        "rules": OpenRules(),
        "knowledge": SmallKnowledge(),
        "records": MemoryRecords(),
        "phrases": PlainPhrases(),
        "desk": Desk(),
        "language_of": lambda text, languages, current: current,
        "now": lambda: MONDAY + timedelta(seconds=loop.time() - began),
    }
    return Office(**(ready | parts))


def texts(says: Iterable[Say]) -> list[str]:
    return [say.text for say in says]


def kinds(call: Call) -> list[str]:
    return [event.kind for event in call.events]
