"""When the caller speaks and when they pause, judged frame by frame from voice activity and loudness together.

Loudness notices the end of a word at once; voice activity tells speech from noise but is about 0.1 s late. A pause
begins when the loudness drops, and counts only once voice activity agrees.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from audio.vad import WINDOW_S, VoiceActivity
from calls.wire import FRAME_S, Pcm

VOICED = 0.5
"""Probability from which a window counts as speech."""
ONSET_S = 0.09
"""This much speech within ONSET_WITHIN_S starts an utterance; shorter is a click."""
ONSET_WITHIN_S = 0.2
PRE_ROLL_S = 0.3
"""Kept before the onset, so that a soft first sound is not lost."""
VAD_LAG_S = 0.09
"""How much later than the loudness voice activity falls, as measured on telephone speech."""

STIRRING_S = 0.15
"""For so long a new sound may be the caller going on."""

_FLOOR_DB = -55.0
_ABOVE_NOISE_DB, _BELOW_SPEECH_DB = 9.0, 24.0
_MEMORY_S = 60.0


class Listener:
    """The caller's sound so far and what is known of it; times are seconds of sound received."""

    def __init__(self, vad: VoiceActivity, rate: int):
        self.rate = rate
        self._vad = vad
        self._frames: deque[Pcm] = deque()
        self._dropped = 0
        self.samples = 0
        self._recent: deque[bool] = deque(maxlen=round(ONSET_WITHIN_S / WINDOW_S))
        self._voiced_until = self._loud_until = self._loud_from = -10.0
        self._voiced_now = False
        self._noise_db, self._speech_db = _FLOOR_DB, -30.0
        self.voiced_s = 0.0
        """Speech heard since `forget` was called."""

    @property
    def now(self) -> float:
        """Seconds of sound received."""
        return self.samples / self.rate

    def feed(self, pcm: Pcm) -> None:
        """Takes the next frame (any length; 20 ms is usual)."""
        self._keep(pcm)
        self._weigh(pcm)
        for chance in self._vad.feed(pcm):
            self._voiced_now = chance >= VOICED
            self._recent.append(self._voiced_now)
            if self._voiced_now:
                self._voiced_until = self.now
                self.voiced_s += WINDOW_S

    @property
    def onset(self) -> bool:
        """Somebody has just been speaking for long enough that it is no click."""
        return sum(self._recent) * WINDOW_S >= ONSET_S

    @property
    def voiced(self) -> bool:
        """Speech in the last window."""
        return self._voiced_now

    @property
    def falling_s(self) -> float:
        """Seconds since the loudness dropped, voice activity not yet asked: the hint that a pause may begin."""
        return self.now - self._loud_until

    @property
    def stirring(self) -> bool:
        """It has just become loud again: voice activity will soon tell whether somebody goes on."""
        return self.falling_s < FRAME_S and self.now - self._loud_from < STIRRING_S

    @property
    def quiet_s(self) -> float:
        """Seconds that the caller has been silent; 0 while voice activity still hears them."""
        if self._voiced_now:
            return 0.0
        by_voice = self.now - self._voiced_until + VAD_LAG_S
        return max(by_voice, min(self.falling_s, by_voice + 2 * VAD_LAG_S))

    def since(self, start: float) -> Pcm:
        """The sound from `start` (seconds) to now; at most the last minute is kept."""
        first = max(0, int(start * self.rate) - self._dropped)
        sound = np.concatenate(self._frames) if self._frames else np.zeros(0, np.int16)
        return sound[first:]

    def forget(self) -> None:
        """A new stretch of listening begins: clicks and speech counted so far no longer matter."""
        self._recent.clear()
        self.voiced_s = 0.0

    def _keep(self, pcm: Pcm) -> None:
        self._frames.append(pcm)
        self.samples += len(pcm)
        while self.samples - self._dropped > _MEMORY_S * self.rate:
            self._dropped += len(self._frames.popleft())

    def _weigh(self, pcm: Pcm) -> None:
        """Follows the levels of noise (slowly up, fast down) and speech, and tells loud frames from quiet ones."""
        power = float(np.mean(np.square(pcm.astype(np.float32) / 32768.0))) if len(pcm) else 0.0
        level = max(_FLOOR_DB - 25, 10 * np.log10(power + 1e-12))
        seconds = len(pcm) / self.rate / FRAME_S
        if level < self._noise_db:
            self._noise_db += 0.3 * (level - self._noise_db)
        else:
            self._noise_db += min(0.04 * seconds, level - self._noise_db)
        if self._voiced_now:
            self._speech_db += (0.2 if level > self._speech_db else 0.01) * (level - self._speech_db)
        if level > max(_FLOOR_DB, self._noise_db + _ABOVE_NOISE_DB, self._speech_db - _BELOW_SPEECH_DB):
            if self.falling_s > 2 * FRAME_S:
                self._loud_from = self.now
            self._loud_until = self.now
