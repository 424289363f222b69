"""The index of meaning: Chroma. No search returns what a circle may not hear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any, cast
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api.client import Client
from chromadb.config import Settings
from chromadb.errors import ChromaError

from calls.errors import EngineError
from calls.words import Audience, Circle, Language, Preference
from knowledge.embedding import Rows
from knowledge.meaning import Meaning
from knowledge.wording import guess_language

_BATCH, _PAGE = 100, 5_000
"""Entries written at once, and read at once: SQLite takes no more than 32,766 variables."""
WIDER = 4
"""So many times more entries are asked for than are wanted, before what may not be heard is left out."""
Span = tuple[int, int, int]
"""Of an entry: the lowest circle that may hear it, and the first and last day on which it is valid."""
_NAME = "preferences-"
_FAILURES = (ChromaError, httpx.HTTPError, ValueError, OSError, RuntimeError)
"""What Chroma raises when it fails, in this process or as a server."""
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


def _span(metadata: Mapping[str, Any]) -> Span:
    return int(metadata["rank"]), int(metadata["since"]), int(metadata["until"])


def _entry(preference: Preference, kind: str, text: str, language: Language) -> Entry:
    entry = Entry("", preference, kind, text, language)
    said = repr((sorted(entry.metadata().items()), text))
    return Entry(f"{preference.id}:{sha256(said.encode()).hexdigest()[:16]}", preference, kind, text, language)


class Index:
    """Blocking; call it from a worker thread. Failures of the store are EngineError("knowledge", ...)."""

    def __init__(self, data: Path, meaning: Meaning, url: str | None = None):
        self._meaning = meaning
        self._known: dict[str, Span] | None = None
        try:
            self._client = _client(data, url)
            self._entries = self._client.get_or_create_collection(
                f"{_NAME}{sha256(meaning.name.encode()).hexdigest()[:12]}",
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                embedding_function=None,
            )
        except _FAILURES as error:
            raise EngineError("knowledge", f"Chroma cannot be opened ({error})") from error

    def missing(self, wanted: Iterable[Entry]) -> list[Entry]:
        """What is wanted and not yet in the index."""
        known = self._known_entries()
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
            self._known_entries().update((entry.id, _span(entry.metadata())) for entry in batch)
            if report:
                report(start + len(batch), len(added))
        return len(added)

    def keep_only(self, wanted: Iterable[Entry]) -> int:
        """Takes out whatever is not wanted; returns how many."""
        gone = list(self._known_entries().keys() - {entry.id for entry in wanted})
        for start in range(0, len(gone), _BATCH):
            batch = gone[start : start + _BATCH]
            self._asked(self._entries.delete, ids=batch)
            for id_ in batch:
                self._known_entries().pop(id_, None)
        return len(gone)

    def nearest(self, row: Rows, circle: Circle, day: date, count: int) -> dict[str, float]:
        """Entry ids with their cosine to `row`, of what `circle` may hear on `day`.

        Chroma reads the metadata of every entry before a filtered search: among many, that costs far more than the
        search. So more are asked for without a filter first; only where too few of those may be heard does it filter.
        """
        wide = self._nearest(row, WIDER * count)
        today = day.toordinal()
        found = {
            id_: near
            for id_, near in wide.items()
            if (span := self._known_entries().get(id_)) and span[0] <= circle.rank and span[1] <= today <= span[2]
        }
        if len(found) < count and len(wide) == WIDER * count:
            rank, since, until = {"$lte": circle.rank}, {"$lte": today}, {"$gte": today}
            return self._nearest(row, count, {"$and": [{"rank": rank}, {"since": since}, {"until": until}]})
        return dict(sorted(found.items(), key=lambda each: -each[1])[:count])

    def _nearest(self, row: Rows, count: int, where: Any = None) -> dict[str, float]:
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

    def close(self) -> None:
        """Gives Chroma back: nothing of it stays open, once the last index of this folder is closed."""
        try:
            self._client.close()
        except _FAILURES as error:
            raise EngineError("knowledge", f"Chroma cannot be closed ({error})") from error

    def _known_entries(self) -> dict[str, Span]:
        """What is in the store, as it was at the first look and with all that this process did since."""
        if self._known is None:
            known: dict[str, Span] = {}
            for start in range(0, self._asked(self._entries.count), _PAGE):
                kept = self._asked(self._entries.get, include=["metadatas"], limit=_PAGE, offset=start)
                known |= {id_: _span(data) for id_, data in zip(kept["ids"], kept["metadatas"], strict=True)}
            self._known = known
        return self._known

    def _asked(self, call: Any, **what: Any) -> Any:
        try:
            return call(**what)
        except _FAILURES as error:
            raise EngineError("knowledge", f"Chroma failed ({type(error).__name__}: {error})") from error


def erase(data: Path, url: str | None = None) -> None:
    """Forgets the whole index, a broken one too; the next start makes it anew. No index of it may be open."""
    if url is None:
        rmtree(data, ignore_errors=True)
        return
    try:
        client = _client(data, url)
        for collection in client.list_collections():
            if collection.name.startswith(_NAME):
                client.delete_collection(collection.name)
    except _FAILURES as error:
        raise EngineError("knowledge", f"Chroma failed ({type(error).__name__}: {error})") from error


def _client(data: Path, url: str | None) -> Client:
    settings = Settings(anonymized_telemetry=False)
    if url is None:
        data.mkdir(parents=True, exist_ok=True)
        return cast(Client, chromadb.PersistentClient(path=data, settings=settings))
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    server = parts.hostname or "localhost", parts.port or (443 if tls else 8000), tls
    return cast(Client, chromadb.HttpClient(*server, settings=settings))
