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


@dataclass
class Mailroom:
    """An IMAP server with one folder: what `imaplib` asks for, and nothing else (RFC 3501)."""

    letters: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    port: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK IMAP4rev1\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, _, asked = line.partition(" ")
            writer.write(self._told(asked) + f"{tag} OK done\r\n".encode())
            await writer.drain()
            if asked.upper().startswith("LOGOUT"):
                break
        writer.close()

    def _told(self, asked: str) -> bytes:
        words = asked.split()
        match [word.upper() for word in words[:2]]:
            case ["CAPABILITY", *_]:
                return b"* CAPABILITY IMAP4rev1\r\n"
            case ["SELECT", *_]:
                return f"* {len(self.letters)} EXISTS\r\n".encode()
            case ["UID", "SEARCH"]:
                domain = words[-1].strip('"').encode()
                found = [n for n, raw in enumerate(self.letters, 1) if n not in self.seen and domain in raw]
                return f"* SEARCH {' '.join(map(str, found))}\r\n".encode()
            case ["UID", "FETCH"]:
                raw = self.letters[int(words[2]) - 1]
                head = f"* {words[2]} FETCH (UID {words[2]} BODY[]<0> {{{len(raw)}}}\r\n"
                return head.encode() + raw + b")\r\n"
            case ["UID", "STORE"]:
                self.seen.add(int(words[2]))
        return b"* BYE\r\n" if words[0].upper() == "LOGOUT" else b""


@asynccontextmanager
async def a_mailroom() -> AsyncGenerator[Mailroom]:
    room = Mailroom()
    server = await asyncio.start_server(room.answer, "127.0.0.1", 0)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        await server.wait_closed()
