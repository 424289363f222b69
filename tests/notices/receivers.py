"""Whoever notices are sent to, really listening on this machine: a web server and a mail server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with `statuses`, one a request, then with 200; 0 is silence until the sender gives up."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    headers: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.got.append(Request(first.split()[1], headers, body))
            status = self.statuses.pop(0) if self.statuses else 200
            if not status:
                await reader.read()
                return
            writer.write(
                f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{self.headers}connection: close\r\n\r\n".encode()
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(*statuses: int, port: int = 0, headers: str = "") -> AsyncGenerator[Receiver]:
    """An HTTP receiver at `url`."""
    receiver = Receiver(statuses=list(statuses), headers=headers)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", port)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()


@dataclass
class Postbox:
    """What an SMTP server took; it answers with `refusals` first, one a letter."""

    refusals: list[str] = field(default_factory=list)
    letters: list[Any] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def mail_server(box: Postbox, port: int) -> Iterator[None]:
    """A mail server on this machine, in a thread of its own."""
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()
