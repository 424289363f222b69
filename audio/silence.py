"""When nobody speaks: a kind question, another, then a goodbye that offers to leave word. No call stays open."""

from __future__ import annotations

from calls.call import Call
from calls.words import HandOffState

PROMPT_AFTER_S = 8.0
COMFORT_AFTER_S = 9.0
"""While a person is being called, the caller hears from us this often."""
_PROMPTS = ("silence_first", "silence_second", "silence_goodbye")


class Silence:
    """Counts quiet time on the clock that `mind` is given (seconds)."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._prompts = 0

    def reset(self) -> None:
        """The caller has said something."""
        self._since, self._prompts = None, 0

    def reset_clock(self, now: float) -> None:
        """Something is going on: the quiet has not begun."""
        self._since = now

    async def mind(self, call: Call, now: float) -> None:
        """Nothing is going on at `now`; says something if that has lasted too long."""
        if self._since is None:
            self._since = now
        quiet = now - self._since
        if call.with_staff:
            return
        if (hand_off := call.hand_off) and hand_off.state is HandOffState.RINGING:
            if quiet >= COMFORT_AFTER_S:
                self._since = now
                await call.speak(call.phrase("comfort"))
            return
        if quiet < PROMPT_AFTER_S:
            return
        self._since = now
        await call.speak(call.phrase(_PROMPTS[self._prompts]))
        self._prompts += 1
        if self._prompts == len(_PROMPTS):
            call.ending = True
