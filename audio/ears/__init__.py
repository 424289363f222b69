"""The ears: Whisper, run only on the audio there is, in a few threads that all calls share."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from audio.ears.fast_engine import FastEngine
from audio.ears.hearing import LocalEars
from audio.ears.models import checkpoint, ct2_folder, graphs
from audio.ears.port import Ears, Transcript
from audio.ears.whisper_engine import WhisperEngine
from calls.errors import SettingsError

__all__ = ["Ears", "Transcript", "open_ears"]


PIPECAT = "pipecat:"
KINDS = ("auto", "whisper", "fast", "pipecat:MODULE.CLASS")


def open_ears(
    kind: str = "auto",
    model: str = "base",
    data_dir: Path = Path("data"),
    params: Mapping[str, Any] | None = None,
) -> Ears:
    """Ears that load on first use or when warmed. `auto` is `whisper`; `fast` encodes with CTranslate2.

    `model` is a size of Whisper. As many utterances are heard at a time as there are cores. `params` are a Pipecat
    service's.
    Raises SettingsError for an unknown kind.
    """
    cores = os.cpu_count() or 1
    if kind.startswith(PIPECAT):
        from audio.ears.pipecat_ears import PipecatEars

        return PipecatEars(kind.removeprefix(PIPECAT), params)
    if kind not in KINDS:
        raise SettingsError(f"ANTESALA_EARS: there are no ears {kind!r}. Choose one of {', '.join(KINDS)}.")
    file = partial(checkpoint, data_dir, model)
    if kind == "fast":
        return LocalEars(FastEngine(partial(ct2_folder, data_dir, model), file, cores), workers=cores)
    return LocalEars(WhisperEngine(file, partial(graphs, data_dir, model), cores), workers=cores)
