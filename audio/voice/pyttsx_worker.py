"""The process that owns pyttsx3's one engine. Run by `Worker`; not meant to be started by hand."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from audio.voice.sound import at_voice_rate, from_pcm, shaped
from audio.voice.worker import HEADER
from calls.errors import EngineError

WORDS_A_MINUTE = 165
ESPEAK_RATE = 22_050


Speak = Callable[[str, str], bytes]
"""(text, voice) -> PCM as `shaped` gives it."""


def serve(speaker: Callable[[], Speak], requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers `requests` with what `speaker()` makes of them, until they end."""
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        try:
            status, body = 0, speaker()(request["text"], request["voice"])
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


def speaker() -> Speak:
    """A function that speaks `text` in `voice`.

    pyttsx3's own loop lets espeak call back from another thread and may return before all sound is there; so its engine
    is set up in espeak's synchronous mode, and the sound is taken as espeak makes it.
    """
    load_espeak()
    import pyttsx3
    from pyttsx3.drivers import _espeak as espeak

    espeak.AUDIO_OUTPUT_RETRIEVAL = espeak.AUDIO_OUTPUT_SYNCHRONOUS
    engine = pyttsx3.init("espeak")
    engine.proxy.setBusy(False)  # properties are set at once rather than queued for its loop
    made, refused = bytearray(), list[Exception]()
    engine.connect("error", lambda name, exception: refused.append(exception))

    def collect(wav: Any, samples: int, events: Any) -> int:
        if samples > 0:
            made.extend(ctypes.string_at(wav, samples * 2))
        return 0

    espeak.SetSynthCallback(collect)

    def speak(text: str, voice: str) -> bytes:
        made.clear()
        refused.clear()
        engine.setProperty("voice", voice)
        engine.setProperty("rate", WORDS_A_MINUTE)
        if refused:
            raise refused[0]
        espeak.Synth(text.encode(), flags=espeak.ENDPAUSE | espeak.CHARS_UTF8)
        return shaped(at_voice_rate(from_pcm(bytes(made)), ESPEAK_RATE), text)

    return speak


def main() -> None:
    """Standard output is for replies alone; what a library prints there is dropped."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(functools.cache(speaker), sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
