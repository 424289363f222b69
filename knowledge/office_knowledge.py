"""The Knowledge port over what is on file and its index."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from calls.errors import EngineError, StepRefused
from calls.versions import Key, Version, Versions
from calls.words import Caller, Circle, Language, Preference, Recall, Slot, VoicePolicy
from knowledge import hours
from knowledge.brought import Brought
from knowledge.calendar import Calendar
from knowledge.contacts import Contact, Contacts
from knowledge.embedding import E5, Encoder, FastSentence, Rows
from knowledge.index import Index, Report
from knowledge.intake import VOICE, take_over
from knowledge.meaning import Meaning
from knowledge.numbers import language_of
from knowledge.plain import contact_of, policy_of, preference_of
from knowledge.recall import Memory, hidden
from knowledge.replay import Draft, Overlay
from knowledge.subscription import LOOK_S, CalendarState, Subscription
from knowledge.topics import Topics
from knowledge.tries import Tries
from knowledge.vocabulary import vocabulary

_WORKERS = 2
AT_ONCE = 60
"""So many new wordings are put into the index while whoever saved them waits; more follow a few at a time."""
A_FEW = 8
STEP_S = 1.0
"""How soon a change made by another program, such as an import in the terminal, is noticed."""
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _State:
    """All that is on file at one moment; replaced as a whole."""

    files: Mapping[Key, Version]
    policy: VoicePolicy
    region: str | None
    preferences: tuple[Preference, ...]
    contacts: Contacts
    memory: Memory

    @property
    def cursor(self) -> int:
        return max((each.cursor for each in self.files.values()), default=0)


class OfficeKnowledge:
    """What may be known, by whom. Implements calls.ports.Knowledge; open it with `open_knowledge`."""

    def __init__(
        self,
        office: Path,
        versions: Versions,
        index: Index,
        meaning: Meaning,
        brought: Brought,
        clock: Callable[[], datetime],
    ):
        self._office, self._versions, self._brought, self._clock = office, versions, brought, clock
        self._index, self._meaning, self._topics = index, meaning, Topics(meaning)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="knowledge")
        self._stepping = asyncio.Lock()
        self._tries = Tries(clock)
        self._calendar: Calendar
        self._subscription: Subscription | None = None
        self._state: _State

    # --- its life -----------------------------------------------------------------------------------

    async def open(self, report: Report | None = None) -> None:
        """Reads the office folder and brings the index wholly in step, however far behind a crash left it.

        Raises BrokenOffice when a file has a fault, EngineError when the index fails.
        """
        async with self._stepping:
            await self._read_folder()
            await self._step(lambda memory: memory.index(report))

    async def reload(self) -> bool:
        """Reads the folder again; True if anything has changed. Takes effect on the next turn of calls in progress.

        Raises BrokenOffice, with everything left as it was, when a file has a fault.
        """
        async with self._stepping:
            read = await self._read_folder()
            return await self._step(self._index_soon) or read

    async def move_to(self, office: Path) -> None:
        """Goes on with another folder. Raises BrokenOffice, with everything left as it was."""
        before, self._office = self._office, office
        try:
            await self.reload()
        except BaseException:
            self._office = before
            raise

    async def refresh(self) -> bool:
        """Takes over what has been kept since; True if anything has. Takes effect on the next turn."""
        async with self._stepping:
            return await self._step(self._index_soon)

    async def keep_in_step(self) -> None:
        """For as long as the house is open: notices what other programs keep, and indexes what is waiting."""
        while True:
            try:
                await self.refresh()
                while await self._catch_up():
                    pass
            except EngineError as error:
                log.warning("what is on file is taken over later (%s)", error.what)
            await asyncio.sleep(STEP_S)

    async def _read_folder(self) -> bool:
        """Keeps what the folder says anew, and its calendar; True if that is anything."""
        folder, new = await take_over(self._office, self._versions, self._clock())
        if self._subscription is None:
            ical = await self._in_thread(self._brought.last) or folder.calendar
            self._calendar = Calendar(ical, folder.policy.hours.timezone)
        return bool(new)

    async def _step(self, index: Callable[[Memory], object]) -> bool:
        """The state after what was kept since the last one."""
        files = dict(self._state.files) if hasattr(self, "_state") else {}
        new = await self._versions.after(max((each.cursor for each in files.values()), default=0))
        if not new:
            return False
        files |= {each.key: each for each in new}
        self._state = await self._in_thread(lambda: self._state_of(files, index))
        await self._in_thread(self._tidy)
        return True

    def _state_of(self, files: Mapping[Key, Version], index: Callable[[Memory], object]) -> _State:
        policy, region = policy_of(files[VOICE])
        kept = [each for each in files.values() if each.status != "archived"]
        preferences = tuple(preference_of(each) for each in kept if each.kind == "preference")
        memory = Memory(preferences, self._index, self._meaning, self._topics, executive=policy.executive)
        index(memory)
        contacts = Contacts((contact_of(each) for each in kept if each.kind == "contact"), region)
        return _State(files, policy, region, preferences, contacts, memory)

    def _index_soon(self, memory: Memory) -> None:
        """A few at once; of many, and while the index fails, the words are searched until `_catch_up` is through."""
        try:
            if len(self._index.missing(memory.entries)) <= AT_ONCE:
                memory.index()
            else:
                memory.classify()
        except EngineError as error:
            log.warning("the index follows later (%s)", error.what)

    async def _catch_up(self) -> bool:
        """Puts a few of those that wait into the index; True while more are waiting."""
        async with self._stepping:
            memory = self._state.memory
            missing = await self._in_thread(lambda: self._index.missing(memory.entries))
            if missing:
                await self._in_thread(lambda: self._index.put(missing[:A_FEW]))
                if len(missing) <= A_FEW:
                    await self._in_thread(memory.classify)
            await self._in_thread(self._tidy)
            return len(missing) > A_FEW

    async def waiting(self) -> int:
        """How many wordings the index has yet to take up."""
        memory = self._state.memory
        return len(await self._in_thread(lambda: self._index.missing(memory.entries)))

    async def keep_calendar(self, subscription: Subscription) -> None:
        """For as long as the house is open: free and busy as the executive's own calendar has it."""
        self._subscription = subscription
        if ical := await self._in_thread(subscription.last_good):
            self._calendar = Calendar(ical, self.policy.hours.timezone)
        while True:
            ical = await subscription.look() or ical
            if ical is not None:
                self._calendar = Calendar(ical, self.policy.hours.timezone)
            await asyncio.sleep(LOOK_S)

    async def take_calendar(self, text: str, name: str) -> None:
        """Free and busy from this file from now on. Raises OfficeError with the line where it breaks.

        A calendar that is followed at its own address is not replaced: StepRefused.
        """
        if self._subscription is not None:
            raise StepRefused("The calendar is followed at its own address, so no file takes its place.")
        ical = await self._in_thread(lambda: self._brought.take(text, name))
        self._calendar = Calendar(ical, self.policy.hours.timezone)

    async def drop_calendar(self) -> None:
        """Back to the office folder's calendar."""
        await self._in_thread(self._brought.drop)
        async with self._stepping:
            await self._read_folder()

    @property
    def calendar_state(self) -> CalendarState | None:
        """How fresh the executive's own calendar is; None when there is only the office folder's."""
        if self._subscription is not None:
            return self._subscription.state
        as_of = self._brought.as_of
        return CalendarState(as_of, brought=True) if as_of else None

    def _tidy(self) -> None:
        """Takes out of the index what no call can be told any more."""
        try:
            self._index.keep_only(self._state.memory.entries)
        except EngineError as error:
            log.warning("the index is tidied later (%s)", error.what)

    async def close(self) -> None:
        """Waits for what is being looked up, and closes the index."""
        await asyncio.to_thread(self._workers.shutdown)
        await asyncio.to_thread(self._index.close)

    # --- what is on file ----------------------------------------------------------------------------

    @property
    def policy(self) -> VoicePolicy:
        return self._state.policy

    @property
    def preferences(self) -> tuple[Preference, ...]:
        """All but the archived ones, whatever their audience and validity."""
        return self._state.preferences

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return self._state.contacts.all

    @property
    def region(self) -> str | None:
        """The office's country (ISO 3166)."""
        return self._state.region

    @property
    def files(self) -> Mapping[Key, Version]:
        """The newest version of everything, the archived too."""
        return self._state.files

    def private_facts(self, circle: Circle) -> tuple[Preference, ...]:
        """What must not reach a caller of `circle`: everything for nobody and for closer circles."""
        return hidden(self.preferences, circle)

    async def recall(self, question: str, circle: Circle, language: Language, at: datetime) -> Recall:
        """The preferences that `circle` may hear, valid at `at`, that fit the question; best first, at most five.

        A failing index leaves the search by words. Raises EngineError when that fails too.
        """
        state = self._state
        day = at.astimezone(ZoneInfo(state.policy.hours.timezone)).date()
        return await self._in_thread(lambda: state.memory.recall(question, circle, language, day))

    async def rivals(self, id: str) -> list[Preference]:
        """The approved preferences that answer the same caller differently than preference `id`."""
        memory = self._state.memory
        return await self._in_thread(lambda: memory.rivals(id))

    async def with_draft(self, draft: Preference) -> Draft:
        """All that is on file with `draft` in force besides, or in the place of what has its id; nothing is kept."""
        state = self._state

        def laid_over() -> tuple[Memory, list[Preference]]:
            others = [each for each in state.preferences if each.id != draft.id]
            overlay = Overlay(self._index, self._meaning, draft)
            memory = Memory([*others, draft], overlay, self._meaning, self._topics)
            memory.classify()
            return memory, memory.rivals(draft.id)

        memory, rivals = await self._in_thread(laid_over)
        under = copy(self)
        under._state = replace(state, memory=memory)
        return Draft(draft, under, rivals)

    async def question_rows(self, questions: Sequence[tuple[str, Language]]) -> Rows:
        """A row for each question, comparable whatever its language."""
        return await self._in_thread(lambda: self._meaning.questions(questions))

    # --- who calls ----------------------------------------------------------------------------------

    def caller(self, number: str | None, name: str | None = None) -> Caller:
        return self._state.contacts.caller(number, name)

    def prove(self, caller: Caller, pin: str) -> Circle | None:
        contact = caller.contact_id or ""
        if self._tries.spent(contact):
            return None
        circle = self._state.contacts.prove(caller, pin)
        if circle is None and contact:
            self._tries.wrong(contact)
        return circle

    def language_for(self, caller: Caller) -> Language:
        languages = self.policy.receptionist.languages
        wished = caller.language or (language_of(caller.number) if caller.number else None)
        return wished if wished in languages else languages[0]

    def vocabulary(self, caller: Caller) -> tuple[str, ...]:
        state = self._state
        return vocabulary(state.policy, state.preferences, state.contacts.names(caller), caller)

    # --- when ---------------------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        return hours.is_open(self.policy.hours, at)

    def busy_now(self) -> bool:
        """Whether the executive's calendar says that they are in something now."""
        return self._calendar.busy_at(self._clock())

    def callback_by(self, at: datetime) -> datetime | None:
        return hours.callback_by(self.policy.hours, at, self._calendar.busy(at, at + timedelta(days=7)))

    def allows(self, start: datetime, end: datetime) -> bool:
        return hours.is_within(self.policy.hours, start, end) and not self._calendar.busy(start, end)

    def free_slots(self, after: datetime, minutes: int, count: int) -> tuple[Slot, ...]:
        busy = self._calendar.busy(after, after + timedelta(days=60))
        return hours.free_slots(self.policy.hours, after, minutes, count, busy)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


async def open_knowledge(
    office: Path,
    data: Path,
    versions: Versions,
    encoders: Sequence[tuple[Encoder, float]] | None = None,
    chroma_url: str | None = None,
    clock: Callable[[], datetime] = now,
    report: Report | None = None,
) -> OfficeKnowledge:
    """Takes the office folder over into `versions` and brings the index, in `data`/chroma or at `chroma_url`, in step.

    `encoders`, with the weight of each, are the two small ones that come in packages unless given; give them to share
    them with other parts of the house. Raises BrokenOffice with every fault, EngineError when the index cannot be
    opened.
    """
    meaning = Meaning(encoders or ((E5(), 1.0), (FastSentence(), 0.5)))
    index = await asyncio.to_thread(Index, data / "chroma", meaning, chroma_url)
    brought = Brought(data / "brought.ics", clock)
    knowledge = OfficeKnowledge(office, versions, index, meaning, brought, clock)
    try:
        await knowledge.open(report)
    except BaseException:
        await knowledge.close()
        raise
    return knowledge
