"""Real doors on loopback: a server in this very process, a double that answers, and clients that ring."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from fastapi import APIRouter, FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from calls.wire import Arrival, Pcm, Wire
from calls.words import CallRow, Event
from server import LARGEST_FRAME

QUIET = base64.b64encode(b"\xff" * 160).decode()
"""20 ms of silence as a media payload."""
SOON_S = 20.0
"""Whatever does not happen within this time does not happen. Long: the machine may be busy."""


@asynccontextmanager
async def served(*routers: APIRouter) -> AsyncGenerator[str]:
    """A server with these doors; its address as ``127.0.0.1:PORT``."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, ws_max_size=LARGEST_FRAME, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn tells it no other way)
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


Manner = Callable[[Wire], Awaitable[None]]


@dataclass
class Answerer:
    """A `Converse` that listens until the caller has gone. `manner` runs beside it, with the wire, as its manners."""

    manner: Manner | None = None
    trouble: BaseException | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    heard: list[Pcm] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    open: int = 0
    closed: int = 0

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        self.arrivals.append(arrival)
        self.watch = watch
        if self.trouble:
            raise self.trouble
        wire.on_keys, wire.on_mark = self.keys.append, self.marks.append
        self.open += 1
        manners = asyncio.create_task(self.manner(wire)) if self.manner else None
        frames = wire.frames()
        try:
            async for pcm in frames:
                self.heard.append(pcm)
        finally:
            await frames.aclose()
            if manners:
                await manners
            self.open -= 1
            self.closed += 1
        return None  # type: ignore[return-value]

    async def until_closed(self, calls: int = 1) -> None:
        await until(lambda: self.closed >= calls)


async def until(true: Callable[[], bool]) -> None:
    """Waits until it is so."""
    async with asyncio.timeout(SOON_S):
        while not true():  # noqa: ASYNC110 (whatever is waited for)
            await asyncio.sleep(0.01)


@dataclass
class Far:
    """The far end of a socket."""

    socket: ClientConnection

    async def tell(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self) -> Any:
        """The next message: bytes, or the JSON value."""
        async with asyncio.timeout(SOON_S):
            received = await self.socket.recv()
        return received if isinstance(received, bytes) else json.loads(received)

    async def closed_with(self) -> int | None:
        """The code that the server closes with; None when it just went away."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(SOON_S):
                async for _ in self.socket:
                    pass
        return self.socket.protocol.close_rcvd.code if self.socket.protocol.close_rcvd else None

    def vanish(self) -> None:
        """Gone, without a word."""
        self.socket.transport.abort()


class Carrier(Far):
    """Twilio's end of a media stream."""

    async def start(self, token: str | None = None, call: str = "CA1", stream: str = "MZ1") -> None:
        parameters = {} if token is None else {"token": token}
        await self.tell(event="connected", protocol="Call", version="1.0.0")
        start = {"streamSid": stream, "callSid": call, "accountSid": "AC1", "tracks": ["inbound"]}
        await self.tell(
            event="start", sequenceNumber="1", streamSid=stream, start=start | {"customParameters": parameters}
        )

    async def media(self, payload: Any = QUIET, **more: Any) -> None:
        await self.tell(event="media", streamSid="MZ1", media={"payload": payload, "timestamp": "5", **more})


@asynccontextmanager
async def ringing(url: str, kind: type[Far] = Far) -> AsyncGenerator[Any]:
    """A socket at `url`, which need not be there any more in the end."""
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(connect(url, max_size=None, compression=None, ping_interval=None))
        yield kind(socket)


def tone(samples: int, hertz: float = 400, rate: int = 8000) -> Pcm:
    """A test tone, int16."""
    return (np.sin(2 * np.pi * hertz * np.arange(samples) / rate) * 8000).astype(np.int16)
