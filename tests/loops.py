"""Event loops for tests: both tell what was left behind, one lives on virtual time."""

from __future__ import annotations

import asyncio
import selectors
from pathlib import Path
from typing import Any

from evals.virtual_time import VirtualTime

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


class VirtualTimeLoop(WatchfulLoop, VirtualTime):
    """Virtual time, and nothing left behind."""
