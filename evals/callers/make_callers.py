"""Records the sample callers from their scripts: ``python -m evals.callers.make_callers [--gaps-only]``.

Each script ``NAME.yaml`` becomes ``NAME/01.flac`` ... (one file a line) and ``NAME.wav`` (the whole call with its
gaps), 8 kHz, 16 bit, mono, in a telephone's band. With ``--gaps-only`` the recorded lines stay and only the call is
laid out anew.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import yaml
from numpy.typing import NDArray

from audio.voice import Urgency
from audio.voice.kokoro import KokoroEngine
from audio.voice.sentences import pieces_of
from audio.voice.sound import Sound, from_pcm
from calls.words import Language
from evals.telephone import RATE, telephoned
from settings import Settings

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Line:
    """What the caller says after `wait` seconds of silence."""

    wait: float
    say: str


@dataclass(frozen=True, slots=True)
class Script:
    """One caller. `after`: seconds of silence at the end."""

    name: str
    language: Language
    voice: str
    after: float
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, file: Path) -> Script:
        raw = yaml.safe_load(file.read_text())
        lines = tuple(Line(float(line["wait"]), line["say"]) for line in raw["lines"])
        return cls(file.stem, raw["language"], raw["voice"], float(raw["after"]), lines)

    def file(self, number: int) -> Path:
        return HERE / self.name / f"{number:02}.flac"


async def spoken_lines(script: Script, data: Path) -> list[Sound]:
    """Each line as the telephone carries it."""
    engine = KokoroEngine(data, {script.language: script.voice})
    made = []
    for line in script.lines:
        pcm = [await engine.say(piece, script.language, Urgency.NEXT) for piece in pieces_of(line.say, script.language)]
        made.append(telephoned(from_pcm(b"".join(pcm))))
    await engine.close()
    return made


def whole_call(script: Script, lines: list[Sound]) -> Sound:
    """The lines with their gaps."""
    parts: list[NDArray[np.float32]] = []
    for line, sound in zip(script.lines, lines, strict=True):
        parts += [np.zeros(int(line.wait * RATE), np.float32), sound]
    return np.concatenate([*parts, np.zeros(int(script.after * RATE), np.float32)])


def record(script: Script, data: Path, gaps_only: bool) -> None:
    if not gaps_only:
        script.file(1).parent.mkdir(exist_ok=True)
        for number, sound in enumerate(asyncio.run(spoken_lines(script, data)), 1):
            soundfile.write(script.file(number), sound, RATE, subtype="PCM_16")
    lines = [soundfile.read(script.file(number), dtype="float32")[0] for number in range(1, len(script.lines) + 1)]
    soundfile.write(HERE / f"{script.name}.wav", whole_call(script, lines), RATE, subtype="PCM_16")


def main() -> None:
    parser = argparse.ArgumentParser(description="Records the sample callers from their scripts.")
    parser.add_argument("--gaps-only", action="store_true", help="keep the recorded lines, lay out the calls anew")
    chosen = parser.parse_args()
    for file in sorted(HERE.glob("*.yaml")):
        record(Script.read(file), Settings.read().data, chosen.gaps_only)


if __name__ == "__main__":
    main()
