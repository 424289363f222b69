"""An event loop on virtual time: whoever waits for a clock waits for nothing; whoever waits for work waits for it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class VirtualTime(asyncio.SelectorEventLoop):
    """Its clock starts at 0 and jumps to the next timer whenever nothing else is left to do.

    While work given to `run_in_executor` is out, or inside `standing_still`, it waits for that in real time and the
    clock stands still.
    """

    def __init__(self, _: selectors.BaseSelector | None = None) -> None:
        super().__init__(_Jumping(self))
        self._now = 0.0
        self._out = 0

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        self._out += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _: asyncio.Future[Any]) -> None:
        self._out -= 1

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Around an `await` of work that is done in threads or processes of its own."""
        self._out += 1
        try:
            yield
        finally:
            self._out -= 1

    def pass_idly(self, timeout: float | None) -> float | None:
        """Lets `timeout` seconds of the loop's time pass; returns how long the selector must really wait."""
        if self._out or timeout is None:
            return None
        self._now += timeout
        return 0


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0) or super().select(0 if timeout == 0 else self._loop.pass_idly(timeout))
