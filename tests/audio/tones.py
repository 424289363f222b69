"""A telephone on which words are tones: a whole call by voice runs in no time and hears exactly what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from audio.ears import Transcript
from audio.engines import Sound
from audio.voice import VOICE_RATE
from calls.wire import FRAME_S, Pcm
from calls.words import Language

RATE = 8000
FRAME = int(RATE * FRAME_S)
_LOWEST_HZ, _STEP_HZ = 400, 150


class Language_of_tones:
    """Gives every text a tone of its own."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def tone(self, text: str, seconds: float) -> Pcm:
        if text not in self.texts:
            self.texts.append(text)
        hertz = _LOWEST_HZ + _STEP_HZ * self.texts.index(text)
        wave = np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)
        return (wave * 8000).astype(np.int16)

    def understand(self, sound: np.ndarray, rate: int) -> str:
        """The texts of the tones in `sound`, in order, each once."""
        size = int(0.04 * rate)
        heard: list[str] = []
        for at in range(0, len(sound) - size, size // 2):
            window = sound[at : at + size]
            if np.sqrt(np.mean(window**2)) < 0.05:
                continue
            hertz = np.argmax(np.abs(np.fft.rfft(window))) * rate / size
            text = self.texts[min(len(self.texts) - 1, round((hertz - _LOWEST_HZ) / _STEP_HZ))]
            if not heard or heard[-1] != text:
                heard.append(text)
        return " ".join(heard)


@dataclass
class ToneEars:
    """Hears tones after `seconds`. Texts of `nothing` are noise to it."""

    tones: Language_of_tones
    seconds: float = 0.1
    language: Language = "es"
    nothing: Sequence[str] = ()

    idle: bool = True
    asked: int = 0

    async def hear(
        self,
        pcm: np.ndarray,
        *,
        languages: Sequence[Language],
        current: Language,
        hints: Sequence[str] = (),
        expected: str = "",
        unhurried: bool = False,
    ) -> Transcript:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        text = self.tones.understand(pcm, 16_000)
        return Transcript("" if text in self.nothing else text, self.language, 0.9, 0.0, {self.language: 1.0})

    async def warm(self) -> None:
        return

    async def close(self) -> None:
        return


@dataclass
class HummingVoice:
    """Hums 60 ms a character, all at once after `seconds`."""

    seconds: float = 0.05
    name: str = "hum"
    trouble: list[BaseException] = field(default_factory=list)

    def for_call(self, report: object) -> HummingVoice:
        return self

    async def speak(self, text: str, language: Language) -> AsyncGenerator[bytes]:
        await asyncio.sleep(self.seconds)
        if self.trouble:
            raise self.trouble.pop(0)
        yield np.full(int(len(text) * 0.06 * VOICE_RATE), 3000, np.int16).tobytes()

    async def warm(self) -> None:
        return

    async def close(self) -> None:
        return


class LoudnessVad:
    """Anything loud is speech."""

    def __init__(self, rate: int):
        self._window, self._rest = rate * 32 // 1000, np.zeros(0, np.int16)

    def feed(self, pcm: Pcm) -> list[float]:
        samples = np.concatenate([self._rest, pcm])
        whole = len(samples) // self._window * self._window
        self._rest = samples[whole:]
        return [float(np.abs(window).mean() > 500) for window in samples[:whole].reshape(-1, self._window)]


class SureTurn:
    """Every pause sounds finished."""

    async def chance(self, speech: np.ndarray) -> float:
        return 0.95


def sound(tones: Language_of_tones, ears: ToneEars | None = None, voice: HummingVoice | None = None) -> Sound:
    return Sound(ears or ToneEars(tones), voice or HummingVoice(), LoudnessVad, SureTurn())  # type: ignore[arg-type]


@dataclass
class Telephone:
    """A caller who says things at set times and then hangs up at `until` (seconds); it plays what it is sent."""

    tones: Language_of_tones
    says: Sequence[tuple[float, str, float]]
    """(when, text, for how long)."""
    until: float
    keys: Sequence[tuple[float, str]] = ()
    rate: int = RATE
    marks: bool = True
    played: list[tuple[float, bool]] = field(default_factory=list)
    """(when, whether it was a voice) of each frame that was sent."""
    hung_up: bool = False
    on_mark: Callable[[str], None] = lambda name: None
    on_keys: Callable[[str], None] = lambda key: None

    async def frames(self) -> AsyncGenerator[Pcm]:
        loop = asyncio.get_running_loop()
        line = np.zeros(int(self.until * RATE), np.int16)
        for when, text, seconds in self.says:
            wave = self.tones.tone(text, seconds)
            line[int(when * RATE) :][: len(wave)] = wave
        keys = list(self.keys)
        self.began = loop.time()
        for n in range(len(line) // FRAME):
            await asyncio.sleep(self.began + (n + 1) * FRAME_S - loop.time())
            if self.hung_up:
                return
            while keys and keys[0][0] <= n * FRAME_S:
                self.on_keys(keys.pop(0)[1])
            yield line[n * FRAME : (n + 1) * FRAME]

    async def send(self, pcm: Pcm) -> None:
        self.played.append((asyncio.get_running_loop().time() - self.began, bool(np.abs(pcm).max() > 0)))

    async def mark(self, name: str) -> None:
        asyncio.get_running_loop().call_later(0.06, self.on_mark, name)

    async def clear(self) -> None:
        return

    async def hang_up(self) -> None:
        self.hung_up = True

    def first_voice_after(self, when: float) -> float:
        """When the caller first hears a voice after `when`."""
        return next(at for at, voiced in self.played if voiced and at >= when)

    def silent_between(self, begin: float, end: float) -> bool:
        return not any(voiced for at, voiced in self.played if begin <= at < end)
