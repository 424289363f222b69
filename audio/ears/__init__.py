"""The ears: Whisper, run only on the audio there is, in a few threads that all calls share."""

from audio.ears.hearing import LocalEars, open_ears
from audio.ears.port import Ears, Transcript

__all__ = ["Ears", "LocalEars", "Transcript", "open_ears"]
