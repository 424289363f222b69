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
    kind: Literal["auto", "whisper", "fast"] = "auto", model: str = "base", data_dir: Path = Path("data")
) -> Ears:
    """Ears that load on first use or when warmed. `auto` takes the fast ones where faster-whisper is installed.

    `model` is a size of Whisper. CTranslate2 gains little from a second core, so the fast ears hear as many
    utterances at a time as there are cores; torch shares all of them out to one.
    """
    cores = os.cpu_count() or 1
    if kind == "fast" or (kind == "auto" and fast_installed()):
        return LocalEars(FastEngine(partial(ct2_folder, data_dir, model), cores), workers=cores)
    return LocalEars(WhisperEngine(partial(checkpoint, data_dir, model), threads=cores))
