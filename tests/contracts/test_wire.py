"""What every wire promises, whatever carries it: a media stream, a page, a recording."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Protocol

import numpy as np
import pytest
from starlette.websockets import WebSocketState

from calls.wire import FRAME_S, Pcm, Wire
from lines import audiosocket, g711, plivo, telnyx, twilio
from lines.asterisk import AsteriskChannel
from lines.audiosocket import AudioSocket
from lines.browser import BrowserLine
from lines.media import Dialect, MediaStream
from lines.replay import Recording
from lines.sip.line import SipCall

pytestmark = pytest.mark.virtual_time


class Socket:
    """A websocket as starlette shows it; the test is the far end."""

    def __init__(self) -> None:
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[Any] = []
        self.state = WebSocketState.CONNECTED

    async def receive(self) -> dict[str, Any]:
        message = await self.arriving.get()
        if message["type"] == "websocket.disconnect":
            self.state = WebSocketState.DISCONNECTED
        return message

    async def send_text(self, text: str) -> None:
        self._take(json.loads(text) if text.startswith("{") else text)

    async def send_bytes(self, sound: bytes) -> None:
        self._take(sound)

    async def close(self, code: int) -> None:
        self._take(code)
        self.state = WebSocketState.DISCONNECTED
        self.arriving.put_nowait({"type": "websocket.disconnect", "code": code})

    def _take(self, what: Any) -> None:
        if self.state is not WebSocketState.CONNECTED:
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")
        self.sent.append(what)

    def text(self, **message: Any) -> None:
        self.arriving.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})


class FarEnd(Protocol):
    """The caller's end of a wire."""

    wire: Wire

    def speak(self, pcm: Pcm) -> None: ...
    def press(self, key: str) -> None: ...
    def heard(self, name: str) -> None: ...
    def vanish(self) -> None: ...
    async def played(self) -> Pcm: ...


class OnStream:
    """A carrier's end of a media stream."""

    dialect: Dialect = twilio.DIALECT

    def __init__(self) -> None:
        self.socket = Socket()
        self.wire = MediaStream(self.socket, "MZ1", self.dialect)  # type: ignore[arg-type]

    def speak(self, pcm: Pcm) -> None:
        self.socket.text(event="media", media={"payload": base64.b64encode(g711.encode(pcm)).decode()})

    def press(self, key: str) -> None:
        self.socket.text(event="dtmf", dtmf={"digit": key})

    def heard(self, name: str) -> None:
        self.socket.text(event="mark", mark={"name": name})

    def vanish(self) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def played(self) -> Pcm:
        kept: list[Pcm] = [np.zeros(0, np.int16)]
        for message in self.socket.sent:
            match message:
                case {"event": "media" | "playAudio", "media": {"payload": payload}}:
                    kept.append(g711.decode(base64.b64decode(payload)))
                case {"event": "clear" | "clearAudio"}:
                    kept = kept[:1]
        return np.concatenate(kept)


class OnTwilio(OnStream):
    """Twilio's."""


class OnTelnyx(OnStream):
    dialect = telnyx.DIALECT


class OnPlivo(OnStream):
    dialect = plivo.DIALECT

    def heard(self, name: str) -> None:
        self.socket.text(event="playedStream", streamId="MZ1", name=name)


class OnAsterisk:
    """Asterisk's WebSocket channel."""

    def __init__(self) -> None:
        self.socket = Socket()
        self.wire = AsteriskChannel(self.socket, "slin16")  # type: ignore[arg-type]

    def speak(self, pcm: Pcm) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.receive", "bytes": pcm.tobytes()})

    def press(self, key: str) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.receive", "text": f"DTMF_END digit:{key} duration_ms:80"})

    def heard(self, name: str) -> None:
        pytest.skip("it returns no marks")

    def vanish(self) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def played(self) -> Pcm:
        kept: list[Pcm] = [np.zeros(0, np.int16)]
        for message in self.socket.sent:
            match message:
                case bytes(sound):
                    kept.append(np.frombuffer(sound, "<i2"))
                case "FLUSH_MEDIA":
                    kept = kept[:1]
        return np.concatenate(kept)


