"""How well and how fast the ears hear, beside the stock Whispers with the same weights: `antesala bench ears`."""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from audio.ears import open_ears
from audio.ears.engine import Dropped, Engine
from audio.ears.fast_engine import FastEngine
from audio.ears.hearing import TOKENS, TOKENS_S
from audio.ears.mel import FULL, RATE, log_mel
from audio.ears.models import checkpoint, ct2_folder, fast_installed, graphs
from audio.ears.whisper_engine import WhisperEngine
from calls.words import LANGUAGES, Language

SHORT_S = 6.0
"""Utterances under this are what a caller says in one breath; the speed bar is on these."""
FASTER = 2.0
WORSE = 0.01
"""Word error rate may be this much above the same ears' on Whisper's full 30 s."""
FULL_CONTEXT = ", full context"
NOISE_PIECES_S = (1.0, 2.0, 3.5, 6.0)
PIECES = 4

Hears = Callable[[NDArray[np.float32], Language], str]


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording: mono 16 kHz. `transcript` is None when nobody speaks in it."""

    file: str
    language: Language | None
    transcript: str | None
    pcm: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """What one contender made of one clip, and the wall time it took in seconds."""

    contender: str
    file: str
    language: Language | None
    duration: float
    took: float
    text: str
    reference: str | None


@dataclass(slots=True)
class Report:
    """All that was heard. `bars`: each aim, and whether it holds."""

    heard: list[Heard] = field(default_factory=list)
    bars: dict[str, bool] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(self.bars.values())

    @property
    def contenders(self) -> list[str]:
        return list(dict.fromkeys(each.contender for each in self.heard))

    def took(self, contender: str) -> float:
        """Median seconds for an utterance under 6 s."""
        times = [each.took for each in self._of(contender) if each.reference and each.duration < SHORT_S]
        return statistics.median(times)

    def wer(self, contender: str, language: Language) -> float:
        """Word error rate in 0..1 over all that is said in `language`."""
        import jiwer

        pairs = [(each.reference, each.text) for each in self._of(contender) if each.language == language]
        spoken = [(plain(said, language), plain(text, language)) for said, text in pairs if said]
        return float(jiwer.wer([said for said, _ in spoken], [text for _, text in spoken]))

    def inventions(self, contender: str) -> list[Heard]:
        """What was heard where nobody speaks."""
        return [each for each in self._of(contender) if each.reference is None and each.text]

    def _of(self, contender: str) -> list[Heard]:
        return [each for each in self.heard if each.contender == contender]


def run(audio_dir: Path, out: Path, data: Path | None = None) -> Report:
    """Plays every clip of `audio_dir` (manifest.jsonl) to every contender; writes ears.json and ears.png into `out`.

    Contenders take turns clip by clip, so that a busy machine slows all of them alike.
    """
    out.mkdir(parents=True, exist_ok=True)
    clips = [clip for clip in read(audio_dir) if clip.transcript]
    pieces = [piece for clip in read(audio_dir) if clip.language is None for piece in cut(clip)]
    report = Report()
    with asyncio.Runner() as runner:
        ours = dict(_ours(runner, data or out))
        rivals = dict(_stock(data or out))
        contenders = {**ours, **rivals, **dict(_full_context(data or out))}
        for hears in contenders.values():
            hears(clips[0].pcm, "en")
        for clip in track(clips, "speech", transient=True):
            report.heard += [_time(name, hears, clip) for name, hears in contenders.items()]
        for piece in track(pieces, "noise", transient=True):
            report.heard += [_time(name, hears, piece) for name, hears in ours.items()]
    report.bars = _bars(report, list(ours), list(rivals))
    show(report, Console())
    (out / "ears.json").write_text(json.dumps(_summary(report), ensure_ascii=False, indent=1))
    plot(report, out / "ears.png")
    return report


def read(audio_dir: Path) -> Iterator[Clip]:
    """The clips that the manifest lists; speech without a transcript is left out."""
    for line in (audio_dir / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        language = row["lang"] if row["lang"] in LANGUAGES else None
        if language and not row["transcript"]:
            continue
        pcm, _rate = soundfile.read(audio_dir / row["file"], dtype="float32")
        yield Clip(row["file"], language, row["transcript"], pcm)


def cut(clip: Clip) -> Iterator[Clip]:
    """The whole clip (at most 30 s) and pieces of it, as a voice detector that was fooled would cut them."""
    yield Clip(clip.file, None, None, clip.pcm[: 30 * RATE])
    for seconds in NOISE_PIECES_S:
        room = clip.seconds - seconds
        for start in np.linspace(0, room, min(PIECES, int(clip.seconds // seconds))) if room > 0 else ():
            at = int(start * RATE)
            yield Clip(f"{clip.file} {start:.1f}+{seconds:g}", None, None, clip.pcm[at : at + int(seconds * RATE)])


def plain(text: str, language: Language) -> str:
    """Lower case, digits written out, no accents, no punctuation."""
    from num2words import num2words

    text = re.sub(r"\d+", lambda found: f" {num2words(int(found[0]), lang=language)} ", text.lower())
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", bare.replace("’", "'")).replace("'", "").split())


def show(report: Report, console: Console) -> None:
    """The figures as a table, then each bar."""
    table = Table("", "s / utterance under 6 s", *(f"WER {each}" for each in LANGUAGES), "inventions on noise")
    for name in report.contenders:
        wers = [f"{100 * report.wer(name, language):.1f} %" for language in LANGUAGES]
        table.add_row(name, f"{report.took(name):.3f}", *wers, str(len(report.inventions(name))))
    console.print(table)
    for bar, holds in report.bars.items():
        console.print(f"[{'green]holds' if holds else 'red]missed'}[/] {bar}")


def plot(report: Report, target: Path) -> None:
    """Seconds against the length of the utterance, one colour a contender."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    for name in report.contenders:
        spoken = [each for each in report.heard if each.contender == name and each.reference]
        axes.scatter([each.duration for each in spoken], [each.took for each in spoken], s=14, label=name)
    axes.set(xlabel="length of the utterance (s)", ylabel="time to its words (s)", yscale="log", title="Ears")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(target, dpi=120)


