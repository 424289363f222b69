"""One server at a time on one data folder: a second would take the first one's calls for cut off by a crash."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calls.errors import SettingsError


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Holds `data` until left, or until the process dies. Raises SettingsError while another process holds it."""
    with (data / "serving.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"Another Antesala already answers with the data in {data}. Stop it, or choose another ANTESALA_DATA."
            ) from None
        yield
