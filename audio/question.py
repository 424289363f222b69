"""A question asked out loud and what is answered to it: an interview, in which nobody cuts in."""

from __future__ import annotations

from contextlib import aclosing

from audio.answer import synthesise
from audio.draft import Hearing
from audio.engines import Sound
from audio.listener import Listener
from audio.mouth import Clip
from calls.call import new_id
from calls.wire import FRAME_S, Wire
from calls.words import Language, Say

SPOKEN_S = 0.2
"""Less voice than this is no answer."""
FINISHED_S = 1.3
"""After so much silence the answer is over: names and numbers are said in pieces."""
NOTHING_S = 10.0
LONGEST_S = 45.0


async def answer_to(question: str, language: Language, wire: Wire, sound: Sound) -> str:
    """Says `question` on `wire`, then hears one answer; "" when there is none. Raises EngineError.

    What the microphone catches of the question itself is not listened to, so no headphones are needed.
    """
    clip, size = Clip(Say(new_id(), question, language), wire.rate), int(FRAME_S * wire.rate)
    await synthesise(sound.voice, clip)
    listener, said = Listener(sound.vad(wire.rate), wire.rate), 0
    async with aclosing(wire.frames()) as frames:
        async for pcm in frames:
            if (piece := clip.frame(said, size)) is not None:
                await wire.send(piece)
                said += size
                continue
            listener.feed(pcm)
            if _is_over(listener):
                break
    if listener.voiced_s < SPOKEN_S:
        return ""
    hearing = Hearing(sound, wire.rate, (language,), language, ())
    return (await hearing.words(hearing.widened(listener.since(0)))).text


def _is_over(listener: Listener) -> bool:
    if listener.voiced_s < SPOKEN_S:
        return listener.now >= NOTHING_S
    return listener.quiet_s >= FINISHED_S or listener.now >= LONGEST_S
