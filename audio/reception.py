"""Where every call by voice is answered, whatever line it came in by."""

from __future__ import annotations

from collections.abc import Callable

from audio.conversation import Conversation
from audio.engines import Sound
from calls.switchboard import Switchboard
from calls.wire import Arrival, Wire
from calls.words import CallRow, Event


class Reception:
    """Answers calls with the engines that all calls share. `observe` is told where the time of each turn went."""

    def __init__(self, switchboard: Switchboard, sound: Sound, observe: Callable[[dict[str, float]], None]):
        self._switchboard, self._sound, self._observe = switchboard, sound, observe

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        """Answers one call; a `calls.wire.Converse`."""
        conversation = Conversation(wire, self._sound, self._observe)
        call = await self._switchboard.answer(
            arrival.line, number=arrival.number, ref=arrival.ref, language=arrival.language, door=conversation
        )
        if watch:
            call.watch = watch
        try:
            await conversation.run(call)
        finally:
            await self._switchboard.end(call, "receptionist" if call.ending else "caller")
        return call.row
