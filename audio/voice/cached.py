"""Clauses made once and kept: what was prepared stays on disk, what was spoken lately in memory.

Only what `prepare` is given goes to disk. Words made up during a call, a caller's number read back among them, stay in
memory and go with the process.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from audio.voice import Engine, Urgency
from audio.voice.sentences import pieces_of
from audio.weights import written
from calls.words import Language

ON_DISK_BYTES = 256 << 20
"""About an hour and a half of speech."""
IN_MEMORY_BYTES = 32 << 20
Prepared = Callable[[int, int], None]
"""Called with (clauses ready, clauses in all)."""


async def at_once() -> None:
    """Nobody is calling."""


def unreported(done: int, total: int) -> None:
    """Reports nothing."""


class CachedEngine:
    """An Engine before another one. A file that is missing or damaged is simply made again."""

    def __init__(self, engine: Engine, folder: Path, on_disk: int = ON_DISK_BYTES, in_memory: int = IN_MEMORY_BYTES):
        self.engine = engine
        self.name, self.edition = engine.name, engine.edition
        self._shelf = Shelf(folder / engine.edition, on_disk)
        self._hot: OrderedDict[str, bytes] = OrderedDict()
        self._hot_bytes, self._in_memory = 0, in_memory

    async def say(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        key = self._key(clause, language)
        if key in self._hot:
            self._hot.move_to_end(key)
            return self._hot[key]
        sound = await asyncio.to_thread(self._shelf.read, key)
        if sound is None:
            sound = await self.engine.say(clause, language, urgency)
        self._remember(key, sound)
        return sound

    async def prepare(
        self,
        texts: Iterable[tuple[str, Language]],
        progress: Prepared = unreported,
        when_quiet: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        """Makes the sound of `texts` and keeps it on disk, one clause at a time, each after `when_quiet`.

        Live speech goes first even then. Raises EngineError when the engine fails, WeightsError when the folder cannot
        be written.
        """
        wanted = list(
            dict.fromkeys((piece, language) for text, language in texts for piece in pieces_of(text, language))
        )
        for done, (piece, language) in enumerate(wanted):
            progress(done, len(wanted))
            key = self._key(piece, language)
            if await asyncio.to_thread(self._shelf.has, key):
                continue
            await when_quiet()
            sound = self._hot.get(key) or await self.engine.say(piece, language, Urgency.AHEAD)
            if sound:
                await asyncio.to_thread(self._shelf.write, key, sound)
        progress(len(wanted), len(wanted))

    async def warm(self) -> None:
        await self.engine.warm()

    async def close(self) -> None:
        await self.engine.close()

    @staticmethod
    def _key(clause: str, language: Language) -> str:
        return hashlib.sha256(f"{language}\n{clause}".encode()).hexdigest()[:40]

    def _remember(self, key: str, sound: bytes) -> None:
        if key not in self._hot:
            self._hot[key] = sound
            self._hot_bytes += len(sound)
        while self._hot_bytes > self._in_memory:
            self._hot_bytes -= len(self._hot.popitem(last=False)[1])


class Shelf:
    """Sounds in a folder, the least recently used thrown out first. Each file is a SHA-256 and the PCM it is of."""

    def __init__(self, folder: Path, room: int):
        self._folder, self._room = folder, room

    def has(self, key: str) -> bool:
        return self.read(key) is not None

    def read(self, key: str) -> bytes | None:
        """The sound, or None when it isn't there whole."""
        file = self._file(key)
        try:
            raw = file.read_bytes()
            digest, sound = raw[:32], raw[32:]
            if not sound or hashlib.sha256(sound).digest() != digest:
                file.unlink()
                return None
            file.touch()
        except OSError:
            return None
        return sound

    def write(self, key: str, sound: bytes) -> None:
        """Keeps a sound. Raises WeightsError when the folder cannot be written."""
        with written(self._file(key)) as fresh:
            fresh.write_bytes(hashlib.sha256(sound).digest() + sound)
        self._make_room()

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.pcm"

    def _make_room(self) -> None:
        stats = [(file, file.stat()) for file in self._folder.glob("*.pcm")]
        over = sum(stat.st_size for _, stat in stats) - self._room
        for file, stat in sorted(stats, key=lambda pair: pair[1].st_mtime_ns):
            if over <= 0:
                return
            file.unlink(missing_ok=True)
            over -= stat.st_size
