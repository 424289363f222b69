"""One and the same call through every door: heard, answered, a key that rings a person, and the caller hangs up."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

import httpx
import numpy as np
import pytest

from calls.wire import Pcm
from calls.words import HandOff, HandOffState, HangUp, Heard, Keys, Played, Said
from evals.lines_peer import SipPeer, ringing_sip
from lines import audiosocket, g711
from lines.sip.account import PhoneSet
from tests.lines.doors import Far, ringing, until
from tests.lines.test_sip import free_port
from tests.lines.test_whole_calls import Served, of_kind, quiet, small_house

pytest.importorskip("baresip", reason="the extra `sip` is not installed")
from lines.exchange import exchange

NUMBER = "+34600111222"


class Telephone(Protocol):
    """A caller's end of some line."""

    async def frame(self, pcm: Pcm) -> None: ...
    async def press(self, key: str) -> None: ...
    async def hang_up(self) -> None: ...


class OnStream:
    """Of a carrier: what it sends is much alike, what it asks and starts with is not."""

    def __init__(self, far: Far):
        self._far = far

    async def frame(self, pcm: Pcm) -> None:
        await self._far.tell(event="media", media={"payload": base64.b64encode(g711.encode(pcm)).decode()})

    async def press(self, key: str) -> None:
        await self._far.tell(event="dtmf", dtmf={"digit": key})

    async def hang_up(self) -> None:
        await self._far.tell(event="stop")


async def ticket_of(house: Served, carrier: str, form: dict[str, str]) -> str:
    """What the webhook gives out, wherever in the answer it stands."""
    async with httpx.AsyncClient() as web:
        answer = (await web.post(f"http://{house.address}/lines/{carrier}/voice", data=form)).text
    if carrier == "plivo":
        return answer.partition('extraHeaders="token=')[2].partition('"')[0]
    return answer.partition('name="token" value="')[2].partition('"')[0]


@asynccontextmanager
async def by_twilio(house: Served) -> AsyncGenerator[Telephone]:
    token = await ticket_of(house, "twilio", {"CallSid": "twilio-1", "From": NUMBER})
    start = {"streamSid": "MZ1", "callSid": "twilio-1", "customParameters": {"token": token}}
    async with ringing(f"ws://{house.address}/lines/twilio/media") as far:
        await far.tell(event="connected")
        await far.tell(event="start", start=start)
        yield OnStream(far)


@asynccontextmanager
async def by_telnyx(house: Served) -> AsyncGenerator[Telephone]:
    token = await ticket_of(house, "telnyx", {"CallSid": "telnyx-1", "From": NUMBER})
    start = {"call_control_id": "telnyx-1", "custom_parameters": {"token": token}}
    async with ringing(f"ws://{house.address}/lines/telnyx/media") as far:
        await far.tell(event="connected", version="1.0.0")
        await far.tell(event="start", stream_id="S1", start=start)
        yield OnStream(far)


@asynccontextmanager
async def by_plivo(house: Served) -> AsyncGenerator[Telephone]:
    token = await ticket_of(house, "plivo", {"CallUUID": "plivo-1", "From": NUMBER[1:]})
    async with ringing(f"ws://{house.address}/lines/plivo/media") as far:
        await far.tell(
            event="start", start={"callId": "plivo-1", "streamId": "S1"}, extra_headers=f"{{token: {token}}}"
        )
        yield OnStream(far)


class OnAsterisk:
    def __init__(self, far: Far):
        self._far = far

    async def frame(self, pcm: Pcm) -> None:
        await self._far.socket.send(pcm.tobytes())

    async def press(self, key: str) -> None:
        await self._far.socket.send(f"DTMF_END digit:{key} duration_ms:80")

    async def hang_up(self) -> None:
        await self._far.socket.close()


@asynccontextmanager
async def by_asterisk(house: Served) -> AsyncGenerator[Telephone]:
    number = NUMBER.replace("+", "00")
    async with ringing(f"ws://{house.address}/lines/asterisk/media?number={number}&ref=asterisk-1") as far:
        await far.socket.send("MEDIA_START connection_id:1 channel:WebSocket/1 format:slin optimal_frame_size:320")
        yield OnAsterisk(far)


