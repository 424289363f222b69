"""Vectors that are the same for every office, kept beside the code in measured.npz: no start waits for them.

``python -m evals.knowledge --measure`` makes the file anew; a test tells when that is due.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedding import Rows

FILE = Path(__file__).with_name("measured.npz")
_SOURCES = ("background.yaml", "topics.yaml")


def key(encoders: str) -> str:
    """Changes with the encoders and with every sentence that was measured."""
    digest = sha256(encoders.encode())
    for name in _SOURCES:
        digest.update(FILE.with_name(name).read_bytes())
    return digest.hexdigest()


@cache
def measured(encoders: str) -> dict[str, Rows]:
    """Rows by name; none when the file was made with other encoders or sentences."""
    if not FILE.exists():
        return {}
    with np.load(FILE) as kept:
        if str(kept["key"]) != key(encoders):
            return {}
        return {name: kept[name].astype(np.float32) for name in kept.files if name != "key"}


def write(encoders: str, rows: dict[str, Rows]) -> None:
    """Keeps `rows` in half precision, which changes a cosine by less than 0.001."""
    halves: dict[str, Any] = {name: each.astype(np.float16) for name, each in rows.items()}
    np.savez_compressed(FILE, key=np.array(key(encoders)), **halves)