class Writer:
    """A stream writer that keeps what it is given, until it is closed."""

    def __init__(self, closed: Callable[[], None] = lambda: None) -> None:
        self.sent: list[bytes] = []
        self._open, self._closed = True, closed

    def write(self, content: bytes) -> None:
        assert self._open
        self.sent.append(content)

    def is_closing(self) -> bool:
        return not self._open

    def close(self) -> None:
        self._open = False
        self._closed()


class OnAudioSocket:
    """Asterisk's AudioSocket, which plays what it is sent at once."""

    def __init__(self) -> None:
        self._reader = asyncio.StreamReader()
        self.socket = Writer(self._reader.feed_eof)
        self.wire = AudioSocket(self._reader, self.socket)  # type: ignore[arg-type]

    def _tell(self, kind: int, content: bytes) -> None:
        self._reader.feed_data(struct.pack(">BH", kind, len(content)) + content)

    def speak(self, pcm: Pcm) -> None:
        self._tell(audiosocket.SOUND, pcm.tobytes())

    def press(self, key: str) -> None:
        self._tell(audiosocket.KEY, key.encode())

    def heard(self, name: str) -> None:
        pytest.skip("it returns no marks")

    def vanish(self) -> None:
        self._tell(audiosocket.END, b"")

    async def played(self) -> Pcm:
        sound = [each[3:] for each in self.socket.sent if each[0] == audiosocket.SOUND]
        return np.frombuffer(b"".join(sound), "<i2").astype(np.int16)


class OnSip:
    """The phone's end of the pipe."""

    def __init__(self) -> None:
        self.sent: list[bytes | str] = []
        self.socket = self
        self.wire = SipCall(self, 1)  # type: ignore[arg-type]
        self.wire.heed({"is": "up", "rate": 8000})

    def sound(self, call: int, pcm: bytes) -> None:
        self.sent.append(pcm)

    def tell(self, call: int, what: str, **more: Any) -> None:
        self.sent.append(what)

    def speak(self, pcm: Pcm) -> None:
        self.wire.hear(pcm.tobytes())

    def press(self, key: str) -> None:
        self.wire.heed({"is": "key", "key": key})

    def heard(self, name: str) -> None:
        self.wire.heed({"is": "mark", "name": name})

    def vanish(self) -> None:
        self.wire.heed({"is": "gone", "why": "BYE"})

    async def played(self) -> Pcm:
        kept: list[bytes] = []
        for message in self.sent:
            if isinstance(message, bytes):
                kept.append(message)
            elif message == "clear":
                kept.clear()
        return np.frombuffer(b"".join(kept), "<i2").astype(np.int16)


class InBrowser:
    def __init__(self) -> None:
        self.socket = Socket()
        self.line = self.wire = BrowserLine(self.socket)  # type: ignore[arg-type]

    def speak(self, pcm: Pcm) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.receive", "bytes": pcm.tobytes()})

    def press(self, key: str) -> None:
        self.socket.text(type="key", key=key)

    def heard(self, name: str) -> None:
        self.socket.text(type="mark", name=name)

    def vanish(self) -> None:
        self.socket.arriving.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def played(self) -> Pcm:
        self.line.end()
        await self.line.deliver()
        kept: list[Pcm] = [np.zeros(0, np.int16)]
        for message in self.socket.sent:
            match message:
                case bytes(sound):
                    kept.append(np.frombuffer(sound, "<i2"))
                case {"type": "clear"}:
                    kept = kept[:1]
        return np.concatenate(kept)


class OnTape:
    """The recording plays from start to end; it can press no key and returns no mark."""

    def __init__(self) -> None:
        self.wire = Recording(np.zeros(0, np.int16))

    def speak(self, pcm: Pcm) -> None:
        self.wire._caller = np.concatenate([self.wire._caller, pcm])

    def press(self, key: str) -> None:
        pytest.skip("a recording presses no keys")

    def heard(self, name: str) -> None:
        pytest.skip("a recording returns no marks")

    def vanish(self) -> None:
        """It stays on the line for a while, then it is over."""

    async def played(self) -> Pcm:
        return self.wire.reply()


@pytest.fixture(params=[OnTwilio, OnTelnyx, OnPlivo, OnAsterisk, OnAudioSocket, OnSip, InBrowser, OnTape])
async def far(request: pytest.FixtureRequest) -> FarEnd:
    end: FarEnd = request.param()
    return end


