"""The ears: Whisper, run only on the audio there is."""