class OnAudioSocket:
    def __init__(self, writer: asyncio.StreamWriter):
        self._writer = writer

    def tell(self, kind: int, content: bytes) -> None:
        self._writer.write(struct.pack(">BH", kind, len(content)) + content)

    async def frame(self, pcm: Pcm) -> None:
        self.tell(audiosocket.SOUND, pcm.tobytes())

    async def press(self, key: str) -> None:
        self.tell(audiosocket.KEY, key.encode())

    async def hang_up(self) -> None:
        self.tell(audiosocket.END, b"")


@asynccontextmanager
async def by_audiosocket(house: Served) -> AsyncGenerator[Telephone]:
    async with httpx.AsyncClient() as web:
        form = {"number": NUMBER[1:], "ref": "audiosocket-1"}
        ticket = (await web.post(f"http://{house.address}{audiosocket.VOICE_PATH}", data=form)).text
    port = free_port()
    async with exchange(None, f"127.0.0.1:{port}", house.reception, house.tickets, lambda arrival: False):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        line = OnAudioSocket(writer)
        line.tell(audiosocket.ID, UUID(ticket).bytes)
        yield line
        await until(lambda: not any(call.row.line == "audiosocket" for call in house.board.calls))
        writer.close()


class OnSip:
    def __init__(self, peer: SipPeer):
        self._peer = peer

    async def frame(self, pcm: Pcm) -> None:
        await self._peer.say(pcm, paced=False)

    async def press(self, key: str) -> None:
        await self._peer.press(key)

    async def hang_up(self) -> None:
        self._peer.bye()


@asynccontextmanager
async def by_sip(house: Served) -> AsyncGenerator[Telephone]:
    port = free_port()
    async with (
        exchange(PhoneSet(f"127.0.0.1:{port}"), None, house.reception, house.tickets, lambda arrival: False),
        ringing_sip(port, caller=f"sip:{NUMBER}@127.0.0.1", call_id="sip-1") as peer,
    ):
        await peer.final()
        yield OnSip(peer)
        await until(lambda: not any(call.row.line == "sip" for call in house.board.calls))


DOORS: dict[str, Callable[[Served], Any]] = {
    "twilio": by_twilio,
    "telnyx": by_telnyx,
    "plivo": by_plivo,
    "asterisk": by_asterisk,
    "audiosocket": by_audiosocket,
    "sip": by_sip,
}


async def rings(house: Served, line: str) -> None:
    """The call of every door."""
    async with DOORS[line](house) as telephone:
        await until(lambda: any(call.row.line == line for call in house.board.calls))
        (call,) = (call for call in house.board.calls if call.row.line == line)
        said = np.concatenate([quiet(1.6), house.tones.tone("¿qué tal?", 0.8), quiet(2.4)])
        await speak(telephone, said)
        await telephone.press("1")
        await speak(telephone, quiet(2.0))
        assert of_kind(HandOff, list(call.bodies)), line
        await telephone.hang_up()
        await until(lambda: not call.open)


async def speak(telephone: Telephone, sound: Pcm) -> None:
    """In real time."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in np.split(sound, len(sound) // 160):
        await telephone.frame(frame)
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))


async def test_the_same_call_through_every_door_at_once():
    async with small_house(most=len(DOORS)) as house:
        await asyncio.gather(*(rings(house, line) for line in DOORS))
        await until(lambda: not house.board.calls)
        rows = {row.line: row for row in house.records.rows.values()}
        assert rows.keys() == DOORS.keys()
        for line, row in rows.items():
            bodies = house.bodies(row)
            assert (row.caller.number, row.ref, row.state) == (NUMBER, f"{line}-1", "closed"), line
            assert [body.text for body in of_kind(Heard, bodies)] == ["¿qué tal?"], line
            reply = next(body for body in of_kind(Said, bodies) if body.text == "Muy bien.")
            account = next(body for body in of_kind(Played, bodies) if body.said == reply.id)
            assert account.heard_text == "Muy bien." and not account.cut_short, line
            assert Keys("1") in bodies, line
            assert of_kind(HandOff, bodies)[0].state is HandOffState.OFFERED, line
            assert bodies[-1] == HangUp("caller"), line
