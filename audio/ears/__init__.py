"""The ears: Whisper, run only on the audio there is, in a few threads that all calls share."""

import os
from functools import partial
from pathlib import Path
from typing import Literal

from audio.ears.fast_engine import FastEngine
from audio.ears.hearing import LocalEars
from audio.ears.models import checkpoint, ct2_folder, fast_installed
from audio.ears.port import Ears, Transcript
from audio.ears.whisper_engine import WhisperEngine

__all__ = ["Ears", "Transcript", "open_ears"]


def open_ears(
    kind: Literal["auto", "whisper", "fast"] = "auto",
    model: str = "base",
    data_dir: Path = Path("data"),
    workers: int = 1,
) -> Ears:
    """Ears that load on first use or when warmed. `auto` takes the fast ones where faster-whisper is installed.

    `model` is a size of Whisper; `workers` utterances are heard at a time, the processor's cores shared among them.
    """
    threads = max(1, (os.cpu_count() or 1) // workers)
    if kind == "fast" or (kind == "auto" and fast_installed()):
        return LocalEars(FastEngine(partial(ct2_folder, data_dir, model), workers, threads), workers)
    return LocalEars(WhisperEngine(partial(checkpoint, data_dir, model), threads), workers)