def tone(seconds: float, rate: int, hertz: float = 440) -> Pcm:
    return (np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate) * 8000).astype(np.int16)


def alike(one: Pcm, other: Pcm) -> bool:
    """The same but for what µ-law takes away."""
    return len(one) == len(other) and int(np.abs(one.astype(int) - other).max(initial=0)) < 300


async def frames_of(wire: Wire) -> list[Pcm]:
    async with aclosing(wire.frames()) as frames:
        return [pcm async for pcm in frames]


async def send(wire: Wire, sound: Pcm) -> None:
    for piece in np.split(sound, len(sound) // int(wire.rate * FRAME_S)):
        await wire.send(piece)


async def test_the_caller_is_heard_in_frames_of_20_ms_and_nothing_is_lost(far: FarEnd):
    said = tone(0.5, far.wire.rate)
    for piece in np.split(said, [100, 101, 1700, 2500]):
        far.speak(piece)
    far.vanish()
    frames = await frames_of(far.wire)
    assert far.wire.rate in (8000, 16_000)
    assert {(len(pcm), pcm.dtype) for pcm in frames} == {(far.wire.rate // 50, np.dtype(np.int16))}
    heard = np.concatenate(frames)
    assert alike(heard[: len(said)], said) and not heard[len(said) :].any()


async def test_what_is_sent_is_played_in_order_and_whole(far: FarEnd):
    said = tone(0.3, far.wire.rate)
    await send(far.wire, said)
    assert alike(await far.played(), said)


async def test_what_was_cleared_is_not_played_and_what_comes_after_is(far: FarEnd):
    rate = far.wire.rate
    await send(far.wire, tone(0.4, rate, 300))
    await far.wire.clear()
    await send(far.wire, tone(0.2, rate, 600))
    played = await far.played()
    if isinstance(far, OnAudioSocket):
        return  # what was sent was heard: it is never more than the lead
    after = played[-rate // 5 :]
    assert len(played) <= (0.2 + FRAME_S) * rate, "no more than the frame that was playing"
    assert alike(after, tone(0.2, rate, 600))


async def test_a_mark_comes_back_by_its_name(far: FarEnd):
    back: list[str] = []
    far.wire.on_mark = back.append
    await send(far.wire, tone(0.02, far.wire.rate))
    await far.wire.mark("one")
    assert back == [], "nobody has heard it yet"
    if not far.wire.marks:
        return
    far.heard("one")
    far.heard("two")
    far.vanish()
    await frames_of(far.wire)
    assert back == ["one", "two"]


async def test_keys_are_told_one_by_one(far: FarEnd):
    pressed: list[str] = []
    far.wire.on_keys = pressed.append
    for key in "0123456789*#":
        far.press(key)
    far.vanish()
    await frames_of(far.wire)
    assert pressed == list("0123456789*#")


async def test_nobody_needs_to_listen_for_marks_or_keys(far: FarEnd):
    far.speak(tone(0.02, far.wire.rate))
    if far.wire.marks:
        far.heard("one")
        far.press("1")
    far.vanish()
    assert await frames_of(far.wire)


async def test_to_hang_up_ends_the_call(far: FarEnd):
    far.speak(tone(0.1, far.wire.rate))
    async with aclosing(far.wire.frames()) as frames:
        await anext(frames)
        await far.wire.hang_up()
        if isinstance(far, InBrowser):
            far.socket.text(type="hang_up")  # the page does it, once it is told to
        assert len([pcm async for pcm in frames]) <= 5
    await far.wire.hang_up()


async def test_to_a_caller_who_has_gone_nothing_can_be_said_and_nothing_breaks(far: FarEnd):
    far.vanish()
    await frames_of(far.wire)
    before = len(getattr(far, "socket", Socket()).sent)
    await far.wire.send(tone(0.02, far.wire.rate))
    await far.wire.mark("late")
    await far.wire.clear()
    await far.wire.hang_up()
    await far.played()
    if not isinstance(far, OnTape):
        assert len(far.socket.sent) == before


async def test_giving_up_listening_leaves_nothing_behind(far: FarEnd):
    far.speak(tone(0.1, far.wire.rate))
    async with aclosing(far.wire.frames()) as frames:
        await anext(frames)
