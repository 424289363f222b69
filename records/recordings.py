"""Recordings are kept for exactly as long as the record says that their caller agreed to them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, select
from sqlmodel import col

from calls.words import Recording
from records.reading import rows
from records.tables import EventTable

log = logging.getLogger(__name__)

RECORDINGS = "recordings"
"""Their folder in the data folder: ``CALL_ID.flac``."""


def prune(data: Path, connection: Connection) -> int:
    """Deletes those whose call was erased or is too old, or whose caller took the yes back; how many.

    Blocks. What the disk does not let go is tried again the next time.
    """
    files = [file for file in (data / RECORDINGS).glob("*") if file.is_file()]
    agreed = _agreed({_call_id(file) for file in files}, connection)
    gone = [file for file in files if _call_id(file) not in agreed]
    for file in gone:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log.error("the recording %s could not be deleted: %s", file.name, error.strerror)
    return len(gone)


def kept(data: Path) -> list[Path]:
    """All that are whole. Blocks."""
    return sorted((data / RECORDINGS).glob("*.flac"))


def recorded(data: Path, ids: Iterable[str]) -> list[Path]:
    """Where the recordings of these calls are. Blocks."""
    files = (data / RECORDINGS / f"{call_id}.flac" for call_id in ids)
    return [file for file in files if file.is_file()]


def _agreed(ids: set[str], connection: Connection) -> set[str]:
    """Those of the calls whose caller last agreed to be recorded."""
    told = select(EventTable).where(col(EventTable.kind) == Recording.kind, col(EventTable.call_id).in_(ids))
    last = {row["call_id"]: row["data"]["state"] for row in rows(told.order_by(col(EventTable.no)), connection)}
    return {call_id for call_id, state in last.items() if state == "agreed"}


def _call_id(file: Path) -> str:
    return file.name.split(".")[0]
