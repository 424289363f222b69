"""The process that owns pyttsx3's one engine. Run by `Worker`; not meant to be started by hand."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import soundfile

from audio.voice.sound import at_voice_rate, shaped
from audio.voice.worker import HEADER
from calls.errors import EngineError

WORDS_A_MINUTE = 165
IN_MEMORY = Path("/dev/shm")


def serve(speak: Callable[[str, str], bytes], requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers `requests` with what `speak(text, voice)` gives, until they end."""
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        try:
            status, body = 0, speak(request["text"], request["voice"])
        except Exception as error:  # whatever the engine throws is an answer, not our end
            status, body = 1, f"{type(error).__name__}: {error}".encode()
        replies.write(HEADER.pack(request["id"], status, len(body)) + body)
        replies.flush()


def load_espeak() -> None:
    """Makes espeak-ng loadable by name, from its package where the system has none. Raises EngineError."""
    if ctypes.util.find_library("espeak-ng"):
        return
    try:
        import espeakng_loader

        os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
        ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    except (ImportError, OSError, RuntimeError) as error:
        raise EngineError(
            "pyttsx3", f"espeak-ng is missing ({error}). Run: pip install espeakng-loader, or install espeak-ng"
        ) from error


def speaker(folder: Path) -> Callable[[str, str], bytes]:
    """A function that speaks `text` in `voice` by way of a file in `folder`."""
    load_espeak()
    import pyttsx3

    engine = pyttsx3.init("espeak")
    file = folder / "clause.wav"

    def speak(text: str, voice: str) -> bytes:
        file.unlink(missing_ok=True)
        engine.setProperty("voice", voice)
        engine.setProperty("rate", WORDS_A_MINUTE)
        engine.save_to_file(text, str(file))
        engine.runAndWait()
        sound, rate = soundfile.read(file, dtype="float32")
        return shaped(at_voice_rate(sound, rate), text)

    return speak


def main() -> None:
    """Standard output is for replies alone; what the library prints is dropped."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        made: list[Callable[[str, str], bytes]] = []

        def speak(text: str, voice: str) -> bytes:
            if not made:
                made.append(speaker(Path(folder)))
            return made[0](text, voice)

        serve(speak, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
