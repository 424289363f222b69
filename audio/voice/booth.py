"""One thread that makes sound for all calls: the most urgent clause first; what nobody waits for is stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from queue import PriorityQueue
from typing import Protocol

from audio.voice import Urgency
from calls.words import Language


class Stop(Protocol):
    """Setting `terminate` ends a run that was given this (onnxruntime's RunOptions)."""

    terminate: bool


Make = Callable[[str, Language, Stop], bytes]


@dataclass(order=True, slots=True)
class _Job:
    urgency: Urgency
    number: int
    clause: str = field(compare=False)
    language: Language = field(compare=False)
    stop: Stop = field(compare=False)
    made: Future[bytes] = field(compare=False, default_factory=Future)
    dropped: bool = field(compare=False, default=False)


class Booth:
    """Runs `make(clause, language, stop)`, which should raise soon after `stop.terminate` is set."""

    def __init__(self, make: Make, stop: Callable[[], Stop], name: str):
        self._make, self._stop, self._name = make, stop, name
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._numbers = count()
        self._at_work: _Job | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    async def make(self, clause: str, language: Language, urgency: Urgency) -> bytes:
        """The sound of `clause`, in its turn. Work that nobody waits for gives way at once and is begun again later."""
        job = _Job(urgency, next(self._numbers), clause, language, self._stop())
        self._open()
        self._jobs.put(job)
        with self._lock:
            if self._at_work and self._at_work.urgency is Urgency.AHEAD > urgency:
                self._at_work.stop.terminate = True
        try:
            return await asyncio.wrap_future(job.made)
        except asyncio.CancelledError:
            with self._lock:
                job.dropped = True
                job.stop.terminate = True
            raise

    async def close(self) -> None:
        """Stops the thread once the clause in hand is made or stopped."""
        thread, self._thread = self._thread, None
        if thread:
            last = _Job(Urgency.FIRST, -1, "", "en", self._stop(), dropped=True)
            with self._lock:
                if self._at_work:
                    self._at_work.stop.terminate = True
            self._jobs.put(last)
            await asyncio.to_thread(thread.join)

    def _open(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()).number >= 0:
            with self._lock:
                self._at_work = None if job.dropped else job
            if not job.dropped:
                self._do(job)
            with self._lock:
                self._at_work = None

    def _do(self, job: _Job) -> None:
        try:
            sound = self._make(job.clause, job.language, job.stop)
        except Exception as error:  # handed to whoever asked
            if job.stop.terminate and not job.dropped and self._thread is not None:
                job.stop = self._stop()
                self._jobs.put(job)
            elif not job.made.cancelled():
                job.made.set_exception(error)
        else:
            if not job.made.cancelled():
                job.made.set_result(sound)
