"""The recording of one call: both sides apart on one clock, on disk as the call goes.

While a call lasts its sound goes to a plain file (int16, two channels: caller, house), so that a crash costs no more
than what was not yet written; at its end that becomes a FLAC file. `mend` does the same for calls that a crash cut off.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calls.errors import EngineError
from calls.sealing import NO_KEYS, Keys
from calls.wire import Pcm

EVERY_S = 0.5
"""So often what has been heard is written."""
SETTLED_S = 0.3
"""What is older than this is no longer taken back by a barge-in."""
BEHIND_S = 0.12
"""A side that is this far behind the clock has been silent, not late."""
CALLER, HOUSE = 0, 1
FRAME = 4
"""Bytes of one sample of both."""
PART, WHOLE = ".part", ".flac"

log = logging.getLogger(__name__)


class Recorder:
    """A `calls.consent.Tape`, and what a `calls.bridge.Bridge` gives its sound to. Nothing is on disk before `start`.

    `failed` is told, once, why nothing more can be kept. `keys`: what the files are sealed with, if anything.
    """

    def __init__(
        self,
        folder: Path,
        call_id: str,
        rate: int,
        failed: Callable[[str], None] = lambda why: None,
        keys: Keys = NO_KEYS,
    ):
        self._whole = folder / f"{call_id}{WHOLE}"
        self._part = folder / f"{call_id}.{rate}{PART}"
        self._rate, self._failed, self._keys = rate, failed, keys
        self._sound = np.zeros((0, 2), np.int16)
        """What is not yet written, beginning at sample `_written`."""
        self._written = 0
        self._ends = [0, 0]
        """Where each side's sound ends, in samples since `start`."""
        self._began = 0.0
        self._writing: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    # --- the sound of the call ------------------------------------------------------------------------

    def caller(self, pcm: Pcm) -> None:
        """What the caller says, as it comes."""
        self._keep(CALLER, pcm)

    def house(self, pcm: Pcm) -> None:
        """What the caller is given to hear, as it is sent."""
        self._keep(HOUSE, pcm)

    def clear(self) -> None:
        """What was sent and not yet played will not be heard."""
        if self._writing:
            now = self._now()
            self._sound[max(0, now - self._written) :, HOUSE] = 0
            self._ends[HOUSE] = min(self._ends[HOUSE], now)

    def _keep(self, side: int, pcm: Pcm) -> None:
        if self._writing is None:
            return
        now = self._now()
        if now - self._ends[side] > BEHIND_S * self._rate:
            self._ends[side] = now - (len(pcm) if side == CALLER else 0)
        at = max(self._ends[side], self._written)
        self._ends[side] = at + len(pcm)
        missing = self._ends[side] - self._written - len(self._sound)
        if missing > 0:
            self._sound = np.concatenate([self._sound, np.zeros((missing, 2), np.int16)])
        self._sound[at - self._written : self._ends[side] - self._written, side] = pcm

    def _now(self) -> int:
        return int((asyncio.get_running_loop().time() - self._began) * self._rate)

    # --- its life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """From here on both sides are kept."""
        self._began = asyncio.get_running_loop().time()
        self._writing = asyncio.create_task(self._write_on())

    async def discard(self) -> None:
        """Nothing more is kept, and nothing stays of what was."""
        await self._stop()
        await asyncio.to_thread(self._part.unlink, missing_ok=True)

    async def finish(self) -> None:
        """The call is over: what was kept of it, if anything, becomes a file that can be played."""
        if self._writing is None:
            return
        await self._stop()
        await self._on_disk(lambda: self._complete(self._sound))

    async def _stop(self) -> None:
        writing, self._writing = self._writing, None
        self._over.set()
        if writing:
            await writing

    async def _write_on(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._over.wait()
            ready = min(len(self._sound), self._now() - int(SETTLED_S * self._rate) - self._written)
            if ready > 0:
                settled, self._sound = self._sound[:ready], self._sound[ready:]
                self._written += ready
                if not await self._on_disk(lambda settled=settled: self._append(settled)):  # type: ignore[misc]
                    self._writing = None
                    return

    async def _on_disk(self, work: Callable[[], Any]) -> bool:
        """Whether it could be done; a disk that fails costs the recording, never the call."""
        try:
            await asyncio.to_thread(work)
        except OSError as error:
            log.error("a call can no longer be recorded: %s", error.strerror)
            self._failed(error.strerror or "the disk failed")
            return False
        return True

    def _append(self, sound: NDArray[np.int16]) -> None:
        self._part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._part.open("ab") as part:
            part.write(self._keys.seal_piece(np.ascontiguousarray(sound).tobytes()))

    def _complete(self, rest: NDArray[np.int16]) -> None:
        self._append(rest)
        complete(self._part, self._keys)


def complete(part: Path, keys: Keys = NO_KEYS) -> None:
    """Makes the FLAC file of what was written as the call went, if anything was. Blocks.

    Raises OSError, and EngineError when `keys` do not open it.
    """
    import soundfile

    call_id, rate = part.name.removesuffix(PART).split(".")
    whole, half = part.with_name(f"{call_id}{WHOLE}"), part.with_name(f"{call_id}.half")
    written = keys.open_file(part.read_bytes())
    sound = np.frombuffer(written[: len(written) // FRAME * FRAME], np.int16).reshape(-1, 2)
    if len(sound):
        playable = io.BytesIO()
        try:
            soundfile.write(playable, sound, int(rate), format="FLAC")
        except soundfile.LibsndfileError as error:
            raise OSError(0, f"FLAC: {error}") from None
        half.touch(0o600)
        half.write_bytes(keys.seal_piece(playable.getvalue()))
        half.replace(whole)
    part.unlink()


def mend(folder: Path, keys: Keys = NO_KEYS) -> None:
    """Completes the recordings that a crash cut off, as far as the disk lets us. Blocks."""
    for part in folder.glob(f"*{PART}"):
        try:
            complete(part, keys)
        except (OSError, EngineError) as error:
            why = error.strerror if isinstance(error, OSError) else error.what
            log.error("the recording %s could not be completed: %s", part.name, why)
