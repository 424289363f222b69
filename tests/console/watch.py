"""A watch on the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BUSY_S, BLOCKED_S = 0.05, 0.25
"""A step of the loop may compute, and wait on anything else than the loop itself, for so long."""


@contextmanager
def steps_of_the_loop() -> Iterator[list[str]]:
    """Those that took too long. The processor's time is what counts: this machine may be doing other things."""
    slow: list[str] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        busy, began = time.thread_time(), time.perf_counter()
        run(handle)
        busy, took = time.thread_time() - busy, time.perf_counter() - began
        if busy > BUSY_S or took > BLOCKED_S:
            slow.append(f"{busy * 1000:.0f} of {took * 1000:.0f} ms: {handle!r}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", timed)
        yield slow
