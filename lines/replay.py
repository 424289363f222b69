"""A recorded caller: a WAV file played to the receptionist in real time through the telephone path, µ-law at 8 kHz."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from calls.errors import AntesalaError
from calls.wire import FRAME_S, Pcm
from lines import g711

RATE = 8000
BLOCK = 1 << 18
"""Samples read at a time."""
LONGEST_S = 30 * 60.0
"""A longer recording is refused: a call is not an archive."""
LISTEN_ON_S = 25.0
"""After the recording ends the caller stays on the line for so long, to hear the reply out."""


class RecordingError(AntesalaError):
    """The file is not a recording that can be played."""


def load(path: Path) -> Pcm:
    """The recording as telephone sound: mono, 8 kHz, through µ-law. Raises RecordingError."""
    if not path.is_file():
        what = "this is no file" if path.exists() else "there is no such file"
        raise RecordingError(f"{path}: {what}. Give the path of a WAV or FLAC recording.")
    try:
        with soundfile.SoundFile(path) as file:
            _fits_a_call(path, file)
            narrow = soxr.ResampleStream(file.samplerate, RATE, 1, dtype="float32")
            blocks = file.blocks(BLOCK, dtype="float32", always_2d=True)
            pieces = [narrow.resample_chunk(np.nan_to_num(block.mean(axis=1))) for block in blocks]
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: headerless sound, by its ending
        why = error.error_string if isinstance(error, soundfile.LibsndfileError) else "it has no header"
        raise RecordingError(
            f"{path}: this is not a recording that can be read ({why}). Convert it to WAV or FLAC."
        ) from None
    pieces.append(narrow.resample_chunk(np.zeros(0, np.float32), last=True))
    sound = np.clip(np.concatenate(pieces), -1, 1) * 32767
    return g711.decode(g711.encode(sound.astype(np.int16)))


def _fits_a_call(path: Path, file: soundfile.SoundFile) -> None:
    if file.frames == 0:
        raise RecordingError(f"{path}: it holds no sound. Record it again.")
    if file.frames / file.samplerate > LONGEST_S:
        minutes = file.frames / file.samplerate / 60
        raise RecordingError(
            f"{path}: it lasts {minutes:.0f} minutes; a call may last {LONGEST_S / 60:.0f}. Cut it shorter."
        )


class Recording:
    """A recording as a Wire; what the receptionist says is kept beside it, on the same clock."""

    rate = RATE
    marks = False

    def __init__(self, caller: Pcm):
        self._caller = caller
        self._reply: dict[int, Pcm] = {}
        self._now = self._next = 0
        self._over = False
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        loop, size = asyncio.get_running_loop(), int(RATE * FRAME_S)
        began = loop.time()
        total = len(self._caller) // size + int(LISTEN_ON_S / FRAME_S)
        for n in range(total):
            await asyncio.sleep(began + (n + 1) * FRAME_S - loop.time())
            if self._over:
                return
            self._now = n + 1
            piece = self._caller[n * size : (n + 1) * size]
            yield np.pad(piece, (0, size - len(piece)))

    async def send(self, pcm: Pcm) -> None:
        self._next = max(self._next, self._now)
        self._reply[self._next] = g711.decode(g711.encode(pcm))
        self._next += 1

    async def mark(self, name: str) -> None:
        return

    async def clear(self) -> None:
        for n in [n for n in self._reply if n > self._now]:
            del self._reply[n]
        self._next = min(self._next, self._now + 1)

    async def hang_up(self) -> None:
        self._over = True

    def reply(self) -> Pcm:
        """All that the receptionist said, at 8 kHz, silences included."""
        size = int(RATE * FRAME_S)
        sound = np.zeros(max([self._now, *(n + 1 for n in self._reply)]) * size, np.int16)
        for n, frame in self._reply.items():
            sound[n * size : (n + 1) * size] = frame
        return sound

    def save(self, path: Path) -> None:
        """Writes the reply as a 16-bit WAV. Raises RecordingError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, self.reply(), RATE, subtype="PCM_16", format="WAV")
        except (OSError, soundfile.LibsndfileError) as error:
            raise RecordingError(f"{path}: the reply could not be written ({error}). Give another place.") from None
