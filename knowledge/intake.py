"""What the office folder says, as new versions of what is on file.

An entry counts as changed when it says something else than when it was last read. So what the folder leaves as it was
never undoes an edit made in the study, however often it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from calls.versions import Key, Status, Version, Versions
from knowledge.office_folder import OfficeFolder, read_office
from knowledge.plain import Plain, fingerprint, plain_contact, plain_policy, plain_preference

FOLDER = "office folder"
VOICE: Key = ("voice", "voice")
Files = Mapping[Key, Version]


async def take_over(office: Path, versions: Versions, at: datetime) -> tuple[OfficeFolder, int]:
    """Keeps what the folder says anew; the folder, and how many versions that were. Raises BrokenOffice."""
    files = {each.key: each for each in await versions.after(0)}
    folder = await asyncio.to_thread(read_office, office, pins_of(files))
    new = intake(folder, files, at)
    await versions.add(new)
    return folder, len(new)


def intake(folder: OfficeFolder, files: Files, at: datetime) -> list[Version]:
    """The versions to add. What the folder no longer has is archived, unless it was edited in the study."""
    new: list[Version] = []
    said: set[Key] = set()
    for key, data, status, author in _entries(folder):
        said.add(key)
        known, source = files.get(key), fingerprint(data, status)
        if known is None or known.source != source:
            new.append(next_version(known, key, data, status, author or FOLDER, at, source=source))
    for known in files.values():
        as_in_folder = known.source and known.source == fingerprint(known.data, known.status)
        if as_in_folder and known.status != "archived" and known.key not in said:
            gone = next_version(known, known.key, known.data, "archived", FOLDER, at)
            new.append(replace(gone, source=""))
    return new


def next_version(
    known: Version | None,
    key: Key,
    data: Plain,
    status: Status,
    author: str,
    at: datetime,
    source: str | None = None,
    batch: str | None = None,
) -> Version:
    """The version after `known`; where it comes from stays as it was unless `source` tells anew."""
    number = known.number + 1 if known else 1
    return Version(*key, number, data, status, author, at, source or (known.source if known else None), batch)


def pins_of(files: Files) -> dict[str, str]:
    """By contact the hash that its PIN had when the folder was last read."""
    return {id: known.source.partition(":")[2] for (_, id), known in files.items() if known.source}


def _entries(folder: OfficeFolder) -> list[tuple[Key, Plain, Status, str]]:
    found: list[tuple[Key, Plain, Status, str]] = [(VOICE, plain_policy(folder.policy), "approved", "")]
    found += [
        (("preference", each.id), plain_preference(each), each.status, each.author) for each in folder.preferences
    ]
    found += [(("contact", each.id), plain_contact(each), "approved", "") for each in folder.contacts]
    return found
