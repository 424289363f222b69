"""One caller turn, top to bottom.

A turn is prepared while the caller may still go on: nothing of it is on record, done or audible until the line
confirms that the caller has finished. If they go on instead, the turn is dropped and leaves no trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal
from zoneinfo import ZoneInfo

from calls.call import Call, new_id
from calls.errors import EngineError, EngineLate
from calls.words import (
    Body,
    HandOff,
    Heard,
    Failed,
    Language,
    Outcome,
    Reason,
    Recall,
    Recalled,
    Refused,
    Said,
    Say,
    Scene,
    Screened,
    ScreenedText,
    Sentence,
    Step,
    Utterance,
    Verdict,
)

PATIENCE_S = 8.0
"""How long the mind may think about one sentence before the caller is rescued."""


class Turn:
    """What the receptionist answers to one utterance. Iterate `reply` once; call `confirm` when the caller has finished."""

    def __init__(self, call: Call, heard: Utterance, on_record: Body | None = None):
        self.call, self.heard, self.office = call, heard, call.office
        self._held: list[Body] = [on_record or _heard(heard)]
        self._confirmed = asyncio.Event()

    async def reply(self) -> AsyncGenerator[Say]:
        """The sentences of the answer, each as soon as it stands; audible only once `confirm` has returned."""
        office, heard = self.office, self.heard
        if self.call.with_staff:
            return
        try:
            ruling, recall = await asyncio.gather(
                office.rules.hear(heard, self.call.bodies, office.knowledge.policy),
                office.knowledge.recall(heard.text, self.call.circle, heard.language, office.now()),
            )
            await self._note_screened("in", ruling.screened)
            if not self.call.disclosed:
                yield await self._say(Sentence(self._phrase("disclosure"), self.language))
            if ruling.settles_it:
                if ruling.step:
                    await self._act(ruling.step)
                for text in ruling.say:
                    yield await self._say(Sentence(text, self.language))
                return
            await self._note_recalled(recall)
            scene = self._scene(recall)
            async with aclosing(office.mind.propose(scene, self._act)) as proposals:
                async for sentence in _patiently(proposals):
                    checked = await office.rules.speak(sentence, scene, self.call.deeds)
                    await self._note_screened("out", checked.screened, checked.reason)
                    yield await self._say(Sentence(checked.text, checked.language))
        except EngineError as error:
            async for say in self._rescue(error):
                yield say

    async def confirm(self) -> None:
        """The caller has finished: what was prepared goes on record, deeds may be done. May be called again."""
        self.call.speaks(self.heard.language)
        while self._held:
            held, self._held = self._held, []
            await self.call.note(*held)
        self._confirmed.set()

    # --- the steps of a turn ------------------------------------------------------------------------

    async def _act(self, step: Step) -> Outcome:
        await self._confirmed.wait()
        return await self.call.do(step)

    async def _note(self, body: Body) -> None:
        if self._confirmed.is_set():
            await self.call.note(body)
        else:
            self._held.append(body)

    async def _note_screened(self, direction: Literal["in", "out"], screened: Screened, reason: str = "") -> None:
        if screened.verdict is not Verdict.PASS or reason:
            await self._note(ScreenedText(direction, screened.verdict, screened.topic, reason))

    async def _note_recalled(self, recall: Recall) -> None:
        found = tuple(
            {"id": match.preference.id, "version": match.preference.version, "score": round(match.score, 3)}
            for match in recall.matches
        )
        await self._note(Recalled(found, recall.unsure))

    async def _say(self, sentence: Sentence) -> Say:
        say = Say(new_id(), sentence.text, sentence.language)
        await self._note(Said(say.id, say.text, say.language, heard_text=None if self.call.door else say.text))
        return say

    async def _rescue(self, error: EngineError) -> AsyncGenerator[Say]:
        """An engine failed: an apology, and a human."""
        await self._note(Failed(error.engine, error.what, stand_in="desk"))
        yield await self._say(Sentence(self._phrase("rescue"), self.language))
        outcome = await self._act(HandOff(Reason.FAILURE))
        if isinstance(outcome, Refused):
            yield await self._say(Sentence(self._phrase("rescue_no_one"), self.language))

    def _scene(self, recall: Recall) -> Scene:
        call, knowledge, now = self.call, self.office.knowledge, self.office.now()
        zone = ZoneInfo(knowledge.policy.hours.timezone)
        by = knowledge.callback_by(now)
        return Scene(
            call_id=call.id,
            caller=call.caller,
            language=self.language,
            policy=knowledge.policy,
            heard=self.heard,
            transcript=call.transcript(),
            recall=recall,
            now=now.astimezone(zone),
            open_now=knowledge.is_open(now),
            callback_by=by and by.astimezone(zone),
            deeds=call.deeds,
            guidance=call.unused_guidance(),
            suspicious=call.suspicious,
        )

    @property
    def language(self) -> Language:
        """The language to answer in: the caller's, if the office speaks it."""
        spoken = self.office.knowledge.policy.receptionist.languages
        return self.heard.language if self.heard.language in spoken else self.call.language

    def _phrase(self, key: str) -> str:
        return self.call.phrase(key, self.language)


async def take_turn(call: Call, heard: Utterance, on_record: Body | None = None) -> AsyncGenerator[Say]:
    """A turn that is confirmed from the start: the caller typed it, or has already hung up."""
    turn = Turn(call, heard, on_record)
    await turn.confirm()
    async with aclosing(turn.reply()) as says:
        async for say in says:
            yield say


def _heard(utterance: Utterance) -> Heard:
    return Heard(
        utterance.text, utterance.language, round(utterance.confidence, 3), utterance.began, utterance.ended
    )


async def _patiently(proposals: AsyncGenerator[Sentence]) -> AsyncGenerator[Sentence]:
    while True:
        try:
            async with asyncio.timeout(PATIENCE_S):
                sentence = await anext(proposals)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise EngineLate("mind", f"no sentence within {PATIENCE_S:g} s") from None
        yield sentence
