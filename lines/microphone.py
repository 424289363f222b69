"""This machine's microphone and loudspeaker as a line, for `antesala call`. Needs PortAudio."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any

import numpy as np

from calls.errors import AntesalaError
from calls.wire import FRAME_S, Pcm

RATE = 16_000


class NoMicrophone(AntesalaError):
    """There is no microphone or loudspeaker to be had."""


class Microphone:
    """Both directions at 16 kHz, 20 ms at a time. Use headphones: nothing cancels the echo here."""

    rate = RATE
    marks = False

    def __init__(self) -> None:
        self._in: asyncio.Queue[Pcm] = asyncio.Queue(maxsize=500)
        self._out: deque[Pcm] = deque()
        self._over = asyncio.Event()
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        with self._stream(asyncio.get_running_loop()):
            while not self._over.is_set():
                yield await self._in.get()

    async def send(self, pcm: Pcm) -> None:
        self._out.append(pcm)

    async def mark(self, name: str) -> None:
        return

    async def clear(self) -> None:
        self._out.clear()

    async def hang_up(self) -> None:
        self._over.set()

    def _stream(self, loop: asyncio.AbstractEventLoop) -> Any:
        """Opens the devices. Raises NoMicrophone, saying what is missing."""
        sounddevice = load_sounddevice()

        def both_ways(heard: Any, played: Any, frames: int, time: Any, status: Any) -> None:
            loop.call_soon_threadsafe(self._arrived, heard[:, 0].copy())
            try:
                piece = self._out.popleft()
            except IndexError:
                piece = np.zeros(frames, np.int16)
            played[:, 0] = np.pad(piece, (0, max(0, frames - len(piece))))[:frames]

        try:
            return sounddevice.Stream(
                samplerate=RATE, blocksize=int(RATE * FRAME_S), channels=1, dtype="int16", callback=both_ways
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoMicrophone(
                f"No microphone or loudspeaker can be opened ({error}). "
                "Plug one in, or type with `antesala call --text`."
            ) from None

    def _arrived(self, pcm: Pcm) -> None:
        if not self._in.full():
            self._in.put_nowait(pcm)


def load_sounddevice() -> Any:
    """The sounddevice module. Raises NoMicrophone where PortAudio is missing."""
    try:
        import sounddevice
    except OSError:
        raise NoMicrophone(
            "PortAudio is missing, and with it the microphone. Install it (Debian: apt-get install libportaudio2; "
            "macOS: brew install portaudio), or type with `antesala call --text`."
        ) from None
    return sounddevice
