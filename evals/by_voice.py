"""Scenarios played by voice: synthesised callers on a telephone line, the real ears and turn-taking, virtual time.

The receptionist's own voice is only as long as its words, not synthesised: nobody there has to make it out.
`antesala bench voice` measures how well it is understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from audio.conversation import Conversation
from audio.ears import Ears, Transcript
from audio.engines import Sound
from audio.voice import VOICE_RATE
from calls.call import Call
from calls.ports import Mind
from calls.switchboard import Switchboard
from calls.wire import FRAME_S, Pcm
from calls.words import Greeted, Language, Said
from evals.by_text import Plays, TextHouse
from evals.caller_voice import CallerVoice
from evals.scenarios import MONDAY_NOON, MOST_TURNS, CallerPart, Played, Scenario, words_of
from evals.scripted_caller import ScriptedCaller
from evals.telephone import RATE
from evals.virtual_time import VirtualTime

FRAME = int(RATE * FRAME_S)
HEARING_S = 0.3
"""What the ears take for an utterance on two cores."""
CHARACTER_S = 0.06
"""How long a character of the receptionist's words sounds."""
THINKS_S = 0.7
"""So long after the receptionist has finished, a caller speaks."""
WAITS_S = 14.0
"""A caller to whom nothing is said for so long speaks all the same."""
MOST_S = 600.0


class VoiceHouse:
    """A house that is called by voice. Needs the loop of `VirtualTime`."""

    def __init__(self, house: TextHouse, sound: Sound, voice: CallerVoice):
        self.house, self._voice = house, voice
        self._sound = replace(sound, ears=_TimedEars(sound.ears), voice=_Murmur())  # type: ignore[arg-type]

    async def warm(self) -> None:
        """Runs the ears once, so that the first caller is heard like the others."""
        await self._sound.ears.warm()

    async def play(
        self, scenario: Scenario, run: int, mind: Mind | None = None, plays: Plays = ScriptedCaller
    ) -> Played:
        """One call from the greeting to the end, spoken by the voice of that run."""
        loop = asyncio.get_running_loop()
        began, noon = loop.time(), MONDAY_NOON.astimezone(ZoneInfo("UTC"))
        office = replace(
            self.house.office,
            now=lambda: noon + timedelta(seconds=loop.time() - began),
            mind=mind or self.house.office.mind,
        )
        switchboard = Switchboard(office, self.house.desk, 10)
        line = _Line(self._voice, crc32(f"{scenario.id} {run}".encode()))
        conversation = Conversation(line, self._sound)
        call = await switchboard.answer("eval", number=scenario.number, language=scenario.arrives_in, door=conversation)
        person = _Person(line, call, self._voice, run)
        speaking = asyncio.create_task(person.talk(plays(scenario)))
        crash = ""
        try:
            async with asyncio.timeout(MOST_S):
                await conversation.run(call)
        except Exception as error:  # whatever breaks is a failure of the scenario
            crash = f"{type(error).__name__}: {error}"
        finally:
            speaking.cancel()
            (broke,) = await asyncio.gather(speaking, return_exceptions=True)
        if isinstance(broke, Exception):
            crash = crash or f"{type(broke).__name__}: {broke}"
        await switchboard.end(call, "receptionist" if call.ending else "caller")
        return Played(scenario, call, tuple(_words_of_ours(call)), crash, tuple(person.said))


