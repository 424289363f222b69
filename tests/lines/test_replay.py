"""A recorded caller: what can be played, what is refused and why, and whose clock the reply is on."""

from __future__ import annotations

import asyncio
import struct
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.wire import FRAME_S
from lines import g711
from lines.replay import LISTEN_ON_S, RATE, Recording, RecordingError, load
from tests.lines.doors import tone
from tests.loops import VirtualTimeLoop

FRAME = int(RATE * FRAME_S)


def wav_header(seconds: int, rate: int = 8000) -> bytes:
    """A 16-bit mono WAV's header, promising so much sound."""
    size = seconds * rate * 2
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_any_ordinary_recording_is_played(tmp_path: Path, rate: int, channels: int, ending: str):
    path = tmp_path / f"caller.{ending}"
    sound = tone(rate * 2, 440, rate).astype(np.float32) / 32768
    soundfile.write(path, np.stack([sound] * channels, axis=1), rate)
    pcm = load(path)
    assert pcm.dtype == np.int16
    assert abs(len(pcm) / RATE - 2) < (0.2 if ending == "mp3" else 0.01)
    spectrum = np.abs(np.fft.rfft(pcm[RATE // 2 : RATE * 3 // 2]))
    assert np.argmax(spectrum) == 440
    assert 5000 < np.sqrt(np.mean(pcm[RATE // 2 : RATE * 3 // 2].astype(float) ** 2)) < 6200


def test_what_is_beyond_loud_or_not_a_number_is_played_as_well_as_can_be(tmp_path: Path):
    sound = np.array([0.0, 4.0, -4.0, np.nan, np.inf, 0.5] * 1000, np.float32)
    soundfile.write(tmp_path / "odd.wav", sound, RATE, subtype="FLOAT")
    assert len(load(tmp_path / "odd.wav")) == 6000


def refused(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(str(path)) and said.endswith(".") and "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.wav", b"hola, soy un texto\n" * 100),
        ("empty.wav", b""),
        ("one.wav", b"R"),
        ("garbage.mp3", bytes(range(256)) * 40),
        ("id3.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(2000)),
        ("cut.flac", b"fLaC\x00\x00"),
        ("sound.raw", bytes(16_000)),
        ("page.html", b"<html></html>"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    assert "Convert it to WAV or FLAC." in refused(tmp_path / name)


def test_a_recording_without_sound_is_refused(tmp_path: Path):
    (tmp_path / "header.wav").write_bytes(wav_header(3 * 3600))
    (tmp_path / "none.wav").write_bytes(wav_header(0))
    for name in ("header.wav", "none.wav"):
        assert "no sound" in refused(tmp_path / name)


def test_three_hours_are_no_call(tmp_path: Path):
    with (tmp_path / "long.wav").open("wb") as file:
        file.write(wav_header(3 * 3600))
        file.truncate(44 + 3 * 3600 * 16_000)
    assert "180 minutes" in refused(tmp_path / "long.wav")


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path):
    assert "there is no such file" in refused(tmp_path / "missing.wav")
    assert "this is no file" in refused(tmp_path)


def test_a_reply_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "reply.wav"):
        with pytest.raises(RecordingError, match="could not be written") as caught:
            Recording(np.zeros(0, np.int16)).save(path)
        assert str(path) in str(caught.value)


def test_a_reply_is_kept_in_a_new_folder(tmp_path: Path):
    Recording(np.zeros(0, np.int16)).save(tmp_path / "a" / "b" / "reply.wave")
    assert soundfile.info(tmp_path / "a" / "b" / "reply.wave").format == "WAV"


@pytest.mark.virtual_time
async def test_the_caller_speaks_in_real_time_and_then_listens_on():
    loop = asyncio.get_running_loop()
    wire = Recording(tone(RATE))
    began = loop.time()
    async with aclosing(wire.frames()) as frames:
        async for n, _ in numbered(frames):
            assert loop.time() - began == pytest.approx((n + 1) * FRAME_S)
    assert loop.time() - began == pytest.approx(1 + LISTEN_ON_S)
    assert len(wire.reply()) == (1 + LISTEN_ON_S) * RATE


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 15)), max_size=4), st.integers(0, 60))
def test_the_reply_is_on_the_callers_clock(answers: list[tuple[int, int]], stops: int):
    """What is sent when the caller's frame n has been heard is in the reply after n frames, or after what is said."""

    async def call() -> None:
        wire = Recording(np.zeros(0, np.int16))
        at, due, expected = 0, {}, {}
        for wait, length in answers:
            at += wait
            due[at] = length
        said, free = 0, 0
        async with aclosing(wire.frames()) as frames:
            async for n, _ in numbered(frames):
                now = n + 1
                if now == stops:
                    await wire.clear()
                    expected = {frame: value for frame, value in expected.items() if frame <= now}
                    free = min(free, now + 1)
                for _ in range(due.get(now, 0)):
                    said += 1
                    frame = np.full(FRAME, said * 100, np.int16)
                    await wire.send(frame)
                    free = max(free, now)
                    expected[free] = g711.decode(g711.encode(frame))[0]
                    free += 1
                if now > at + 30 and now > stops:
                    break
        reply = wire.reply().reshape(-1, FRAME)
        played = {n: frame[0] for n, frame in enumerate(reply) if frame.any()}
        assert played == expected

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(call())


async def numbered(frames):
    n = 0
    async for frame in frames:
        yield n, frame
        n += 1
