"""Event loops for tests: both tell what was left behind, one lives on virtual time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


class WatchfulLoop(asyncio.SelectorEventLoop):
    """Remembers our own async generators that were dropped half-way without `aclose`."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector)
        self.abandoned: list[str] = []

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        file = Path(agen.ag_code.co_filename)
        if file.is_relative_to(ROOT) and ".venv" not in file.parts:
            self.abandoned.append(agen.__qualname__)
        super()._asyncgen_finalizer_hook(agen)  # type: ignore[misc]


class VirtualTimeLoop(WatchfulLoop):
    """Its clock starts at 0 and jumps to the next timer whenever nothing else is left to do.

    While work given to `run_in_executor` is out, it waits for that in real time and the clock stands still.
    """

    def __init__(self) -> None:
        super().__init__(_Jumping(self))
        self._now = 0.0
        self._in_threads = 0

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        self._in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    def _back(self, _: asyncio.Future[Any]) -> None:
        self._in_threads -= 1

    def pass_idly(self, timeout: float | None) -> float | None:
        """Lets `timeout` seconds of the loop's time pass; returns how long the selector must really wait."""
        if self._in_threads or timeout is None:
            return None
        self._now += timeout
        return 0


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0) or super().select(0 if timeout == 0 else self._loop.pass_idly(timeout))