class _Person:
    """Takes turns with the receptionist: speaks once it has finished, and knows what it said."""

    def __init__(self, line: _Line, call: Call, voice: CallerVoice, run: int):
        self._line, self._call, self._voice, self._run = line, call, voice, run
        self._heard = 0
        """How many sentences of ours it has answered."""
        self.said: list[str] = []

    async def talk(self, caller: CallerPart) -> None:
        """The whole call; hangs up at its end."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTime)
        while len(self.said) < MOST_TURNS:
            reply = await self._listens()
            with loop.standing_still():
                says = await caller.next(reply, self._call.language)
            if says is None:
                break
            words = words_of(says)
            self.said.append(words)
            if words:
                with loop.standing_still():
                    pcm = await self._voice.say(words, self._tongue(words), self._run)
                await self._line.say(pcm)
        self._line.over = True

    async def _listens(self) -> str:
        """What was said since the last time, once it has been heard to its end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + WAITS_S
        while True:
            await asyncio.sleep(0.1)
            ours = _words_of_ours(self._call)
            quiet = loop.time() - self._line.last_voice >= THINKS_S
            if len(ours) > self._heard and quiet and self._line.last_voice > self._line.last_said:
                reply, self._heard = " ".join(ours[self._heard :]), len(ours)
                return reply
            if loop.time() >= until and quiet:
                return ""

    def _tongue(self, words: str) -> Language:
        office = self._call.office
        return office.language_of(words, office.knowledge.policy.receptionist.languages, self._call.language)


def _words_of_ours(call: Call) -> list[str]:
    return [body.text for body in call.bodies if isinstance(body, Greeted | Said)]


class _Line:
    """The caller's telephone: a `calls.wire.Wire`. Times are the loop's, in seconds."""

    rate = RATE
    marks = True

    def __init__(self, voice: CallerVoice, seed: int):
        self._voice, self._seed = voice, seed
        self._out: list[Pcm] = []
        self.over = False
        self.last_voice = self.last_said = -1.0
        """When a voice of ours was last heard, and when the caller last finished."""
        self.on_mark: Callable[[str], None] = lambda name: None
        self.on_keys: Callable[[str], None] = lambda key: None

    async def say(self, pcm: Pcm) -> None:
        """Speaks; returns when it has been spoken, or the call is over."""
        self._out = list(np.pad(pcm, (0, -len(pcm) % FRAME)).reshape(-1, FRAME))
        while self._out and not self.over:  # noqa: ASYNC110 (virtual time)
            await asyncio.sleep(FRAME_S)
        self.last_said = asyncio.get_running_loop().time()

    async def frames(self) -> AsyncGenerator[Pcm]:
        """Real time: a frame every 20 ms, the line's noise beneath it."""
        noise = self._voice.noise(RATE * 10, self._seed) * 32767
        n = 0
        while not self.over:
            await asyncio.sleep(FRAME_S)
            at = n * FRAME % len(noise)
            said = self._out.pop(0) if self._out else np.zeros(FRAME, np.int16)
            yield np.clip(said + noise[at : at + FRAME], -32768, 32767).astype(np.int16)
            n += 1

    async def send(self, pcm: Pcm) -> None:
        if np.abs(pcm).max() > 0:
            self.last_voice = asyncio.get_running_loop().time()

    async def mark(self, name: str) -> None:
        asyncio.get_running_loop().call_later(0.06, lambda: self.on_mark(name))

    async def clear(self) -> None:
        return

    async def hang_up(self) -> None:
        self.over = True


class _TimedEars:
    """The real ears: they take HEARING_S of the loop's time, and an utterance that goes on costs no computing."""

    idle = False

    def __init__(self, ears: Ears):
        self._ears = ears

    async def hear(self, pcm: NDArray[np.float32], **how: Any) -> Transcript:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTime)
        await asyncio.sleep(HEARING_S)
        with loop.standing_still():
            return await self._ears.hear(pcm, **how)

    async def warm(self) -> None:
        await self._ears.warm()

    async def close(self) -> None:
        await self._ears.close()


class _Murmur:
    """As long as the words, and no words."""

    name = "murmur"

    def for_call(self, report: object) -> _Murmur:
        return self

    async def speak(self, text: str, language: Language) -> AsyncGenerator[bytes]:
        yield np.full(int(len(text) * CHARACTER_S * VOICE_RATE), 3000, np.int16).tobytes()
