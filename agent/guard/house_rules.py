"""The rules of the house: what an utterance calls for before the mind sees it, and what of an answer may be spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from agent.guard.asks import asks_for_person
from agent.guard.claims import undone
from agent.guard.distress import plight
from agent.guard.grounding import Ground
from agent.guard.injection import suspicion
from agent.guard.past import Past, is_unclear
from agent.guard.release import Release
from agent.guard.topics import MARGIN, TOPICS, Heads, Lexicon, Own, Topics
from calls.errors import EngineError
from calls.ports import Embed, Phrases
from calls.words import (
    Body,
    Checked,
    HandOff,
    Language,
    Preference,
    Reason,
    Ruling,
    Scene,
    Screened,
    Sentence,
    Step,
    Topic,
    Utterance,
    Verdict,
    VoicePolicy,
)

THREADS = 2
SURER = 1.5
"""By so much log-odds more must words of several turns together be off topic: alone, each of them passed."""
MOST_WORDS_ALONE = 12
"""A turn longer than this is judged by itself; shorter ones also together with the turns before."""
_Found = TypeVar("_Found")
Ask = Callable[[str, Topic], Awaitable[bool | None]]
"""Whether a text is about a topic: yes, no, or None for unsure."""


class HouseRules:
    """The `Rules` of calls/ports.py. Judging is CPU work and runs in its own few threads.

    `private_facts`: every preference on file, whatever its audience. `names`: people, streets and companies of the
    house, whose words are no topic. `prompt`: the wording of our own prompts, which is never spoken. `ask`: whether a
    doubtful text is about a topic, None for unsure; without it every doubt stays one. `own`: the topics of the house.
    Raises EngineError when an embedder fails: what cannot be judged does not pass.
    """

    def __init__(
        self,
        phrases: Phrases,
        embed_e5: Embed,
        embed_fast: Embed,
        private_facts: Callable[[], Sequence[Preference]],
        names: Callable[[], Sequence[str]],
        prompt: str = "",
        ask: Ask | None = None,
        own: Own | None = None,
    ):
        self._phrases, self._names, self._ask = phrases, names, ask
        self._topics = Topics(embed_e5, embed_fast, Heads.load(), Lexicon(), own)
        self._release = Release(private_facts, embed_fast, prompt)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rules")

    async def check(self) -> None:
        """Judges a few known texts. Raises EngineError when embedders and fitted heads do not belong together."""
        await self._aside(self._topics.check)

    def close(self) -> None:
        """Lets the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- the port -----------------------------------------------------------------------------------

    async def screen(self, texts: Sequence[str], direction: str) -> list[Screened]:
        """Each text judged alone; `direction` ``in`` also looks for injection and distress."""
        return await self._aside(lambda: self._screen(list(texts), direction))

    async def hear(self, heard: Utterance, past: Sequence[Body], policy: VoicePolicy) -> Ruling:
        """First what only a human should answer, then what was not understood, then what is not talked about."""
        ruling = await self._aside(lambda: self._hear(heard, Past.of(past, heard), policy))
        doubted = ruling.screened.verdict is Verdict.GREY and ruling.screened.topic
        if self._ask is None or not doubted or doubted not in TOPICS:
            return ruling
        with _told():
            answer = await self._ask(heard.text, doubted)
        match answer:
            case True:
                screened = replace(ruling.screened, verdict=Verdict.BLOCK)
                return Ruling(screened, self._deflected(doubted, heard.language, policy))
            case False:
                return Ruling(replace(ruling.screened, verdict=Verdict.PASS, topic=None))
        return ruling

    async def speak(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step]) -> Checked:
        """`sentence`, or a true one in its place with the reason: topic, leak, undone, cover, ungrounded."""
        return await self._aside(lambda: self._speak(sentence, scene, deeds))

    # --- what is heard ------------------------------------------------------------------------------

    def _screen(self, texts: list[str], direction: str) -> list[Screened]:
        if direction == "out":
            return self._topics.judge(texts, self._names(), MARGIN)
        judged = self._topics.judge(texts, self._names())
        return [_signalled(text, each) for text, each in zip(texts, judged, strict=True)]

    def _hear(self, heard: Utterance, past: Past, policy: VoicePolicy) -> Ruling:
        say = _Wording(self._phrases, heard.language, policy)
        if not past.rings and (ruling := self._to_a_human(heard, past, policy, say)):
            return ruling
        if is_unclear(heard, past.asked):
            return Ruling()
        screened = self._judged(heard.text, past, policy)
        if screened.verdict is Verdict.BLOCK and screened.topic:
            return Ruling(screened, self._deflected(screened.topic, heard.language, policy))
        if screened.verdict is Verdict.GREY and past.grey() and not past.rings:
            return Ruling(screened, say.line("hand_off_ringing"), HandOff(Reason.GUARD))
        return Ruling(screened)

    def _deflected(self, topic: Topic, language: Language, policy: VoicePolicy) -> tuple[str, ...]:
        return _Wording(self._phrases, language, policy).line(f"deflect_{topic.value}")

    def _to_a_human(self, heard: Utterance, past: Past, policy: VoicePolicy, say: _Wording) -> Ruling | None:
        """Distress, an emergency, a wish for a person, or words that were not understood again."""
        reason = plight(heard.text)
        if reason is not None:
            key = "emergency_coming" if reason is Reason.EMERGENCY else "distress_coming"
            return Ruling(Screened(Verdict.GREY, Topic.DISTRESS), say.line(key), HandOff(reason))
        if asks_for_person(heard.text, policy.assistant.name):
            return Ruling(Screened(), say.line("hand_off_ringing"), HandOff(Reason.ASKED_FOR_PERSON))
        if not is_unclear(heard, past.asked):
            return None
        if past.unclear() + 1 < policy.hand_off.unclear_turns:
            return Ruling(Screened(), say.line("unclear_again"))
        reason = Reason.LOW_CONFIDENCE if any(char.isalnum() for char in heard.text) else Reason.UNCLEAR
        return Ruling(Screened(), say.line("hand_off_ringing"), HandOff(reason))

    def _judged(self, text: str, past: Past, policy: VoicePolicy) -> Screened:
        """This turn by itself and, if it is short, together with the turns just before."""
        suspect = suspicion(text, policy.executive.name)
        if suspect is Verdict.BLOCK:
            return Screened(Verdict.BLOCK, Topic.INJECTION)
        before = past.lately() if len(text.split()) <= MOST_WORDS_ALONE else []
        together = " ".join([*before, text])
        (alone,) = self._topics.judge([text], self._names())
        if before and suspicion(together, "") is Verdict.BLOCK:
            return Screened(Verdict.BLOCK, Topic.INJECTION, alone.scores)
        if alone.verdict is not Verdict.PASS:
            return alone
        if before and self._topics.emerges(together, [*before, text], self._names()):
            (joined,) = self._topics.judge([together], self._names(), SURER)
            if joined.verdict is Verdict.BLOCK:
                return joined
        return replace(alone, verdict=Verdict.GREY, topic=Topic.INJECTION) if suspect is Verdict.GREY else alone

    # --- what is said -------------------------------------------------------------------------------

    def _speak(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step]) -> Checked:
        text, language = sentence.text, sentence.language
        ground = Ground(scene, deeds)
        on_file = ground.quotes(text)
        screened, reason = Screened(), self._fault(sentence, scene, deeds, ground, on_file)
        if reason != "leak" and not on_file:
            judged = self._topics.judge([text], self._names(), MARGIN)[0]
            if judged.verdict is Verdict.BLOCK:
                screened, reason = judged, "topic"
        if not reason:
            return Checked(text, language, screened)
        key = f"deflect_{screened.topic.value}" if screened.topic else f"replace_{reason}"
        (instead,) = _Wording(self._phrases, language, scene.policy).line(key)
        return Checked(instead, language, screened, reason)

    def _fault(self, sentence: Sentence, scene: Scene, deeds: Sequence[Step], ground: Ground, on_file: bool) -> str:
        """The first of leak, undone, cover and ungrounded that is wrong with `sentence`; empty when it is true."""
        text = sentence.text
        if self._release.leaks(text, scene):
            return "leak"
        if undone(text, deeds, on_file):
            return "undone"
        if on_file:
            return ""
        if ground.unfounded_absence(text):
            return "cover"
        return "ungrounded" if ground.misses(text, sentence.language) else ""

    async def _aside(self, work: Callable[[], _Found]) -> _Found:
        """Runs `work` in the rules' own threads."""
        with _told():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever goes wrong in a check is an EngineError, never a pass."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        raise EngineError("rules", f"A check failed ({type(error).__name__}).") from error


class _Wording:
    """Fixed lines in one language with the names of the house filled in."""

    def __init__(self, phrases: Phrases, language: Language, policy: VoicePolicy):
        self._phrases, self._language = phrases, language
        self._names = policy.names(language)

    def line(self, key: str) -> tuple[str]:
        return (self._phrases.line(key, self._language, **self._names),)


def _signalled(text: str, judged: Screened) -> Screened:
    """`judged`, unless `text` tells of distress or tries to steer us."""
    if plight(text):
        return replace(judged, verdict=Verdict.GREY, topic=Topic.DISTRESS)
    if judged.verdict is not Verdict.BLOCK and suspicion(text, "") is Verdict.BLOCK:
        return replace(judged, verdict=Verdict.BLOCK, topic=Topic.INJECTION)
    return judged
