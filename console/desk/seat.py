"""Whoever takes a call over from the page holds it by a WebSocket: when the page is gone, the receptionist resumes.
Whoever only listens in has one too, and is heard by nobody.

From the page: ``{"type": "start", "ticket": ...}`` first, then int16 little-endian mono samples at 16 kHz, if a
microphone is used, and ``{"type": "leave"}`` before it closes on purpose. To the page: what the caller says, as the
same samples, and ``{"type": "there"}`` twice a second, which it answers: a lid that was shut closes no connection.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Annotated, Any

import numpy as np
import soxr
from fastapi import APIRouter, Body, WebSocket, WebSocketDisconnect

from calls.bridge import Bridge
from calls.call import Call
from calls.desk import NoSuchHandOff
from calls.errors import CallClosed, EngineError
from calls.wire import FRAME_S, Pcm
from calls.words import Sentence, Staff
from console.api.front import Front, TheFront
from console.api.problems import PROBLEM
from console.api.staff import By, InOtherHands, give_back, take
from console.desk.listening import Listener, may_listen
from console.desk.tickets import Tickets

PATH = "/desk/seat"
RATE = 16_000
MOST_SOUND = RATE * 2 * 2
"""Bytes of sound in one message: two seconds."""
SIT_WITHIN_S = 1.0
"""A page that took a call has to open its socket by then, else it is treated as one that lost its connection."""
BACK_WITHIN_S = 2.0
"""A page that lost its connection may take its seat again; after that the receptionist resumes."""
ASK_EVERY_S, GONE_AFTER_S = 0.5, 2.0
"""A page that sends nothing for so long, though it is asked, is gone."""
START_WITHIN_S = 10.0
_POLICY_VIOLATION = 1008

BridgeOf = Callable[[Call], Bridge | None]
Hear = Callable[[Call, int, AsyncIterator[Pcm]], AsyncGenerator[Sentence]]
"""(call, rate, a human's sound) -> what they say, sentence by sentence."""

log = logging.getLogger(__name__)


@dataclass
class Seats:
    """Who holds which call."""

    taken: dict[str, WebSocket] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    vacated: set[asyncio.Task[None]] = field(default_factory=set)

    def wait(self, work: Coroutine[Any, Any, None]) -> None:
        """Sees to a call that no page holds."""
        waiting = asyncio.create_task(work)
        self.vacated.add(waiting)
        waiting.add_done_callback(self.vacated.discard)


def router(bridge_of: BridgeOf, hear: Hear) -> APIRouter:
    """Taking a seat: the ticket over the API, then the socket."""
    seats, tickets, doors = Seats(), Tickets(), APIRouter(responses=PROBLEM)

    @doors.post("/api/calls/{call_id}/seat", status_code=201, tags=["desk"])
    async def seat(
        call_id: str,
        front: TheFront,
        by: By,
        hand_off: Annotated[str | None, Body(embed=True, max_length=100)] = None,
        again: Annotated[bool, Body(embed=True, description="the page had it, and lost its connection")] = False,
    ) -> dict[str, object]:
        """Takes the call over for as long as the socket at `path` stays open. `sound`: whether it can be spoken to.

        With `hand_off` that is answered by it: 409 when it no longer rings, whoever was faster. With `again` it is not
        taken from the receptionist: 409 when she has resumed.
        """
        call = await front.in_progress(call_id)
        if again and not call.with_staff:
            raise InOtherHands("The receptionist has this call again.")
        if call.id in seats.taken and seats.by.get(call.id) != by:
            raise InOtherHands("A person already has this call.")
        if hand_off:
            if call.hand_off is None or call.hand_off.id != hand_off:
                raise NoSuchHandOff(hand_off)
            await front.desk.accept(hand_off)
            await call.note(Staff("take_over", by))
        elif not call.with_staff:
            await take(front, call, by)
        sound = bridge_of(call) is not None
        ticket = tickets.issue(call_id, by)

        def look() -> None:
            if tickets.unused(ticket):
                seats.wait(_resume(seats, front, call))

        asyncio.get_running_loop().call_later(SIT_WITHIN_S, look)
        return {"ticket": ticket, "path": PATH, "sound": sound}

    @doors.post("/api/calls/{call_id}/listen", status_code=201, tags=["desk"])
    async def listen(call_id: str, front: TheFront, by: By) -> dict[str, str]:
        """Hears both sides, unheard, for as long as the socket at `path` stays open. The caller is told if not yet.

        409 where the office lets nobody listen, or the call is in writing.
        """
        call = await front.in_progress(call_id)
        await may_listen(call, bridge_of(call), by)
        return {"ticket": tickets.issue(call_id, by, listens=True), "path": PATH}

    @doors.websocket(PATH)
    async def sit(socket: WebSocket) -> None:
        await socket.accept()
        front: Front = socket.app.state.front
        ticket = tickets.redeem(await _first_message(socket))
        call = front.switchboard.find(ticket.call_id) if ticket else None
        if ticket is None or call is None:
            return await socket.close(_POLICY_VIOLATION)
        if ticket.listens:
            return await Listener(socket, RATE).hear(bridge_of(call))
        seats.taken[call.id], seats.by[call.id] = socket, ticket.by

        def vacated(end: _End) -> None:
            if seats.taken.get(call.id) is socket:
                del seats.taken[call.id], seats.by[call.id]
                if end is not _End.LEFT:
                    seats.wait(_resume(seats, front, call, 0 if end is _End.SILENT else BACK_WITHIN_S))

        await _Seat(socket, call, ticket.by, bridge_of(call)).hold(hear, vacated)

    return doors


async def _first_message(socket: WebSocket) -> object:
    """The ticket that the page shows."""
    message: object = None
    with suppress(TimeoutError, WebSocketDisconnect, ValueError, KeyError):
        async with asyncio.timeout(START_WITHIN_S):
            message = json.loads(await socket.receive_text())
    return message.get("ticket") if isinstance(message, dict) else None


async def _resume(seats: Seats, front: Front, call: Call, within_s: float = BACK_WITHIN_S) -> None:
    """No page holds the call: unless one comes in time, the caller hears from the receptionist again."""
    await asyncio.sleep(within_s)
    if call.id in seats.taken or not call.open or not call.with_staff:
        return
    with suppress(CallClosed, EngineError):
        await give_back(front, call, "")
        await call.speak(call.phrase("silence_first"))


class _Narrow:
    """The microphone's sound in whole frames at the wire's rate."""

    def __init__(self, rate: int):
        self._stream = soxr.ResampleStream(RATE, rate, 1, dtype="int16", quality="LQ")
        self._size, self._rest = int(rate * FRAME_S), np.zeros(0, np.int16)

    def frames(self, pcm: Pcm) -> list[Pcm]:
        sound = np.concatenate([self._rest, self._stream.resample_chunk(pcm)])
        whole = len(sound) // self._size * self._size
        self._rest = sound[whole:]
        return list(sound[:whole].reshape(-1, self._size))


class _End(Enum):
    """How a page leaves its seat."""

    LEFT = auto()
    CUT = auto()
    SILENT = auto()


class _Seat:
    """One human on one call."""

    def __init__(self, socket: WebSocket, call: Call, by: str, bridge: Bridge | None):
        self._socket, self._call, self._by, self._bridge = socket, call, by, bridge
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=500)
        self._in: asyncio.Queue[Pcm | None] = asyncio.Queue(maxsize=500)

    async def hold(self, hear: Hear, vacated: Callable[[_End], None]) -> None:
        """Until the page leaves or is gone: `vacated` is told at once, what was said last goes on record after it."""
        chores = [asyncio.create_task(work) for work in (self._note(hear), self._deliver(), self._ask())]
        play = self._listen()
        end = _End.CUT
        try:
            end = await self._receive()
        finally:
            vacated(end)
            if self._bridge:
                self._bridge.leave(play)
            self._put(self._in, None)
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await chores[0]
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    def _listen(self) -> Callable[[Pcm], None]:
        if self._bridge is None:
            return lambda pcm: None
        wide = soxr.ResampleStream(
            self._bridge.rate, RATE, 1, dtype="int16", quality="QQ"
        )  # the others hold back 0.1 s

        def play(pcm: Pcm) -> None:
            sound = wide.resample_chunk(pcm)
            if len(sound):
                self._put(self._out, sound.astype("<i2").tobytes())

        self._bridge.join(play)
        return play

    async def _receive(self) -> _End:
        narrow = _Narrow(self._bridge.rate) if self._bridge else None
        while True:
            try:
                async with asyncio.timeout(GONE_AFTER_S):
                    message = await self._socket.receive()
            except TimeoutError:
                return _End.SILENT
            except RuntimeError:  # starlette's, on a closed socket
                return _End.CUT
            if message["type"] == "websocket.disconnect":
                return _End.CUT
            sound = message.get("bytes")
            if sound and self._bridge and narrow and len(sound) % 2 == 0 and len(sound) <= MOST_SOUND:
                pcm = np.frombuffer(sound, "<i2").astype(np.int16)
                for frame in narrow.frames(pcm):
                    await self._bridge.speak(frame)
                self._put(self._in, pcm)
            elif message.get("text") == '{"type":"leave"}':
                return _End.LEFT

    async def _deliver(self) -> None:
        while (sound := await self._out.get()) is not None:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.send_bytes(sound)

    async def _ask(self) -> None:
        """Asks whether the page is still there."""
        with suppress(RuntimeError, WebSocketDisconnect):
            while True:
                await self._socket.send_text('{"type":"there"}')
                await asyncio.sleep(ASK_EVERY_S)

    async def _note(self, hear: Hear) -> None:
        """What the human says goes on record in words."""
        try:
            async with aclosing(self._frames()) as frames, aclosing(hear(self._call, RATE, frames)) as sentences:
                async for said in sentences:
                    await self._call.note(Staff("spoke", self._by, said.text, said.language))
        except CallClosed:
            return
        except EngineError as error:
            log.error("call %s: a person's words could not be put on record: %s", self._call.id, error.what)

    async def _frames(self) -> AsyncGenerator[Pcm]:
        while (pcm := await self._in.get()) is not None:
            yield pcm

    @staticmethod
    def _put(queue: asyncio.Queue, sound: Pcm | bytes | None) -> None:  # type: ignore[type-arg]
        """Sound that nobody fetches in time is lost, the oldest first."""
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(sound)
