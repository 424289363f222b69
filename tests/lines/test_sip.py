"""The SIP line against telephones on loopback: who is answered, what is carried, and what it survives."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import struct
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from calls.errors import SettingsError
from calls.wire import Arrival, Wire
from evals.lines import alike, chirp
from evals.lines_peer import registrar, ringing_sip
from lines.sip.account import PhoneSet, Registration
from tests.lines.doors import SOON_S, Answerer, tone, until

pytest.importorskip("baresip", reason="the extra `sip` is not installed")
from lines.sip.check import check
from lines.sip.line import SipLine, SipLineError


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Line:
    """A phone, and who answers it."""

    def __init__(self, port: int, answerer: Answerer, sip: SipLine):
        self.port, self.answerer, self.sip = port, answerer, sip


@asynccontextmanager
async def listening(answerer: Answerer | None = None, **more: object) -> AsyncGenerator[Line]:
    port, answerer = free_port(), answerer or Answerer()
    sip = SipLine(PhoneSet(f"127.0.0.1:{port}", **more), answerer)  # type: ignore[arg-type]
    running = asyncio.create_task(sip.run())
    async with asyncio.timeout(15):
        await sip.ready.wait()
    try:
        yield Line(port, answerer, sip)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_sound_keys_and_the_caller_get_through_both_ways():
    said = chirp()
    wires: list[Wire] = []

    async def reply(wire: Wire) -> None:
        wires.append(wire)
        for frame in np.split(said, len(said) // 160):
            await wire.send(frame)
        await wire.mark("all of it")

    async with listening(Answerer(manner=reply)) as line, ringing_sip(
        line.port,
        extra='P-Asserted-Identity: "L" <sip:+34600999888@trunk>\r\nDiversion: <sip:+34910000000@trunk>\r\n',
    ) as peer:  # fmt: skip
        assert await peer.final() == 200
        await until(lambda: line.answerer.open == 1)
        await peer.press("0123456789*#")
        await until(lambda: len(line.answerer.keys) >= 12)
        async with asyncio.timeout(SOON_S):  # said again where a busy machine tore it
            while alike(np.concatenate([np.zeros(8000, np.int16), *line.answerer.heard]), said) < 0.99:
                await peer.say(np.concatenate([tone(1600, 100), said]))
        await until(lambda: line.answerer.marks == ["all of it"])
        async with asyncio.timeout(SOON_S):
            while alike(peer.received(), said) < 0.99:
                marks = len(line.answerer.marks)
                await reply(wires[0])
                await until(lambda marks=marks: len(line.answerer.marks) > marks)  # type: ignore[misc]
        peer.bye()
        await line.answerer.until_closed()
        assert line.answerer.arrivals == [
            Arrival("sip", "+34600999888", peer.call_id, proof="asserted", diverted="+34910000000")
        ]
        assert line.answerer.keys == list("0123456789*#")


async def test_who_is_answered_and_who_is_not():
    async with listening(allow=("127.0.0.1/32",)) as line:
        port = line.port
        for _ in range(60):
            async with ringing_sip(port, contact=None) as peer:
                assert await peer.final() == 400, "no Contact: no call, and no place taken"
        async with ringing_sip(port, contact="<<nonsense>") as peer:
            assert await peer.final() == 400
        async with ringing_sip(port, codecs="3", rtpmap="a=rtpmap:3 GSM/8000\r\n") as peer:
            assert await peer.final() == 488, "no codec in common"
        async with ringing_sip(port, body=VIDEO_ONLY) as peer:
            assert await peer.final() in (488, 606), "no sound"
        async with ringing_sip(port, codecs="96", rtpmap="a=rtpmap:96 L16/48000/2\r\n") as peer:
            assert await peer.final() == 488, "48 kHz stereo"
        async with ringing_sip(port, host="127.0.0.9") as stranger:
            with pytest.raises(TimeoutError):
                await stranger.final(0.5)
        junk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for n in range(2000):
            junk.sendto(JUNK[n % len(JUNK)], ("127.0.0.1", port))
        junk.close()
        async with ringing_sip(port, caller="sip:anonymous@anonymous.invalid") as peer:
            assert await peer.final() == 200
            await until(lambda: line.answerer.open == 1)
            peer.refer("sip:premium@127.0.0.1")
            await peer.say(tone(1600))
            peer.bye()
            await line.answerer.until_closed()
        assert [arrival.number for arrival in line.answerer.arrivals] == [None]


VIDEO_ONLY = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 9 RTP/AVP 31\r\n"
JUNK = [
    b"",
    b"\x00" * 1200,
    os.urandom(600),
    b"INVITE",
    b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK1\r\n\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"BYE sip:x@y SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    b"OPTIONS " + b"a" * 5000,
]


async def test_sound_that_strangers_send_is_not_heard():
    async with (
        listening() as line,
        ringing_sip(line.port) as peer,
        ringing_sip(line.port, host="127.0.0.9") as stranger,
    ):
        assert [await peer.final(), await stranger.final()] == [200, 200]
        await until(lambda: line.answerer.open == 2)
        stranger.bye()
        await line.answerer.until_closed(1)
        line.answerer.heard.clear()
        stranger._far = peer._far
        await stranger.say(tone(2400, 1000))
        async with asyncio.timeout(SOON_S):
            while alike(np.concatenate([np.zeros(3200, np.int16), *line.answerer.heard]), chirp()[1600:2400]) < 0.9:
                await peer.say(chirp()[:3200])
        assert alike(np.concatenate(line.answerer.heard), tone(800, 1000)) < 0.5


async def test_a_flood_of_keys_ends_no_call():
    async with listening() as line, ringing_sip(line.port) as peer:
        assert await peer.final() == 200
        await until(lambda: line.answerer.open == 1)
        for n in range(2000):
            peer._packet(101, struct.pack(">BBH", n % 10, 0x80 | 10, 640), n * 160)
        while "#" not in line.answerer.keys:
            await peer.press("#")
        assert line.answerer.open == 1 and set(line.answerer.keys) <= set("0123456789#")


async def test_the_receptionist_hangs_up_and_a_full_house_is_busy():
    async def goodbye(wire: Wire) -> None:
        await wire.hang_up()

    async with listening(Answerer(manner=goodbye)) as line:
        async with ringing_sip(line.port) as peer:
            assert await peer.final() == 200
            async with asyncio.timeout(5):
                await peer.over.wait()
            await line.answerer.until_closed()
        line.sip._full = lambda arrival: True
        async with ringing_sip(line.port) as peer:
            assert await peer.final() == 486


async def test_a_phone_that_dies_ends_its_calls_and_is_back_at_once():
    async with listening() as line:
        async with ringing_sip(line.port) as peer:
            assert await peer.final() == 200
            await until(lambda: line.answerer.open == 1)
            assert line.sip.pid
            os.kill(line.sip.pid, signal.SIGKILL)
            await line.answerer.until_closed(1)
        await until(line.sip.ready.is_set)
        async with ringing_sip(line.port) as peer:
            assert await peer.final() == 200


@pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)")
async def test_an_independent_caller_rings_twenty_times():
    async with listening() as line:
        sipp = await asyncio.create_subprocess_exec(
            "sipp", f"127.0.0.1:{line.port}", "-sn", "uac", "-i", "127.0.0.1", "-p", str(free_port()),
            "-m", "20", "-r", "10", "-d", "500", "-timeout", "20", "-nostdin",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, cwd=tempfile.gettempdir(),
        )  # fmt: skip
        assert await sipp.wait() == 0
        await line.answerer.until_closed(20)
        assert len(line.answerer.arrivals) == 20


async def test_the_check_says_what_is_well_and_what_is_not():
    trunk = await registrar("reception", "right: word")
    account = Registration("reception", "right: word", f"127.0.0.1:{trunk.port}")
    for register, well in ((account, True), (replace(account, password="wrong"), False)):
        told: list[tuple[bool, str]] = []

        def tell(is_well: bool, what: str, told: list[tuple[bool, str]] = told) -> None:
            told.append((is_well, what))

        phone = PhoneSet(f"127.0.0.1:{free_port()}", register=register)
        assert await check(phone, tell) is well
        assert [is_well for is_well, _ in told] == [True, well, True]
        assert ("registered" in told[1][1]) is well and (well or "401" in told[1][1])
    assert any(f"{phone.address}" in contact for contact in trunk.contacts)
    trunk.transport.close()


# --- how it is set up ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listen", "allow", "register"),
    [
        ("0.0.0.0:5060", None, None),
        ("5060", None, None),
        ("127.0.0.1:0", None, None),
        ("127.0.0.1:5060", "trunk.example", None),
        ("127.0.0.1:5060", None, "sip:user@trunk.example"),
        ("127.0.0.1:5060", None, "sip:user:word@trunk.example;transport=pigeon"),
    ],
)
def test_a_phone_that_cannot_work_or_that_strangers_could_ring_is_refused(
    listen: str, allow: str | None, register: str | None
):
    with pytest.raises(SettingsError, match="ANTESALA_SIP_"):
        PhoneSet.read(listen, allow, register)


def test_a_phone_set_travels_whole():
    told = PhoneSet.read("203.0.113.5:5060", "203.0.113.0/24, 198.51.100.7", "sip:u:p:w@t.example:5061;transport=tls")
    assert told.register == Registration("u", "p:w", "t.example:5061", "tls")
    assert PhoneSet.from_json(told.as_json()) == told


def test_a_taken_port_is_told_with_its_mend():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        sip = SipLine(PhoneSet(f"127.0.0.1:{taken.getsockname()[1]}"), Answerer())
        with pytest.raises(SipLineError, match="ANTESALA_SIP_LISTEN"):
            sip.check()
