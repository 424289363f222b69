"""What is on file, version by version: the plain form in which it is kept, and the port it is kept through.

Nothing on file is ever overwritten. An edit, an approval, an archiving and a restoring are each a new version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from calls.errors import AntesalaError

Kind = Literal["preference", "contact", "voice"]
Status = Literal["draft", "approved", "archived"]
Key = tuple[Kind, str]
"""What a version is a version of: its kind and its id."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of something on file. `number` rises by one from 1; `data` is plain JSON."""

    kind: Kind
    id: str
    number: int
    data: dict[str, Any]
    status: Status
    author: str
    at: datetime
    source: str | None = None
    """The fingerprint of the office folder's entry as it was last read; None when the folder never had one."""
    batch: str | None = None
    """The import that it came with."""
    cursor: int = 0
    """Rises with every version that is kept, whatever it is of."""

    @property
    def key(self) -> Key:
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs between two versions; `field` is a path such as ``text.es``."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """One import: how many versions came with it."""

    id: str
    at: datetime
    author: str
    count: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another preference that answers the same caller differently; `used`: the id of the one that is told meanwhile."""

    other: Version
    used: str


class Versions(Protocol):
    """Keeps versions, append-only. Every method raises EngineError."""

    async def after(self, cursor: int) -> Sequence[Version]:
        """Of everything that has a version after `cursor` the newest one, oldest first."""
        ...

    async def history(self, kind: Kind, id: str) -> Sequence[Version]:
        """Every version of one thing, oldest first; none when there is no such thing."""
        ...

    async def add(self, new: Sequence[Version]) -> None:
        """Keeps all or none. Raises Outdated when a number is not the one after the newest on file."""
        ...

    async def batch(self, batch: str) -> Sequence[Version]:
        """All that came with one import."""
        ...

    async def batches(self) -> Sequence[Batch]:
        """The imports, newest first."""
        ...


class NotOnFile(AntesalaError):
    """There is nothing with this id, or no such version of it."""

    def __init__(self, what: str, id: str):
        super().__init__(f"There is no {what} {id!r} on file. List them to find the right one.")


class Outdated(AntesalaError):
    """Somebody else has changed it meanwhile; `changes`: what they changed. Nothing was written."""

    def __init__(self, key: Key, newest: int, author: str = "", changes: Sequence[Change] = ()):
        self.key, self.newest, self.author, self.changes = key, newest, author, tuple(changes)
        by = f" by {author}" if author else ""
        super().__init__(
            f"{key[1]!r} has been changed meanwhile: it is now at version {newest}{by}. Nothing was overwritten. "
            "Look at what has changed, and save again on top of that version."
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with what somebody wrote: the field, the matter, the mend."""

    where: str
    what: str
    mend: str


class NotFit(AntesalaError):
    """What was written cannot be kept. `faults`: everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]):
        self.faults = tuple(faults)
        super().__init__(" ".join(f"{each.where}: {each.what} {each.mend}" for each in faults[:3]))
