"""Several servers on one set of records: what the others have in hand, and what becomes of it when one of them dies.

A server is known by the address at which the others reach it. What happens on its calls is read from the records, in
the order in which it was committed; passing events (partial words) stay where they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, func, select, text
from sqlmodel import col

from calls.errors import EngineError
from records.feed import Shown
from records.reading import PAGE, event_of, rows
from records.tables import CallTable, EventTable, HandOffTable

T = TypeVar("T")

LOOK_S = 0.2
"""So late at most the others' events are shown here."""
PROBE_S = 3.0
MISSES = 3
"""A server that does not answer so many times in a row, every PROBE_S, is dead."""
LEADER = 0x616E7465
"""The lock that the one server holds which does what has to be done once."""

log = logging.getLogger(__name__)


class Read(Protocol):
    def __call__(self, look: Callable[[Connection], T], /) -> Awaitable[T]: ...


class Elsewhere:
    """`mine`: this server's own address. `tell` shows events on the live feed."""

    def __init__(self, mine: str, read: Read, tell: Callable[[Sequence[Shown]], None]):
        self.mine = mine
        self._read, self._tell = read, tell
        self._misses: Counter[str] = Counter()

    async def holder(self, call_id: str) -> str | None:
        """The other server that has this open call in hand. Raises EngineError."""
        return self._other(await self._read(partial(_holder, CallTable.id == call_id)))

    async def holder_of_hand_off(self, hand_off_id: str) -> str | None:
        """The other server that has the call of this hand-off in hand. Raises EngineError."""
        of = select(col(HandOffTable.call_id)).where(col(HandOffTable.id) == hand_off_id)
        return self._other(await self._read(partial(_holder, col(CallTable.id).in_(of))))

    def _other(self, holder: str | None) -> str | None:
        return holder if holder != self.mine else None

    async def keep_showing(self) -> None:
        """Shows what happens on the others' calls, for as long as the house is open."""
        cursor: int | None = None
        while True:
            try:
                if cursor is None:
                    cursor = await self._read(_newest)
                shown, cursor = await self._read(partial(_since, cursor, self.mine))
                self._tell(shown)
            except EngineError as error:
                log.warning("What the other servers do cannot be seen: %s", error)
            await asyncio.sleep(LOOK_S)

    async def keep_watch(self, alive: Callable[[str], Awaitable[bool]], bury: Callable[[str], Awaitable[None]]) -> None:
        """Looks whether the servers that have calls in hand still live; `bury` sees to the calls of one that does not.

        `alive` tells whether the server at an address answers.
        """
        while True:
            await asyncio.sleep(PROBE_S)
            try:
                await self._look_after(alive, bury)
            except EngineError as error:
                log.warning("The other servers cannot be looked after: %s", error)

    async def _look_after(
        self, alive: Callable[[str], Awaitable[bool]], bury: Callable[[str], Awaitable[None]]
    ) -> None:
        others = set(await self._read(_holders)) - {self.mine}
        answers = dict(zip(others, await asyncio.gather(*map(alive, others)), strict=True))
        self._misses = Counter({each: self._misses[each] + 1 for each, well in answers.items() if not well})
        for each, missed in list(self._misses.items()):
            if missed >= MISSES:
                log.warning("The server at %s is gone; its calls are called back.", each)
                await bury(each)
                del self._misses[each]


async def while_leading(engine: Engine, chores: Callable[[], Sequence[Awaitable[Any]]], every_s: float = 2.0) -> None:
    """Runs `chores` on one of all servers with these records: on PostgreSQL on whichever holds the lock."""
    if engine.dialect.name != "postgresql":
        await asyncio.gather(*chores())
        return
    while True:
        if (lock := await asyncio.to_thread(_lock, engine)) is None:
            await asyncio.sleep(every_s)
            continue
        running = asyncio.ensure_future(asyncio.gather(*chores()))
        try:
            while await asyncio.to_thread(_holds, lock) and not running.done():
                await asyncio.wait([running], timeout=every_s)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.to_thread(lock.invalidate)


def _lock(engine: Engine) -> Connection | None:
    """A connection that holds the lock for as long as it lives; None while another server leads, or nothing answers."""
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER}).scalar():
            return connection
        connection.close()
    except Exception as error:
        log.warning("It cannot be found out who leads (%s).", type(error).__name__)
    return None


def _holds(lock: Connection) -> bool:
    try:
        lock.execute(text("SELECT 1"))
    except Exception:  # whatever went wrong with it, the lock is gone
        return False
    return True


def _holder(which: Any, connection: Connection) -> str | None:
    found: str | None = connection.execute(
        select(col(CallTable.held_by)).where(which, col(CallTable.state) == "open")
    ).scalar()
    return found


def _holders(connection: Connection) -> list[str]:
    held = select(col(CallTable.held_by)).where(col(CallTable.state) == "open", col(CallTable.held_by).is_not(None))
    return [each for each in connection.execute(held.distinct()).scalars() if each]


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.max(col(EventTable.no)))).scalar() or 0)


def _since(cursor: int, mine: str, connection: Connection) -> tuple[list[Shown], int]:
    """What happened after `cursor` on calls that are not `mine`, and the cursor after it."""
    later: Any = (
        select(EventTable, col(CallTable.held_by))
        .join(CallTable, col(CallTable.id) == col(EventTable.call_id))
        .where(col(EventTable.no) > cursor)
        .order_by(col(EventTable.no))
        .limit(PAGE)
    )
    found = rows(later, connection)
    shown = [Shown({"call_id": row["call_id"], **event_of(row)}, row["no"]) for row in found if row["held_by"] != mine]
    return shown, found[-1]["no"] if found else cursor
