"""The Knowledge port over an office folder and its index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from calls.words import Caller, Circle, Language, Preference, Recall, Slot, VoicePolicy
from knowledge import hours
from knowledge.calendar import Calendar
from knowledge.contacts import Contact, Contacts
from knowledge.embedding import E5, Encoder, FastSentence
from knowledge.index import Index
from knowledge.meaning import Meaning
from knowledge.numbers import language_of
from knowledge.office_folder import OfficeFolder, fingerprint, read_office
from knowledge.recall import Memory, hidden
from knowledge.topics import Topics
from knowledge.vocabulary import vocabulary

_WORKERS = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _State:
    """All that one reading of the folder gave; replaced as a whole."""

    folder: OfficeFolder
    contacts: Contacts
    calendar: Calendar
    memory: Memory


class OfficeKnowledge:
    """What may be known, by whom. Implements calls.ports.Knowledge; open it with `open_knowledge`."""

    def __init__(self, office: Path, index: Index, meaning: Meaning, clock: Callable[[], datetime]):
        self._office, self._index, self._meaning, self._clock = office, index, meaning, clock
        self._topics = Topics(meaning)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="knowledge")
        self._reloading = asyncio.Lock()
        self._state: _State

    # --- its life -----------------------------------------------------------------------------------

    async def reload(self) -> bool:
        """Reads the folder again; True if anything has changed. Takes effect on the next turn of calls in progress.

        Raises BrokenOffice, with everything left as it was, when a file has a fault; EngineError when the index fails.
        """
        async with self._reloading:
            return await self._in_thread(self._read)

    def _read(self) -> bool:
        if hasattr(self, "_state") and fingerprint(self._office) == self._state.folder.fingerprint:
            return False
        folder = read_office(self._office)
        memory = Memory(folder.preferences, self._index, self._meaning, self._topics)
        memory.index()
        zone = folder.policy.hours.timezone
        self._state = _State(folder, Contacts(folder.contacts, folder.region), Calendar(folder.calendar, zone), memory)
        self._index.keep_only(memory.entries)
        return True

    async def close(self) -> None:
        """Waits for what is being looked up."""
        await asyncio.to_thread(self._workers.shutdown)

    # --- what is on file ----------------------------------------------------------------------------

    @property
    def policy(self) -> VoicePolicy:
        return self._state.folder.policy

    @property
    def preferences(self) -> tuple[Preference, ...]:
        """All of them, whatever their audience, validity or status."""
        return self._state.folder.preferences

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return self._state.contacts.all

    def private_facts(self, circle: Circle) -> tuple[Preference, ...]:
        """What must not reach a caller of `circle`: everything for nobody and for closer circles."""
        return hidden(self.preferences, circle)

    async def recall(self, question: str, circle: Circle, language: Language, at: datetime) -> Recall:
        """The preferences that `circle` may hear, valid at `at`, that fit the question; best first, at most five.

        A failing index leaves the search by words. Raises EngineError when that fails too.
        """
        state = self._state
        day = at.astimezone(ZoneInfo(state.folder.policy.hours.timezone)).date()
        return await self._in_thread(lambda: state.memory.recall(question, circle, language, day))

    # --- who calls ----------------------------------------------------------------------------------

    def caller(self, number: str | None, name: str | None = None) -> Caller:
        return self._state.contacts.caller(number, name)

    def prove(self, caller: Caller, pin: str) -> Circle | None:
        return self._state.contacts.prove(caller, pin)

    def language_for(self, caller: Caller) -> Language:
        languages = self.policy.receptionist.languages
        wished = caller.language or (language_of(caller.number) if caller.number else None)
        return wished if wished in languages else languages[0]

    def vocabulary(self, caller: Caller) -> tuple[str, ...]:
        state = self._state
        return vocabulary(state.folder.policy, state.folder.preferences, state.contacts.names(caller), caller)

    # --- when ---------------------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        return hours.is_open(self.policy.hours, at)

    def busy_now(self) -> bool:
        """Whether the executive's calendar says that they are in something now."""
        return self._state.calendar.busy_at(self._clock())

    def callback_by(self, at: datetime) -> datetime | None:
        return hours.callback_by(self.policy.hours, at, self._state.calendar.busy(at, at + timedelta(days=7)))

    def allows(self, start: datetime, end: datetime) -> bool:
        return hours.is_within(self.policy.hours, start, end) and not self._state.calendar.busy(start, end)

    def free_slots(self, after: datetime, minutes: int, count: int) -> tuple[Slot, ...]:
        busy = self._state.calendar.busy(after, after + timedelta(days=60))
        return hours.free_slots(self.policy.hours, after, minutes, count, busy)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


async def open_knowledge(
    office: Path,
    data: Path,
    encoders: Sequence[tuple[Encoder, float]] | None = None,
    chroma_url: str | None = None,
    clock: Callable[[], datetime] = now,
) -> OfficeKnowledge:
    """Reads the office folder and brings its index, in `data`/chroma or at `chroma_url`, up to date.

    `encoders`, with the weight of each, are the two small ones that come in packages unless given; give them to share
    them with other parts of the house. Raises BrokenOffice with every fault, EngineError when the index cannot be
    opened.
    """
    meaning = Meaning(encoders or ((E5(), 1.0), (FastSentence(), 0.5)))
    index = await asyncio.to_thread(Index, data / "chroma", meaning, chroma_url)
    knowledge = OfficeKnowledge(office, index, meaning, clock)
    try:
        await knowledge.reload()
    except BaseException:
        await knowledge.close()
        raise
    return knowledge
