"""A telephone written from the RFCs alone, to ring ours: SIP over UDP (3261), SDP (4566), RTP (3550), DTMF (4733)."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

import numpy as np

from calls.wire import Pcm
from lines import g711

DTMF_KEYS = "0123456789*#"
RTCP = range(72, 77)
SO_TIMESTAMPNS = 35
"""Linux, asm-generic/socket.h; Python does not name it."""
T1_S = 0.5
"""RFC 3261 section 17.1.1.1: how long a round trip may take."""
_ids = count(1)


class Datagrams(asyncio.DatagramProtocol):
    """A UDP socket that queues what comes."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait(data)

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port


async def datagrams(host: str) -> Datagrams:
    """An open socket on `host`."""
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(host, 0))
    return protocol


class Rtp:
    """A socket for sound that notes when each packet came by the kernel's clock, however busy we are."""

    def __init__(self, host: str):
        self.heard: list[tuple[float, bytes]] = []
        """When each packet of sound came (seconds), and its payload."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.port: int = self._socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while True:
                packet, notes, _, _ = self._socket.recvmsg(2048, socket.CMSG_SPACE(16))
                if len(packet) > 12 and packet[1] & 0x7F not in RTCP:
                    seconds, nanos = struct.unpack("qq", notes[0][2])
                    self.heard.append((seconds + nanos / 1e9, packet[12:]))

    def send(self, packet: bytes, port: int) -> None:
        self._socket.sendto(packet, ("127.0.0.1", port))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


@dataclass
class SipPeer:
    """One call to `to` (port on loopback). Every part of the INVITE that a test wants different is an attribute."""

    to: int
    caller: str = "sip:+34600111222@127.0.0.1"
    contact: str | None = "given"
    extra: str = ""
    codecs: str = "0 101"
    rtpmap: str = "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    body: str | None = None
    call_id: str = ""
    status: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    _parted: asyncio.Event = field(default_factory=asyncio.Event)
    _replied: bytes = b""

    async def open(self, host: str = "127.0.0.1") -> None:
        self._sip, self._rtp = await datagrams(host), Rtp(host)
        self._host, self._tag, self._seq, self._stamp = host, f"t{next(_ids)}", 1, 0
        self.call_id = self.call_id or f"call-{next(_ids)}-{self._sip.port}@peer"
        self._tasks: list[asyncio.Task[None]] = []

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sip.transport.close()
        self._rtp.close()

    @property
    def heard(self) -> list[tuple[float, bytes]]:
        """When each packet of sound came, and its payload."""
        return self._rtp.heard

    # --- signalling -------------------------------------------------------------------------------------

    def _send(self, method: str, cseq: int, more: str = "", body: str = "", to: str | None = None) -> bytes:
        branch = f"z9hG4bK{next(_ids)}"
        target = f"sip:whoever@127.0.0.1:{self.to}"
        contact = "" if self.contact is None else f"Contact: <sip:peer@{self._host}:{self._sip.port}>\r\n"
        if self.contact not in (None, "given"):
            contact = f"Contact: {self.contact}\r\n"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        datagram = (
            f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {self._host}:{self._sip.port};branch={branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <{self.caller}>;tag={self._tag}\r\nTo: {to or f'<{target}>'}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\n{contact}{more}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        self._sip.transport.sendto(datagram, ("127.0.0.1", self.to))
        return datagram

    def invite(self) -> None:
        self._invite = self._send("INVITE", 1, self.extra, self._sdp() if self.body is None else self.body)

    async def _first_answer(self) -> bytes:
        """A lost INVITE is sent again until anything answers it (RFC 3261 section 17.1.1.2)."""
        again_s = T1_S
        while True:
            with suppress(TimeoutError):
                return await asyncio.wait_for(self._sip.came.get(), again_s)
            self._sip.transport.sendto(self._invite, ("127.0.0.1", self.to))
            again_s *= 2

    async def final(self, within_s: float = 10.0) -> int:
        """The status that the INVITE ends with; the call is up when it is 200."""
        async with asyncio.timeout(within_s):
            data = await self._first_answer()
            while True:
                text = data.decode(errors="replace")
                if (found := re.match(r"SIP/2.0 (\d+)", text)) and int(found[1]) >= 200:
                    break
                data = await self._sip.came.get()
        self.status = int(found[1])
        to = re.search(r"^To: (.*)\r$", text, re.MULTILINE)
        self._to = to[1] if to else ""
        if self.contact is not None:
            self._send("ACK", 1, to=self._to)
        if self.status == 200:
            self._far = int(re.search(r"m=audio (\d+)", text)[1])  # type: ignore[index]
            self._tasks.append(asyncio.create_task(self._answer_requests()))
        return self.status

    @property
    def address(self) -> str:
        """Where it can be rung itself."""
        return f"sip:peer@{self._host}:{self._sip.port}"

    async def rung(self) -> str:
        """Waits until it is rung; the INVITE. Once more for a new call."""
        for task in self._tasks:
            task.cancel()
        while not (text := (await self._sip.came.get()).decode()).startswith("INVITE"):
            continue
        headers = dict(re.findall(r"^([\w-]+): (.*)\r$", text, re.MULTILINE))
        self.call_id, self._to, self.caller = headers["Call-ID"], headers["From"], self.address
        self.to = int(re.search(r":(\d+)", headers["Contact"])[1])  # type: ignore[index]
        self._far = int(re.search(r"m=audio (\d+)", text)[1])  # type: ignore[index]
        self.over.clear()
        return text

    def reply(self, invite: str, status: str, more: str = "", body: str = "") -> None:
        """Answers an INVITE, as in ``486 Busy Here``."""
        kept = "".join(re.findall(r"^(?:Via|From|Call-ID|CSeq): .*\r\n", invite, re.MULTILINE))
        to = re.search(r"^To: (.*)\r$", invite, re.MULTILINE)
        self._replied = (
            f"SIP/2.0 {status}\r\n{kept}To: {to[1] if to else ''};tag={self._tag}\r\nContact: <{self.address}>\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        self._sip.transport.sendto(self._replied, ("127.0.0.1", self.to))
        self._tasks.append(asyncio.create_task(self._answer_requests()))

    async def pick_up(self) -> None:
        """Waits until it is rung, and answers."""
        self.reply(await self.rung(), "200 OK", "Content-Type: application/sdp\r\n", self._sdp())
        self.status = 200

    def _sdp(self) -> str:
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {self._rtp.port} RTP/AVP {self.codecs}\r\n{self.rtpmap}"
        )

    async def _answer_requests(self) -> None:
        while True:
            data = await self._sip.came.get()
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                if text.startswith("SIP/2.0 200") and "CSeq: 1 INVITE" in text:
                    self._send("ACK", 1, to=self._to)
                if "CSeq: 2 BYE" in text:
                    self._parted.set()
                continue
            if text.startswith("INVITE"):  # sent again, or the next call
                if f"Call-ID: {self.call_id}\r\n" not in text:
                    return self._sip.came.put_nowait(data)
                self._sip.transport.sendto(self._replied, ("127.0.0.1", self.to))
                continue
            if text.startswith("ACK"):
                continue
            kept = "".join(re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", text, re.MULTILINE))
            self._sip.transport.sendto(
                f"SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n".encode(), ("127.0.0.1", self.to)
            )
            if text.startswith("BYE"):
                self.over.set()
            if text.startswith("CANCEL"):
                self.cancelled.set()

    def bye(self) -> None:
        """Puts the receiver down; sent again until it is answered (RFC 3261 section 17.1.2.2)."""
        self._parted.clear()
        sent = self._send("BYE", 2, to=self._to)

        async def again() -> None:
            for tries in range(5):
                with suppress(TimeoutError):
                    return await asyncio.wait_for(_set(self._parted), T1_S * 2**tries)
                self._sip.transport.sendto(sent, ("127.0.0.1", self.to))

        self._tasks.append(asyncio.create_task(again()))

    def refer(self, uri: str) -> None:
        self._send("REFER", 2, f"Refer-To: <{uri}>\r\n", to=self._to)

    # --- sound ------------------------------------------------------------------------------------------

    def _packet(self, kind: int, payload: bytes, stamp: int, marker: bool = False) -> None:
        head = struct.pack(">BBHII", 0x80, kind | (0x80 if marker else 0), self._seq & 0xFFFF, stamp, 4711)
        self._seq += 1
        self._rtp.send(head + payload, self._far)

    async def say(self, pcm: Pcm, paced: bool = True) -> None:
        """Sends it in real time, or as its caller paces it, µ-law in packets of 20 ms."""
        coded, loop = g711.encode(pcm), asyncio.get_running_loop()
        due = loop.time()
        for at in range(0, len(coded), 160):
            self._packet(0, coded[at : at + 160].ljust(160, b"\xff"), self._stamp)
            self._stamp += 160
            due += 0.02
            if paced:
                await asyncio.sleep(max(0.0, due - loop.time()))

    async def press(self, keys: str) -> None:
        """RFC 4733: each key 80 ms long, 60 ms apart, its end sent three times."""
        for key in keys:
            event, stamp = DTMF_KEYS.index(key), self._stamp
            for n in range(1, 5):
                self._packet(101, struct.pack(">BBH", event, 10, n * 160), stamp, n == 1)
                await asyncio.sleep(0.02)
            for _ in range(3):
                self._packet(101, struct.pack(">BBH", event, 0x80 | 10, 640), stamp)
            self._stamp += 1120
            await asyncio.sleep(0.06)

    def received(self) -> Pcm:
        """What was heard, as samples."""
        return np.concatenate([np.zeros(0, np.int16), *(g711.decode(payload) for _, payload in self.heard)])

    def longest_gap(self) -> float:
        """Seconds between two packets of sound."""
        times = [at for at, _ in self.heard]
        return max(later - earlier for earlier, later in pairwise(times))


@asynccontextmanager
async def ringing_sip(to: int, host: str = "127.0.0.1", **how: object) -> AsyncGenerator[SipPeer]:
    """A peer that has rung `to` and waits; whatever becomes of it, it is gone in the end."""
    peer = SipPeer(to, **how)  # type: ignore[arg-type]
    await peer.open(host)
    try:
        peer.invite()
        yield peer
    finally:
        if peer.status == 200 and not peer.over.is_set():
            peer.bye()
        await peer.close()


async def _set(event: asyncio.Event) -> None:
    await event.wait()


class Registrar(Datagrams):
    """A trunk that takes one account by digest (RFC 2617, MD5). `password`: the right one."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self._user, self._password = user, password
        self.contacts: list[str] = []
        """Where it was told to send calls."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        text = data.decode(errors="replace")
        if not text.startswith("REGISTER "):
            return
        kept = "".join(re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", text, re.MULTILINE))
        contact = re.search(r"^Contact: (.*)\r$", text, re.MULTILINE)
        shown = re.search(r"^Authorization: (.*)\r$", text, re.MULTILINE)
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', shown[1])) if shown else {}
        if given and given.get("response") == self._expected(given):
            self.contacts.append(contact[1] if contact else "")
            answer = f"SIP/2.0 200 OK\r\n{kept}Contact: {self.contacts[-1]}\r\nExpires: 300\r\n"
        else:
            challenge = 'Digest realm="trunk", nonce="4711", algorithm=MD5'
            answer = f"SIP/2.0 401 Unauthorized\r\n{kept}WWW-Authenticate: {challenge}\r\n"
        self.transport.sendto(f"{answer}Content-Length: 0\r\n\r\n".encode(), addr)

    def _expected(self, given: dict[str, str]) -> str:
        who = _md5(f"{self._user}:trunk:{self._password}")
        return _md5(f"{who}:4711:{_md5('REGISTER:' + given.get('uri', ''))}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # nosec B324: RFC 3261 asks for it


async def registrar(user: str, password: str) -> Registrar:
    """One that listens on loopback."""
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Registrar(user, password), local_addr=("127.0.0.1", 0)
    )
    return protocol
