"""Where every call by voice is answered, whatever line it came in by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from audio.conversation import Conversation
from audio.engines import Sound
from audio.leave_number import LeaveNumber
from audio.recording import Recorder
from audio.voice.stand_in import unreported
from calls.admission import Place
from calls.bridge import Bridge
from calls.call import Call
from calls.consent import Consent
from calls.sealing import NO_KEYS, Keys
from calls.switchboard import AllBusy, Switchboard
from calls.wire import Arrival, Wire
from calls.words import CallRow, Circle, Event, Failed


class Reception:
    """Answers calls with the engines that all calls share. `observe` is told where the time of each turn went.

    `recordings`: the folder for calls whose caller agrees to be recorded, where the office wants that; `keys`: what
    they are sealed with, if anything.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        sound: Sound,
        observe: Callable[[dict[str, float]], None],
        recordings: Path | None = None,
        keys: Keys = NO_KEYS,
    ):
        self._switchboard, self._sound, self._observe = switchboard, sound, observe
        self._recordings, self._keys = recordings, keys

    async def __call__(self, wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        """Answers one call; a `calls.wire.Converse`. Beyond what the house serves the caller leaves a number."""
        place = self._switchboard.place(arrival.number)
        if place is not Place.SERVED:
            return await self._not_served(wire, arrival, place, watch)
        conversation = Conversation(wire, self._sound, self._observe)
        call = await self._switchboard.answer(arrival.line, door=conversation, **_told(arrival))
        if watch:
            call.watch = watch
        recorder = self._recorder(call, wire)
        try:
            await conversation.run(call)
        finally:
            await self._switchboard.end(call, "receptionist" if call.ending else "caller")
            if recorder:
                await recorder.finish()
        return call.row

    def _recorder(self, call: Call, wire: Wire) -> Recorder | None:
        """Set up where this call may be recorded if its caller agrees."""
        wanted = call.office.knowledge.policy.recording == "ask" and call.circle is not Circle.BLOCKED
        if not (wanted and self._recordings and isinstance(wire, Bridge)):
            return None

        def failed(why: str) -> None:
            call.note_meanwhile(Failed("recording", why, "none"))

        recorder = Recorder(self._recordings, call.id, wire.rate, failed, self._keys)
        wire.taps.append(recorder)
        call.consent = Consent(recorder)
        return recorder

    async def _not_served(
        self, wire: Wire, arrival: Arrival, place: Place, watch: Callable[[Event], None] | None
    ) -> CallRow:
        board = self._switchboard
        board.refused[place] += 1
        if place is Place.AWAY:
            raise AllBusy(board.admission.most)
        door = LeaveNumber(wire, self._sound.voice.for_call(unreported))
        call = await board.answer(arrival.line, True, door=door, **_told(arrival))
        if watch:
            call.watch = watch
        try:
            await door.run(call, place.value)
        finally:
            await board.end(call, "receptionist" if call.ending else "caller")
        return call.row


def _told(arrival: Arrival) -> dict[str, Any]:
    """What the line told of a call, but for the line."""
    return {each.name: getattr(arrival, each.name) for each in fields(arrival) if each.name != "line"}
