"""One call by voice: who has the floor, when a turn is over, when to fall silent.

Everything is decided frame by frame on the caller's own sound. An answer is prepared at the first hint of a pause and
held back; it is heard once the pause has lasted as long as the words and their tone ask for (`patience`), and forgotten
without a trace if the caller goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from audio.answer import Answer, synthesise
from audio.draft import Draft, Hearing, Overhearing
from audio.ears import Transcript
from audio.engines import Sound
from audio.interruptions import only_nods
from audio.listener import PRE_ROLL_S, Listener
from audio.mouth import Clip, Mouth
from audio.silence import Silence
from calls.call import Call, new_id
from calls.errors import AntesalaError, CallClosed, EngineError
from calls.keypad import press
from calls.turn import Turn, take_turn
from calls.wire import FRAME_S, Pcm, Wire
from calls.words import Failed, HandOff, Heard, Reason, Refused, Say, Utterance

FALLING_S = 0.08
"""So long after the loudness dropped the words are asked for."""
AHEAD_S = 0.7
"""So long before it may be heard at the earliest an answer is prepared."""
STALE_S = 0.2
"""More speech than this after a draft was made (voice activity is late) and the draft has missed some of it."""
LATEST_S = 1.4
"""The answer is confirmed after this much silence at the latest, even if nothing of it can be heard yet."""
TALKED_OVER_S = 1.5
"""Speech that begins this soon after our reply did is the rest of the same sentence."""
KEYS_S = 1.2
"""Keys pressed within this time of each other belong together."""
MISSING_S = 0.15
"""A line that sends nothing for so long is sending silence."""
EARS_S = 8.0
"""So long after the caller has finished the ears are given up."""
LAST_WORDS_S = 5.0
"""After the caller hung up, what they said last is heard and acted on within this time."""

_log = logging.getLogger(__name__)


@dataclass
class Stretch:
    """What the caller is saying now: from its onset until it is answered or turns out to be nothing."""

    start: float
    interrupts: bool
    overhearing: Overhearing
    draft: Draft | None = None
    answer: Answer | None = None
    held: bool = False
    """The caller has been told that it takes a moment."""
    pace_s: float = 0.0
    longest_s: float = 0.0


class Conversation:
    """Answers one call on a wire. `run` returns when the call is over and its record closed."""

    def __init__(self, wire: Wire, sound: Sound, observe: Callable[[dict[str, float]], None] | None = None):
        self._wire, self._sound, self._observe = wire, sound, observe
        self._listener = Listener(sound.vad(wire.rate), wire.rate)
        self._voice = sound.voice.for_call(self._voice_changed)
        self._mouth = Mouth(wire, self._played)
        self._silence = Silence()
        self._stretch: Stretch | None = None
        self._answer: Answer | None = None
        self._last: Utterance | None = None
        self._unheard = 0
        """How often the ears have failed."""
        self._reply_began = -10.0
        self._unasked: list[Clip] = []
        self._keys: list[str] = []
        self._key_at = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._call: Call
        wire.on_keys = self._pressed

    @property
    def wire(self) -> Wire:
        """The sound of this call."""
        return self._wire

    # --- its life -----------------------------------------------------------------------------------

    async def run(self, call: Call) -> None:
        """Greets, listens and answers until somebody hangs up. `call.door` must be this conversation."""
        self._call = call
        pace = asyncio.create_task(self._mouth.run())
        try:
            self._greet(await call.greet())
            async with aclosing(self._frames()) as frames:
                async for pcm in frames:
                    self._listener.feed(pcm)
                    await self._attend()
                    if call.ending and not self._engaged:
                        await self._wire.hang_up()
                        break
            await self._last_words()
        finally:
            pace.cancel()
            await self._finish(pace)

    async def _finish(self, pace: asyncio.Task[None]) -> None:
        if self._stretch:
            await self._stretch.overhearing.withdraw()
            await self._forget_draft(self._stretch)
        if self._answer:
            await self._answer.withdraw()
        for errand in tuple(self._tasks):
            errand.cancel()
        await asyncio.gather(pace, *self._tasks, return_exceptions=True)
        await self._mouth.close()

    def _greet(self, says: list[Say]) -> None:
        for say in says:
            self._mouth.say(self._made(say))

    async def _frames(self) -> AsyncGenerator[Pcm]:
        """The caller's sound without holes: where the line sends nothing, there is silence."""
        import numpy as np

        arrived: asyncio.Queue[Pcm | None] = asyncio.Queue(maxsize=500)

        async def pump() -> None:
            try:
                async with aclosing(self._wire.frames()) as frames:
                    async for pcm in frames:
                        await arrived.put(pcm)
            finally:
                await arrived.put(None)

        pumping = asyncio.create_task(pump())
        silence = np.zeros(int(FRAME_S * self._wire.rate), np.int16)
        patience = MISSING_S
        try:
            while True:
                try:
                    async with asyncio.timeout(patience):
                        pcm = await arrived.get()
                    patience = MISSING_S
                except TimeoutError:
                    pcm, patience = silence, FRAME_S
                if pcm is None:
                    return
                yield pcm
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)

    # --- the door: what others want said --------------------------------------------------------------

    async def speak(self, say: Say) -> None:
        """Speaks a sentence that nobody asked for, as soon as the caller is not speaking."""
        self._unasked.append(self._made(say))

    async def give_way(self) -> None:
        """Falls silent for a person who takes the call."""
        answer, self._answer = self._answer, None
        if answer:
            await answer.withdraw()
        self._unasked.clear()
        await self._mouth.cut()

    async def hang_up(self) -> None:
        """Ends the call once everything said has been heard."""
        self._call.ending = True

    # --- frame by frame -------------------------------------------------------------------------------

    async def _attend(self) -> None:
        if self._stretch:
            await self._follow(self._stretch)
        elif self._listener.onset and not self._call.ending:
            await self._begin()
        else:
            await self._while_quiet()

    async def _begin(self) -> None:
        """The caller starts to speak; whatever we are saying stops at once, to be resumed if it was nothing."""
        listener = self._listener
        start = max(0.0, listener.now - PRE_ROLL_S - 0.1)
        self._stretch = Stretch(start, self._mouth.busy, Overhearing(self._sound.ears, self._overheard))
        listener.forget()
        if self._stretch.interrupts:
            await self._mouth.pause()

    async def _follow(self, stretch: Stretch) -> None:
        listener = self._listener
        stretch.longest_s = max(stretch.longest_s, listener.quiet_s)
        if stretch.draft and self._goes_on(stretch.draft):
            stretch.pace_s, stretch.longest_s = max(stretch.pace_s, stretch.longest_s), 0.0
            await self._forget_draft(stretch)
        if stretch.draft is None:
            if max(listener.falling_s, listener.quiet_s) >= FALLING_S:
                await stretch.overhearing.withdraw()
                stretch.draft = self._draft(stretch)
            else:
                speech = partial(listener.since, stretch.start)
                stretch.overhearing.keep_up(listener.voiced_s, self._hearing, speech)
        elif stretch.draft.transcript is not None:
            await self._weigh(stretch, stretch.draft)
        elif listener.quiet_s >= LATEST_S:
            await self._bear_with(stretch, stretch.draft)

    async def _bear_with(self, stretch: Stretch, draft: Draft) -> None:
        """The ears take their time, or have failed: the caller hears of it, and is asked again or given a person."""
        if draft.done.done() or self._listener.quiet_s >= EARS_S:
            self._stretch = None
            self._listener.forget()
            await self._forget_draft(stretch)
            self._unheard += 1
            self._errand(self._ask_again(self._unheard > 1))
        elif not stretch.held and not stretch.interrupts:
            stretch.held = True
            self._errand(self._call_speak("hold_on"))

    async def _ask_again(self, in_vain: bool) -> None:
        """The first time for the words, after that there is a person for it, and where there is none the keypad."""
        call = self._call
        with suppress(EngineError, CallClosed):
            await call.note(Failed("ears", "nothing was made out in time", "desk" if in_vain else "ask"))
            await self._call_speak("rescue" if in_vain else "unclear_again")
            if in_vain and isinstance(await call.do(HandOff(Reason.FAILURE)), Refused):
                await self._call_speak("keypad_menu")

    async def _call_speak(self, key: str) -> None:
        with suppress(EngineError, CallClosed):
            self._mouth.say(self._made(await self._call.say(self._call.phrase(key))))

    def _goes_on(self, draft: Draft) -> bool:
        listener = self._listener
        resumed = listener.voiced and listener.falling_s < FRAME_S
        return resumed or listener.voiced_s - draft.voiced_s > STALE_S

    def _draft(self, stretch: Stretch) -> Draft:
        listener, hearing, overheard = self._listener, self._hearing(), stretch.overhearing
        if (language := overheard.language) is not None:
            hearing = replace(hearing, languages=(language,), current=language)
        return Draft(hearing, listener.since(stretch.start), listener.voiced_s, stretch.pace_s, overheard.words)

    def _hearing(self) -> Hearing:
        call, knowledge = self._call, self._call.office.knowledge
        hints = knowledge.vocabulary(call.caller)
        return Hearing(self._sound, self._wire.rate, knowledge.policy.receptionist.languages, call.language, hints)

    def _overheard(self, heard: Transcript) -> None:
        self._call.overhear(heard.text, heard.language)

    async def _weigh(self, stretch: Stretch, draft: Draft) -> None:
        """The words of this pause are known: nothing, a nod, or a turn to answer once the pause is long enough."""
        assert draft.transcript is not None
        quiet = self._listener.quiet_s
        text = draft.transcript.text
        nothing = not text or (
            stretch.interrupts
            and self._mouth.paused
            and not self._mouth.nearly_done
            and only_nods(text, draft.transcript.language)
        )
        if nothing:
            if quiet >= FALLING_S * 2:
                await self._dismiss()
            return
        if stretch.answer is None:
            if stretch.overhearing.words != text:
                stretch.overhearing.note(draft.transcript)
            if quiet < draft.least_s - AHEAD_S:
                return
            stretch.answer = await self._prepare(stretch, draft)
        answer = stretch.answer
        if quiet >= draft.patience_s and not self._listener.stirring and (answer.ready or quiet >= LATEST_S):
            await self._release(stretch, answer)

    async def _prepare(self, stretch: Stretch, draft: Draft) -> Answer:
        previous, self._answer = self._answer, None
        unanswered = previous is not None and not previous.sounded.is_set()
        if stretch.interrupts:
            await self._mouth.cut()
        if previous:
            await previous.withdraw()
        assert draft.transcript is not None
        heard = draft.transcript
        ended = self._call.elapsed() - self._listener.quiet_s
        began = max(0.0, ended - (self._listener.now - stretch.start) + PRE_ROLL_S)
        utterance = Utterance(heard.text, heard.language, heard.confidence, round(began, 2), round(ended, 2))
        turn = Turn(self._call, self._joined(stretch, utterance, unanswered), on_record=Heard(
            utterance.text, utterance.language, round(utterance.confidence, 3), utterance.began, utterance.ended,
        ))  # fmt: skip
        return Answer(turn, self._voice, self._mouth, self._wire.rate)

    def _joined(self, stretch: Stretch, utterance: Utterance, unanswered: bool) -> Utterance:
        """With the half before it, where our reply talked over the middle of a sentence or had not come yet."""
        talked_over = stretch.interrupts and stretch.start + PRE_ROLL_S - self._reply_began < TALKED_OVER_S
        if self._last is None or not (talked_over or unanswered):
            return utterance
        return replace(utterance, text=f"{self._last.text} {utterance.text}", continues=True)

    async def _release(self, stretch: Stretch, answer: Answer) -> None:
        """The floor is ours."""
        self._stretch, self._answer, self._last = None, answer, answer.utterance
        self._reply_began = self._listener.now
        self._silence.reset()
        draft, spoken_until = stretch.draft, asyncio.get_running_loop().time() - self._listener.quiet_s
        self._listener.forget()
        self._errand(self._stand_by(answer))
        try:
            await answer.release()
        except EngineError as error:
            _log.error("call %s: a turn could not be put on record: %s", self._call.id, error.what)
            await answer.withdraw()
            self._apologise()
            return
        if draft and self._observe:
            self._errand(self._measure(answer, draft, spoken_until))

    async def _stand_by(self, answer: Answer) -> None:
        """An answer that fails in a way that nobody foresaw still ends in words."""
        await asyncio.wait([answer.done])
        if not answer.done.cancelled() and (error := answer.done.exception()):
            _log.error("call %s: an answer failed: %s", self._call.id, type(error).__name__)
            self._apologise()

    def _apologise(self) -> None:
        self._unasked.append(self._made(Say(new_id(), self._call.phrase("rescue_no_one"), self._call.language)))

    async def _dismiss(self) -> None:
        """It was a cough, a nod or noise: as if nothing had been."""
        stretch, self._stretch = self._stretch, None
        self._listener.forget()
        if stretch:
            await self._forget_draft(stretch)
        await self._mouth.resume()

    async def _forget_draft(self, stretch: Stretch) -> None:
        draft, answer, stretch.draft, stretch.answer = stretch.draft, stretch.answer, None, None
        if draft:
            await draft.withdraw()
        if answer:
            await answer.withdraw()

    # --- when nobody speaks -----------------------------------------------------------------------------

    @property
    def _engaged(self) -> bool:
        """Something is being said or decided."""
        return bool(self._mouth.busy or self._unasked or (self._answer and not self._answer.done.done()))

    async def _while_quiet(self) -> None:
        if self._unasked and not (self._answer and not self._answer.done.done()):
            for clip in self._unasked:
                self._mouth.say(clip)
            self._unasked.clear()
        if self._keys and self._listener.now - self._key_at >= KEYS_S:
            digits, self._keys = "".join(self._keys), []
            self._errand(self._press(digits))
        if self._engaged or self._call.ending or self._keys:
            self._silence.reset_clock(self._listener.now)
            return
        await self._silence.mind(self._call, self._listener.now)

    def _pressed(self, key: str) -> None:
        self._keys.append(key)
        self._key_at = self._listener.now

    async def _press(self, digits: str) -> None:
        self._silence.reset()
        async with aclosing(press(self._call, digits)) as says:
            async for say in says:
                await self.speak(say)

    # --- the caller has gone ------------------------------------------------------------------------------

    async def _last_words(self) -> None:
        """What was said just before hanging up still counts: it is put on record and acted on, unheard."""
        stretch, self._stretch = self._stretch, None
        if stretch:
            await stretch.overhearing.withdraw()
        await self._mouth.close()
        if not (stretch and self._call.open):
            return
        draft = stretch.draft or self._draft(stretch)
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await asyncio.shield(draft.done)
                await self._forget_draft(stretch)
                if draft.transcript and draft.transcript.text:
                    heard = draft.transcript
                    ended = round(self._call.elapsed(), 2)
                    utterance = Utterance(heard.text, heard.language, heard.confidence, ended, ended)
                    async with aclosing(take_turn(self._call, utterance)) as says:
                        async for _ in says:
                            pass
        except (TimeoutError, AntesalaError) as error:
            _log.warning("call %s: its last words were not all dealt with: %s", self._call.id, type(error).__name__)
        finally:
            await draft.withdraw()

    # --- small things ---------------------------------------------------------------------------------

    def _made(self, say: Say) -> Clip:
        clip = Clip(say, self._wire.rate)
        self._errand(self._synthesise(clip))
        return clip

    async def _synthesise(self, clip: Clip) -> None:
        try:
            await synthesise(self._voice, clip)
        except EngineError as error:
            await self._call.note(Failed("voice", error.what, "none"))

    def _errand(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _voice_changed(self, engine: str, error: str, stand_in: str) -> None:
        await self._call.note(Failed("voice", f"{engine}: {error}", stand_in))

    async def _played(self, say: Say, heard_text: str, cut_short: bool) -> None:
        await self._call.played(say, heard_text, cut_short)

    async def _measure(self, answer: Answer, draft: Draft, spoken_until: float) -> None:
        """Tells where the time of this turn went, in seconds since the caller stopped speaking."""
        await answer.sounded.wait()
        assert self._observe and answer.first_sentence_at and answer.first_sound_at
        self._observe({
            "ears": draft.heard_at - draft.began_at,
            "mind": answer.first_sentence_at - answer.began_at,
            "voice": answer.first_sound_at - answer.first_sentence_at,
            "end_of_turn": answer.released_at - spoken_until,
            "reply": max(answer.released_at, answer.first_sound_at) - spoken_until,
        })  # fmt: skip
