"""What happens in calls reaches those who want to know of it: once, in time, and after every kind of trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calls.notices import Channel, NotSent, Quiet, Told
from calls.words import Caller, CallRow, Event, HandOff, HandOffState, HangUp, Message, Promise, Reason
from notices.post import PostOffice
from records.store import Store, open_records
from tests.doubles import MONDAY

pytestmark = pytest.mark.virtual_time
MADRID = ZoneInfo("Europe/Madrid")
MARTA = Channel("marta", "email", "marta@vidal.example", ("message", "warning", "hand_off", "missed"), made=MONDAY)
LUIS = Caller("+34600111222", "Luis Prieto")


def now() -> datetime:
    return MONDAY + timedelta(seconds=asyncio.get_running_loop().time())


@dataclass
class Bag:
    """A carrier that keeps what it is given. `trouble` comes first, one a try."""

    trouble: list[NotSent | float] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    tries: int = 0

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        self.tries += 1
        if self.trouble:
            first = self.trouble.pop(0)
            if isinstance(first, NotSent):
                raise first
            await asyncio.sleep(first)
        self.told.append(told)

    @property
    def subjects(self) -> list[str]:
        return [each.subject for each in self.told]


@dataclass
class Counter:
    """Calls on record."""

    store: Store
    calls: int = 0

    async def call(self, *bodies: Any) -> str:
        self.calls += 1
        row = CallRow(f"c{self.calls}", "text", LUIS, "es", now())
        await self.store.open(row)
        await self.note(row.id, 1, *bodies)
        return row.id

    async def note(self, call_id: str, seq: int, *bodies: Any) -> None:
        of_it = [replace(body, call_id=call_id) if hasattr(body, "call_id") else body for body in bodies]
        await self.store.append(call_id, [Event(n, now(), body) for n, body in enumerate(of_it, seq)])


def message(reason: str = "La propuesta", urgency: Any = "normal") -> Message:
    return Message(reason, "Luis Prieto", urgency=urgency, id=f"m-{reason}", taken_at=MONDAY)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/records.sqlite"


@pytest.fixture
async def store(url: str) -> AsyncGenerator[Store]:
    async with open_records(url) as store:
        yield store


def office(store: Store, **carriers: Any) -> PostOffice:
    return PostOffice(store.outbox, carriers, lambda: MADRID, now, "https://tel.example")


async def states(store: Store) -> list[str]:
    return [each["state"] for each in (await store.outbox.letters(None, 100, None)).items]


async def test_a_message_is_told_in_the_words_of_the_caller_with_the_way_to_the_desk(store: Store) -> None:
    bag, counter = Bag(), Counter(store)
    await store.outbox.keep(MARTA)
    call_id = await counter.call(message())
    await office(store, email=bag).round()
    (told,) = bag.told
    assert told.subject == "Recado de Luis Prieto"
    assert "La propuesta" in told.body and f"https://tel.example/desk/calls#{call_id}/1" in told.body
    await office(store, email=bag).round()
    assert len(bag.told) == 1 and await states(store) == ["sent"]


async def test_each_channel_gets_only_what_it_asks_for_in_its_language(store: Store) -> None:
    elena = replace(MARTA, id="elena", medium="sms", to="+34600999888", kinds=("message", "call"), language="en")
    mail, sms = Bag(), Bag()
    for channel in (MARTA, elena):
        await store.outbox.keep(channel)
    counter = Counter(store)
    await counter.call(message(), Promise("assistant", "llamarle", id="p1"), HangUp("caller"))
    await office(store, email=mail, sms=sms).round()
    assert mail.subjects == ["Recado de Luis Prieto"]
    assert sms.subjects == ["Message from Luis Prieto", "Luis Prieto called"]


async def test_where_words_may_not_go_no_name_number_or_word_goes(store: Store) -> None:
    bag, counter = Bag(), Counter(store)
    await store.outbox.keep(replace(MARTA, words=False))
    await counter.call(message())
    await office(store, email=bag).round()
    (told,) = bag.told
    assert told.subject == "Hay un recado" and "https://tel.example" in told.body
    assert not any(word in str(told) for word in ("Luis", "600111222", "propuesta"))


async def test_a_receiver_that_fails_gets_everything_once_in_order_when_it_is_back(store: Store) -> None:
    bag, counter = Bag([NotSent("answered 503", True)] * 4), Counter(store)
    await store.outbox.keep(MARTA)
    post = office(store, email=bag)
    going = asyncio.create_task(post.keep_going())
    for n in range(3):
        await counter.call(message(f"recado {n}"))
        post.look()
        await asyncio.sleep(1)
    await asyncio.sleep(600)
    assert [told.body.split("\n")[2] for told in bag.told] == ["recado 0", "recado 1", "recado 2"]
    assert bag.tries == 7, "the ones behind wait with the first"
    await stopped(going)


async def test_one_that_fails_holds_up_nobody_else(store: Store) -> None:
    slow, quick = Bag([NotSent("answered 500", True, timedelta(minutes=9))]), Bag()
    await store.outbox.keep(MARTA)
    await store.outbox.keep(replace(MARTA, id="hook", medium="webhook"))
    await Counter(store).call(message())
    await office(store, email=slow, webhook=quick).round()
    assert (len(slow.told), len(quick.told)) == (0, 1)
    await asyncio.sleep(8 * 60)
    await office(store, email=slow).round()
    assert not slow.told, "it asked to be left alone for nine minutes"
    await asyncio.sleep(61)
    await office(store, email=slow).round()
    assert len(slow.told) == 1


async def test_what_is_refused_for_good_stands_on_the_desk_and_can_be_sent_again(store: Store) -> None:
    bag = Bag([NotSent("answered 404", again=False)])
    await store.outbox.keep(MARTA)
    await Counter(store).call(message())
    await office(store, email=bag).round()
    (letter,) = (await store.outbox.letters("failed", 10, None)).items
    assert letter["why"] == "answered 404"
    assert await store.outbox.revive(letter["id"], now())
    await office(store, email=bag).round()
    assert len(bag.told) == 1


async def test_after_a_day_it_is_given_up(store: Store) -> None:
    bag = Bag([NotSent("answered 503", again=True)] * 99)
    await store.outbox.keep(MARTA)
    await Counter(store).call(message())
    going = asyncio.create_task(office(store, email=bag).keep_going())
    await asyncio.sleep(27 * 3600)
    assert await states(store) == ["failed"] and bag.tries < 40
    await stopped(going)


async def test_the_queue_survives_a_restart_even_in_the_middle_of_a_try(url: str) -> None:
    async with open_records(url) as store:
        await store.outbox.keep(MARTA)
        await Counter(store).call(message())
        trying = asyncio.create_task(office(store, email=Bag([3600.0])).round())
        await asyncio.sleep(1)
        await stopped(trying)
    async with open_records(url) as store:
        bag = Bag()
        going = asyncio.create_task(office(store, email=bag).keep_going())
        await asyncio.sleep(300)
        assert bag.subjects == ["Recado de Luis Prieto"]
        await stopped(going)


async def test_two_servers_on_one_database_tell_everything_once(store: Store) -> None:
    bag, counter = Bag(), Counter(store)
    await store.outbox.keep(MARTA)
    for n in range(5):
        await counter.call(message(f"recado {n}"))
    await asyncio.gather(*(office(store, email=bag).round() for _ in range(3)))
    await asyncio.gather(*(office(store, email=bag).round() for _ in range(3)))
    assert len(bag.told) == 5


async def test_quiet_hours_hold_what_can_wait_and_let_through_what_cannot(store: Store) -> None:
    bag, counter = Bag(), Counter(store)
    await store.outbox.keep(replace(MARTA, quiet=Quiet(time(9, 30), time(17))))  # it is ten in Madrid
    await counter.call(message("puede esperar"), message("es urgente", "high"))
    await counter.call(HandOff(Reason.DISTRESS, state=HandOffState.RINGING, id="h", brief="Está mal."))
    going = asyncio.create_task(office(store, email=bag).keep_going())
    await asyncio.sleep(1)
    assert bag.subjects == ["Recado de Luis Prieto", "Luis Prieto pide hablar con una persona"]
    await asyncio.sleep(6 * 3600 + 55 * 60)
    assert len(bag.told) == 2
    await asyncio.sleep(6 * 60)
    assert "puede esperar" in bag.told[2].body
    await stopped(going)


@pytest.mark.parametrize(
    ("begin", "end", "at", "over"),
    [
        ("22:00", "08:00", "2026-11-23T23:00", "2026-11-24T08:00"),
        ("22:00", "08:00", "2026-11-24T07:59", "2026-11-24T08:00"),
        ("22:00", "08:00", "2026-11-24T08:00", "2026-11-24T08:00"),
        ("13:00", "15:00", "2026-11-24T14:00", "2026-11-24T15:00"),
        ("13:00", "15:00", "2026-11-24T15:00", "2026-11-24T15:00"),
        ("22:00", "08:00", "2026-10-24T23:30", "2026-10-25T08:00"),  # the clock goes back that night
    ],
)
async def test_when_quiet_hours_are_over(begin: str, end: str, at: str, over: str) -> None:
    quiet = Quiet(time.fromisoformat(begin), time.fromisoformat(end))
    when = datetime.fromisoformat(at).replace(tzinfo=MADRID)
    assert quiet.over(when.astimezone(UTC), MADRID) == datetime.fromisoformat(over).replace(tzinfo=MADRID)


async def test_who_is_no_longer_wanted_is_not_called(store: Store) -> None:
    """A hand-off that was answered before its notice could go out."""
    bag, counter = Bag([NotSent("answered 503", again=True)]), Counter(store)
    ringing = HandOff(Reason.ASKED_FOR_PERSON, state=HandOffState.RINGING, id="h", brief="Pide una persona.")
    await store.outbox.keep(MARTA)
    call_id = await counter.call(ringing)
    await office(store, email=bag).round()
    await counter.note(call_id, 2, replace(ringing, state=HandOffState.ACCEPTED))
    await asyncio.sleep(60)
    await office(store, email=bag).round()
    assert await states(store) == ["dropped"] and not bag.told


async def test_a_warning_goes_out_once_for_each_time_that_it_is_due(store: Store) -> None:
    bag, counter = Bag(), Counter(store)
    await store.outbox.keep(MARTA)
    await counter.call(Promise("assistant", "llamarle", due=MONDAY + timedelta(hours=4), id="p1"))
    for _ in range(2):
        await asyncio.sleep(3600)
        await store.warn("p1", now())
        for _ in range(2):
            await office(store, email=bag).round()
    assert bag.subjects == ["Se acaba el plazo de lo prometido a Luis Prieto"] * 2
    assert "23/11 14:00" in bag.told[0].body


async def test_a_new_channel_is_not_told_of_the_past(store: Store) -> None:
    bag = Bag()
    await Counter(store).call(message())
    await store.outbox.keep(replace(MARTA, made=MONDAY + timedelta(hours=1)))
    await office(store, email=bag).round()
    assert not bag.told


async def test_a_channel_that_was_removed_gets_nothing_more(store: Store) -> None:
    bag = Bag([NotSent("answered 503", again=True)])
    await store.outbox.keep(MARTA)
    await Counter(store).call(message())
    await office(store, email=bag).round()
    assert await store.outbox.remove("marta") and not await store.outbox.remove("marta")
    await asyncio.sleep(60)
    await office(store, email=bag).round()
    assert not bag.told


async def stopped(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
