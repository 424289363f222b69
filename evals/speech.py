"""Recorded speech to measure with: real callers where they are at hand, else the project's own recordings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "audio"
OWN = Path(__file__).parent / "callers"
RATE = 8000


@dataclass(frozen=True, slots=True)
class Recorded:
    """One utterance at 8 kHz. Times are seconds from its first sample; `pauses` are inside the sentence."""

    name: str
    kind: str
    language: str
    transcript: str | None
    pcm: NDArray[np.int16]
    begins: float
    ends: float
    pauses: tuple[tuple[float, float], ...] = ()


def load(kinds: Sequence[str], folder: Path = SHARED) -> list[Recorded]:
    """The recordings of these kinds in `folder`, by its manifest; none where there is no such folder."""
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        return []
    rows = [json.loads(line) for line in manifest.read_text().splitlines() if line.strip()]
    return [_recorded(folder, row) for row in rows if row["kind"] in kinds and row.get("measured")]


def own() -> list[Recorded]:
    """The project's own sample callers, one utterance each."""
    return [_own(path) for path in sorted(OWN.rglob("*.flac"))]


def _recorded(folder: Path, row: dict[str, object]) -> Recorded:
    measured = row["measured"]
    assert isinstance(measured, dict)
    pauses = tuple((float(begin), float(end)) for begin, end in measured.get("pauses", []))
    transcript = row["transcript"]
    return Recorded(
        str(row["file"]), str(row["kind"]), str(row["lang"]), str(transcript) if transcript else None,
        _pcm(folder / str(row["file"])), float(measured["speech_start"]), float(measured["speech_end"]), pauses,
    )  # fmt: skip


def _own(path: Path) -> Recorded:
    pcm = _pcm(path)
    loud = np.flatnonzero(np.abs(pcm) > 600)
    language = "en" if path.parent.name.endswith("_en") else "es"
    return Recorded(path.stem, "own", language, None, pcm, loud[0] / RATE, loud[-1] / RATE)


def _pcm(path: Path) -> NDArray[np.int16]:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    narrow = soxr.resample(mono, rate, RATE) if rate != RATE else mono
    pcm: NDArray[np.int16] = (np.clip(narrow, -1, 1) * 32767).astype(np.int16)
    return pcm
