"""A telephone written from the RFCs alone, to ring ours: SIP over UDP (3261), SDP (4566), RTP (3550), DTMF (4733)."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

import numpy as np

from calls.wire import Pcm
from lines import g711

DTMF_KEYS = "0123456789*#"
_ids = count(1)


class Datagrams(asyncio.DatagramProtocol):
    """A UDP socket that queues what comes, with the time of the loop."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.put_nowait((asyncio.get_running_loop().time(), data))

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port


async def datagrams(host: str = "127.0.0.1") -> Datagrams:
    """An open socket on `host`."""
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(host, 0))
    return protocol


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
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """When each RTP packet came, and its payload."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, host: str = "127.0.0.1") -> None:
        self._sip, self._rtp = await datagrams(host), await datagrams(host)
        self._host, self._tag, self._seq, self._stamp = host, f"t{next(_ids)}", 1, 0
        self.call_id = self.call_id or f"call-{next(_ids)}-{self._sip.port}@peer"
        self._tasks = [asyncio.create_task(self._listen())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sip.transport.close()
        self._rtp.transport.close()

    async def _listen(self) -> None:
        while True:
            at, packet = await self._rtp.came.get()
            if packet[1] & 0x7F not in (72, 73, 74, 75, 76):  # RTCP
                self.heard.append((at, packet[12:]))

    # --- signalling -------------------------------------------------------------------------------------

    def _send(self, method: str, cseq: int, more: str = "", body: str = "", to: str | None = None) -> None:
        branch = f"z9hG4bK{next(_ids)}"
        target = f"sip:whoever@127.0.0.1:{self.to}"
        contact = "" if self.contact is None else f"Contact: <sip:peer@{self._host}:{self._sip.port}>\r\n"
        if self.contact not in (None, "given"):
            contact = f"Contact: {self.contact}\r\n"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._sip.transport.sendto(
            f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {self._host}:{self._sip.port};branch={branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <{self.caller}>;tag={self._tag}\r\nTo: {to or f'<{target}>'}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\n{contact}{more}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode(),
            ("127.0.0.1", self.to),
        )

    def invite(self) -> None:
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {self._rtp.port} RTP/AVP {self.codecs}\r\n{self.rtpmap}"
        )
        self._send("INVITE", 1, self.extra, sdp if self.body is None else self.body)

    async def final(self, within_s: float = 10.0) -> int:
        """The status that the INVITE ends with; the call is up when it is 200."""
        async with asyncio.timeout(within_s):
            while True:
                _, data = await self._sip.came.get()
                text = data.decode(errors="replace")
                if (found := re.match(r"SIP/2.0 (\d+)", text)) and int(found[1]) >= 200:
                    break
        self.status = int(found[1])
        to = re.search(r"^To: (.*)\r$", text, re.MULTILINE)
        self._to = to[1] if to else ""
        if self.contact is not None:
            self._send("ACK", 1, to=self._to)
        if self.status == 200:
            self._far = int(re.search(r"m=audio (\d+)", text)[1])  # type: ignore[index]
            self._tasks.append(asyncio.create_task(self._answer_requests()))
        return self.status

    async def _answer_requests(self) -> None:
        while True:
            _, data = await self._sip.came.get()
            text = data.decode(errors="replace")
            if text.startswith("SIP/2.0"):
                if text.startswith("SIP/2.0 200") and "CSeq: 1 INVITE" in text:
                    self._send("ACK", 1, to=self._to)
                continue
            kept = "".join(re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", text, re.MULTILINE))
            self._sip.transport.sendto(
                f"SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n".encode(), ("127.0.0.1", self.to)
            )
            if text.startswith("BYE"):
                self.over.set()

    def bye(self) -> None:
        self._send("BYE", 2, to=self._to)

    def refer(self, uri: str) -> None:
        self._send("REFER", 2, f"Refer-To: <{uri}>\r\n", to=self._to)

    # --- sound ------------------------------------------------------------------------------------------

    def _packet(self, kind: int, payload: bytes, stamp: int, marker: bool = False) -> None:
        head = struct.pack(">BBHII", 0x80, kind | (0x80 if marker else 0), self._seq & 0xFFFF, stamp, 4711)
        self._seq += 1
        self._rtp.transport.sendto(head + payload, ("127.0.0.1", self._far))

    async def say(self, pcm: Pcm) -> None:
        """Sends it in real time, µ-law in packets of 20 ms."""
        coded, loop = g711.encode(pcm), asyncio.get_running_loop()
        due = loop.time()
        for at in range(0, len(coded), 160):
            self._packet(0, coded[at : at + 160].ljust(160, b"\xff"), self._stamp)
            self._stamp += 160
            due += 0.02
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
