"""Asterisk's AudioSocket: one TCP connection a call.

https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/: each message is a kind (1 byte), a length (2
bytes, big endian) and its content. Kinds: 0x00 the end, 0x01 the call's UUID (16 bytes, first of all), 0x03 a key
(ASCII), 0x10 sound (int16 little-endian, 8 kHz mono), 0xff an error. After our 0x00 the dialplan goes on.

A UUID tells no number. So the dialplan may ask `VOICE_PATH` for one first, naming the number: it is a ticket.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Request, Response

from calls.errors import AntesalaError
from calls.switchboard import AllBusy
from calls.wire import FRAME_S, Arrival, Converse, Pcm
from lines.media import from_here
from lines.numbers import dialled_number
from lines.sockets import KEYS, START_WITHIN_S
from lines.tickets import Tickets

RATE = 8000
VOICE_PATH = "/lines/asterisk/voice"
END, ID, KEY, SOUND, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
_HEAD = struct.Struct(">BH")
_log = logging.getLogger(__name__)


class AudioSocket:
    """One connection as a Wire."""

    rate = RATE
    marks = False

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer
        self._gone = False
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        """20 ms frames until the caller has gone."""
        rest, size = b"", int(RATE * FRAME_S) * 2
        try:
            while not self._gone:
                kind, content = await read(self._reader)
                match kind:
                    case 0x10:
                        rest += content
                        while len(rest) >= size:
                            yield np.frombuffer(rest[:size], "<i2").astype(np.int16)
                            rest = rest[size:]
                    case 0x03 if (key := content.decode("ascii", "replace")) in KEYS:
                        self.on_keys(key)
                    case 0x00 | 0xFF:
                        return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._gone = True

    async def send(self, pcm: Pcm) -> None:
        self._write(SOUND, pcm.astype("<i2").tobytes())

    async def mark(self, name: str) -> None:
        """Asterisk tells nothing of what was heard; its clock is believed."""

    async def clear(self) -> None:
        """What Asterisk has is in its caller's ear: no more than the lead that is sent ahead."""

    async def hang_up(self) -> None:
        self._write(END, b"")
        self._gone = True
        self._writer.close()

    def _write(self, kind: int, content: bytes) -> None:
        if not self._gone and not self._writer.is_closing():
            self._writer.write(_HEAD.pack(kind, len(content)) + content)


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next message. Raises IncompleteReadError, ConnectionError when the far end has gone."""
    kind, length = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    return kind, await reader.readexactly(length)


async def listen(address: str, converse: Converse, tickets: Tickets) -> asyncio.Server:
    """The door at ``HOST:PORT``. From elsewhere than this machine only a UUID that was issued lets a call in."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = AudioSocket(reader, writer)
        try:
            if arrival := await _arrival(reader, writer, tickets):
                await converse(line, arrival)
        except AllBusy:
            _log.info("a call came while every line was taken")
        except AntesalaError as error:
            _log.error("a call could not be answered to its end: %s", type(error).__name__)
        except Exception as error:
            _log.exception("a call ended in an unforeseen way: %s", type(error).__name__)
        finally:
            with suppress(ConnectionError):
                await line.hang_up()

    host, _, port = address.rpartition(":")
    return await asyncio.start_server(answer, host.strip("[]"), int(port))


async def _arrival(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tickets: Tickets) -> Arrival | None:
    """Who the first message says it is; None for a stranger."""
    try:
        async with asyncio.timeout(START_WITHIN_S):
            kind, content = await read(reader)
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        return None
    if kind != ID or len(content) != 16:
        return None
    ref = str(UUID(bytes=content))
    if arrival := tickets.redeem(ref):
        return arrival
    return Arrival("audiosocket", ref=ref) if from_here(_Peer(writer)) else None


class _Peer:
    """The far end of a stream, as `from_here` looks at it."""

    def __init__(self, writer: asyncio.StreamWriter):
        self.host: str = writer.get_extra_info("peername")[0]


def router(tickets: Tickets, token: str | None = None) -> APIRouter:
    """Where the dialplan asks for the UUID of a call: from this machine, or with `token`."""
    doors = APIRouter(tags=["lines"])

    @doors.post(VOICE_PATH, summary="Asterisk's dialplan asks for the UUID of an AudioSocket call")
    async def voice(request: Request) -> Response:
        form = await request.form()
        known = token is not None and hmac.compare_digest(str(form.get("token", "")).encode(), token.encode())
        if not (known if token else from_here(request.client)):
            return Response(status_code=403)
        arrival = Arrival("audiosocket", dialled_number(str(form.get("number", ""))), str(form.get("ref", "")) or None)
        return Response(tickets.issue_uuid(arrival), media_type="text/plain")

    return doors