def _time(name: str, hears: Hears, clip: Clip) -> Heard:
    began = time.perf_counter()
    text = hears(clip.pcm, clip.language or "en")
    took = time.perf_counter() - began
    return Heard(name, clip.file, clip.language, clip.seconds, took, text, clip.transcript)


def _ours(runner: asyncio.Runner, data: Path) -> Iterator[tuple[str, Hears]]:
    for kind in ("fast", "whisper") if fast_installed() else ("whisper",):
        ears = open_ears(kind, data_dir=data)

        def hears(pcm: NDArray[np.float32], language: Language, ears: Any = ears) -> str:
            return str(runner.run(ears.hear(pcm, languages=LANGUAGES, current=language)).text)

        yield f"Antesala {kind}", hears


def _stock(data: Path) -> Iterator[tuple[str, Hears]]:
    """Both stock Whispers as they come, told which language is spoken."""
    import whisper

    model = whisper.load_model(str(checkpoint(data)))
    yield "whisper.transcribe", lambda pcm, language: model.transcribe(pcm, language=language, fp16=False)["text"]
    if fast_installed():
        from faster_whisper import WhisperModel

        fast = WhisperModel(str(ct2_folder(data)), device="cpu", compute_type="int8")
        yield "faster-whisper int8", lambda pcm, language: _joined(fast.transcribe(pcm, language=language))


def _full_context(data: Path) -> Iterator[tuple[str, Hears]]:
    """Our own engines on the full 30 s, told which language is spoken: what the trimming costs in words."""
    engines: dict[str, Engine] = {
        "Antesala whisper": WhisperEngine(lambda: checkpoint(data), lambda: graphs(data), os.cpu_count() or 1)
    }
    if fast_installed():
        engines["Antesala fast"] = FastEngine(lambda: ct2_folder(data), lambda: checkpoint(data), 1)
    for name, engine in engines.items():
        engine.load()

        def hears(pcm: NDArray[np.float32], language: Language, engine: Engine = engine) -> str:
            most = int(TOKENS + TOKENS_S * len(pcm) / RATE)
            encoded = engine.encode(log_mel(pcm, FULL, engine.n_mels), Dropped())
            return engine.write(encoded, language, "", most, Dropped()).text

        yield name + FULL_CONTEXT, hears


def _joined(transcribed: tuple[Any, Any]) -> str:
    return " ".join(segment.text for segment in transcribed[0])


def _bars(report: Report, ours: list[str], rivals: list[str]) -> dict[str, bool]:
    best = min(report.took(name) for name in rivals)
    bars = {f"{ours[0]}: at least {FASTER:g} x faster than stock": report.took(ours[0]) * FASTER <= best}
    for name in ours:
        for language in LANGUAGES:
            full = report.wer(name + FULL_CONTEXT, language)
            bars[f"{name}: {language} within 1 point of the full context"] = report.wer(name, language) <= full + WORSE
        bars[f"{name}: nothing heard in noise"] = not report.inventions(name)
    return bars


def _summary(report: Report) -> dict[str, Any]:
    figures = {
        name: {
            "seconds": report.took(name),
            "wer": {language: report.wer(name, language) for language in LANGUAGES},
            "inventions": len(report.inventions(name)),
        }
        for name in report.contenders
    }
    return {"figures": figures, "bars": report.bars, "heard": [asdict(each) for each in report.heard]}
