"""The index of meaning: Chroma, with what each circle may hear filtered inside the query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import urlsplit

import chromadb
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError

from calls.errors import EngineError
from calls.words import Audience, Circle, Language, Preference
from knowledge.embedding import Rows
from knowledge.meaning import Meaning
from knowledge.wording import guess_language

_BATCH = 100
_NAME = "preferences-"
Report = Callable[[int, int], None]
"""Told of long work: how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One wording under which a preference can be found. `id` changes with anything that the index keeps of it."""

    id: str
    preference: Preference
    kind: str
    text: str
    language: Language

    def metadata(self) -> dict[str, str | int]:
        since, until = day_span(self.preference)
        return {
            "preference": self.preference.id,
            "rank": Circle(self.preference.audience.value).rank,
            "topic": self.preference.topic,
            "since": since,
            "until": until,
            "kind": self.kind,
            "language": self.language,
        }


def day_span(preference: Preference) -> tuple[int, int]:
    """The first and last day (date.toordinal) on which it is valid."""
    since, until = preference.valid_from or date.min, preference.valid_until or date.max
    return since.toordinal(), until.toordinal()


def entries(preferences: Iterable[Preference]) -> list[Entry]:
    """One for each wording and `when` of all approved preferences, except those for nobody and for single callers."""
    found: list[Entry] = []
    for preference in preferences:
        if preference.audience is Audience.NOBODY or preference.status != "approved" or preference.callers:
            continue
        wordings = [("text", language, text) for language, text in preference.text.items()]
        wordings += [("say", language, text) for language, text in preference.say.items()]
        if preference.when:
            wordings.append(("when", guess_language(preference.when, "en"), preference.when))
        found += [_entry(preference, kind, text, language) for kind, language, text in wordings]
    return found


def _entry(preference: Preference, kind: str, text: str, language: Language) -> Entry:
    entry = Entry("", preference, kind, text, language)
    said = repr((sorted(entry.metadata().items()), text))
    return Entry(f"{preference.id}:{sha256(said.encode()).hexdigest()[:16]}", preference, kind, text, language)


class Index:
    """Blocking; call it from a worker thread. Failures of the store are EngineError("knowledge", ...)."""

    def __init__(self, data: Path, meaning: Meaning, url: str | None = None):
        self._meaning = meaning
        self._known: set[str] | None = None
        try:
            self._client = _client(data, url)
            self._entries = self._client.get_or_create_collection(
                f"{_NAME}{sha256(meaning.name.encode()).hexdigest()[:12]}",
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                embedding_function=None,
            )
        except (ChromaError, ValueError, OSError, RuntimeError) as error:
            raise EngineError("knowledge", f"Chroma cannot be opened ({error})") from error

    def missing(self, wanted: Iterable[Entry]) -> list[Entry]:
        """What is wanted and not yet in the index."""
        known = self._ids()
        return list({entry.id: entry for entry in wanted if entry.id not in known}.values())

    def put(self, wanted: Iterable[Entry], report: Report | None = None) -> int:
        """Adds what is not yet in the index; returns how many. Doing it again adds nothing."""
        added = self.missing(wanted)
        for start in range(0, len(added), _BATCH):
            batch = added[start : start + _BATCH]
            rows = self._meaning.on_file([(entry.text, entry.language) for entry in batch])
            self._asked(
                self._entries.upsert,
                ids=[entry.id for entry in batch],
                embeddings=rows,
                metadatas=[entry.metadata() for entry in batch],
            )
            self._ids().update(entry.id for entry in batch)
            if report:
                report(start + len(batch), len(added))
        return len(added)

    def keep_only(self, wanted: Iterable[Entry]) -> int:
        """Takes out whatever is not wanted; returns how many."""
        gone = list(self._ids() - {entry.id for entry in wanted})
        for start in range(0, len(gone), _BATCH):
            batch = gone[start : start + _BATCH]
            self._asked(self._entries.delete, ids=batch)
            self._ids().difference_update(batch)
        return len(gone)

    def nearest(self, row: Rows, circle: Circle, day: date, count: int) -> dict[str, float]:
        """Entry ids with their cosine to `row`, of what `circle` may hear on `day`."""
        where = {
            "$and": [
                {"rank": {"$lte": circle.rank}},
                {"since": {"$lte": day.toordinal()}},
                {"until": {"$gte": day.toordinal()}},
            ]
        }
        found = self._asked(
            self._entries.query, query_embeddings=[row], n_results=count, where=where, include=["distances"]
        )
        return {id_: 1.0 - distance for id_, distance in zip(found["ids"][0], found["distances"][0], strict=True)}

    def rows(self, ids: Sequence[str]) -> dict[str, Rows]:
        """The rows of entries, by id; those that are not in the index are left out."""
        found: dict[str, Rows] = {}
        for start in range(0, len(ids), _BATCH):
            part = self._asked(self._entries.get, ids=list(ids[start : start + _BATCH]), include=["embeddings"])
            found |= dict(zip(part["ids"], part["embeddings"], strict=True))
        return found

    def _ids(self) -> set[str]:
        """What is in the store, as it was at the first look and with all that this process did since."""
        if self._known is None:
            self._known = set(self._asked(self._entries.get, include=[])["ids"])
        return self._known

    def _asked(self, call: Any, **what: Any) -> Any:
        try:
            return call(**what)
        except (ChromaError, ValueError, OSError, RuntimeError) as error:
            raise EngineError("knowledge", f"Chroma failed ({type(error).__name__}: {error})") from error


def erase(data: Path, url: str | None = None) -> None:
    """Forgets the whole index, a broken one too; the next start makes it anew."""
    if url is None:
        rmtree(data, ignore_errors=True)
        return
    try:
        client = _client(data, url)
        for collection in client.list_collections():
            if collection.name.startswith(_NAME):
                client.delete_collection(collection.name)
    except (ChromaError, ValueError, OSError, RuntimeError) as error:
        raise EngineError("knowledge", f"Chroma failed ({type(error).__name__}: {error})") from error


def _client(data: Path, url: str | None) -> ClientAPI:
    settings = Settings(anonymized_telemetry=False)
    if url is None:
        data.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=data, settings=settings)
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    return chromadb.HttpClient(
        parts.hostname or "localhost", parts.port or (443 if tls else 8000), tls, settings=settings
    )
