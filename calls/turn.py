"""One caller turn, top to bottom.

A turn is prepared while the caller may still go on: nothing of it is on record, done or audible until the line
confirms that the caller has finished. If they go on instead, the turn is dropped and leaves no trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from calls.call import Call, new_id
from calls.errors import EngineError, EngineLate
from calls.words import (
    Action,
    Autonomy,
    Body,
    Failed,
    HandOff,
    HandOffState,
    Heard,
    Language,
    Match,
    Outcome,
    Reason,
    Recall,
    Recalled,
    Refused,
    Ruling,
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

T = TypeVar("T")

PATIENCE_S = 8.0
"""How long an engine may take over one sentence before the caller is rescued."""

TOLD = (Action.ANSWER, Action.REDIRECT, Action.DECLINE)
"""What is done by saying it; every other action is a deed."""

AT_ONCE = timedelta(minutes=1)
"""If the calendar takes the next minute, the executive is busy now."""


class Turn:
    """What the receptionist answers to one utterance. Iterate `reply` once; `confirm` when the caller has finished."""

    def __init__(self, call: Call, heard: Utterance, on_record: Body | None = None):
        self.call, self.heard, self.office = call, heard, call.office
        self._held: list[Body] = [self._covered(on_record or _heard(heard))]
        self._before = call.transcript()
        self._of_recording = call.consent.reply(call, heard) if call.consent else ""
        self._confirmed = asyncio.Event()
        self.waiting = False
        """A deed waits for the turn to be confirmed."""

    async def reply(self) -> AsyncGenerator[Say]:
        """The sentences of the answer, each as soon as it stands; audible only once `confirm` has returned."""
        office, heard = self.office, self.heard
        if self.call.with_staff:
            return
        try:
            if self._of_recording:
                yield await self._say(Sentence(self._phrase(self._of_recording), self.language))
                return
            if (orders := office.orders) and orders.concerns(self.call, heard):
                self.waiting = not self._confirmed.is_set()
                await self._confirmed.wait()
                async with aclosing(orders.answer(self.call, heard)) as answers:
                    async for sentence in answers:
                        yield await self._say(sentence)
                return
            ruling, recall = await _both(
                self._asked("rules", office.rules.hear(heard, self.call.bodies, office.knowledge.policy)),
                self._asked(
                    "knowledge",
                    office.knowledge.recall(heard.text, self.call.circle, heard.language, office.now()),
                ),
            )
            await self._note_screened("in", ruling.screened)
            if not self.call.disclosed(self.language):
                yield await self._say(Sentence(self._phrase("disclosure"), self.language))
            if ruling.settles_it:
                for text in await self._settled(ruling):
                    yield await self._say(Sentence(text, self.language))
                return
            recall = self._earned(self._with_own_rule(recall))
            scene = self._scene(recall)
            await self._note_recalled(recall)
            async with (
                aclosing(office.mind.propose(scene, self._act)) as proposals,
                aclosing(_patiently(proposals)) as sentences,
            ):
                async for sentence in sentences:
                    checked = await self._asked("rules", office.rules.speak(sentence, scene, self.call.deeds))
                    await self._note_screened("out", checked.screened, checked.reason)
                    yield await self._say(Sentence(checked.text, checked.language))
        except EngineError as error:
            async with aclosing(self._rescue(error)) as says:
                async for say in says:
                    yield say

    async def confirm(self) -> None:
        """The caller has finished: what was prepared goes on record, deeds may be done. May be called again."""
        self.call.speaks(self.heard.language)
        while self._held:
            held, self._held = self._held, []
            try:
                await self.call.note(*held)
            except EngineError:
                self._held = held + self._held
                raise
        if self.call.consent:
            await self.call.consent.heed(self.call, self.heard)
        self._confirmed.set()

    # --- the steps of a turn ------------------------------------------------------------------------

    def _covered(self, body: Body) -> Body:
        """What was heard, without a PIN that was spoken."""
        if self.office.orders is None or not isinstance(body, Heard):
            return body
        return replace(body, text=self.office.orders.covered(self.call, body.text, body.language))

    def _with_own_rule(self, recall: Recall) -> Recall:
        """With the rule for this very caller before all other rules, until it has been followed once."""
        orders, call = self.office.orders, self.call
        rule = orders.rule_for(call.caller, self.office.now()) if orders else None
        answered = not recall.unsure and recall.matches and recall.matches[0].preference.do is None
        if rule is None or answered or call.hand_off or not call.circle.may_hear(rule.audience):
            return recall
        return Recall((Match(rule, 1.0), *recall.matches), unsure=False)

    def _earned(self, recall: Recall) -> Recall:
        """Without what this circle may not be told alone: a person is asked, as if it were not on file."""
        alone = (Autonomy.ACT_AND_REPORT, Autonomy.ACT)
        held = {each for each in TOLD if self.office.autonomy(each, self.call.circle) not in alone}
        kept = tuple(each for each in recall.matches if (each.preference.do or Action.ANSWER) not in held)
        return Recall(kept, recall.unsure or kept[:1] != recall.matches[:1])

    async def _settled(self, ruling: Ruling) -> tuple[str, ...]:
        """Does the ruling's step, if any; what may be said of it."""
        outcome = await self._act(ruling.step) if ruling.step else None
        if isinstance(outcome, Refused):
            return (self._phrase("hand_off_refused" if isinstance(ruling.step, HandOff) else "replace_undone"),)
        return ruling.say

    async def _asked(self, engine: str, answer: Awaitable[T]) -> T:
        return await self.office.breakers.ask(engine, answer, PATIENCE_S)

    async def _act(self, step: Step) -> Outcome:
        self.waiting = not self._confirmed.is_set()
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
            {
                "id": match.preference.id,
                "version": match.preference.version,
                "score": round(match.score, 3),
                **({"over": list(match.over)} if match.over else {}),
            }
            for match in recall.matches
        )
        await self._note(Recalled(found, recall.unsure))

    async def _say(self, sentence: Sentence) -> Say:
        say = Say(new_id(), sentence.text, sentence.language)
        await self._note(Said(say.id, say.text, say.language, heard_text=None if self.call.door else say.text))
        return say

    async def _rescue(self, error: EngineError) -> AsyncGenerator[Say]:
        """An engine failed: an apology, and a human. Where nothing can be put on record, only what needs no deed."""
        try:
            await self._note(Failed(error.engine, error.what, stand_in="desk"))
        except EngineError:
            yield Say(new_id(), self._phrase("rescue_no_one"), self.language)
            return
        yield await self._say(Sentence(self._phrase("rescue"), self.language))
        outcome = await self._act(HandOff(Reason.FAILURE))
        if isinstance(outcome, Refused):
            rings = (last := self.call.hand_off) and last.state is HandOffState.RINGING
            yield await self._say(
                Sentence(self._phrase("hand_off_refused" if rings else "rescue_no_one"), self.language)
            )

    def _scene(self, recall: Recall) -> Scene:
        call, knowledge, now = self.call, self.office.knowledge, self.office.now()
        zone = ZoneInfo(knowledge.policy.hours.timezone)
        by = knowledge.callback_by(now)
        busy = knowledge.is_open(now) and not knowledge.allows(now, now + AT_ONCE)
        orders, policy = self.office.orders, knowledge.policy
        if orders and (covers := orders.covers(call.circle, now)):
            policy = replace(policy, covers=covers)
        return Scene(
            call_id=call.id,
            caller=call.caller,
            language=self.language,
            policy=policy,
            heard=self.heard,
            transcript=self._before,
            recall=recall,
            now=now.astimezone(zone),
            open_now=knowledge.is_open(now),
            callback_by=by and by.astimezone(zone),
            deeds=call.deeds,
            guidance=call.unused_guidance(),
            suspicious=call.suspicious,
            busy_now=busy,
            away_today=busy and self._away(now.astimezone(zone)),
        )

    def _away(self, now: datetime) -> bool:
        """Whether today's opening hours, past ones included, leave the executive no half hour."""
        free = self.office.knowledge.free_slots(now.replace(hour=0, minute=0, second=0, microsecond=0), 30, 1)
        return not free or free[0].start.astimezone(now.tzinfo).date() > now.date()

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
    return Heard(utterance.text, utterance.language, round(utterance.confidence, 3), utterance.began, utterance.ended)


async def _patiently(proposals: AsyncGenerator[Sentence]) -> AsyncGenerator[Sentence]:
    while True:
        try:
            sentence = await _in_time("mind", anext(proposals))
        except StopAsyncIteration:
            return
        yield sentence


async def _in_time(engine: str, answer: Awaitable[T]) -> T:
    """`answer`, or EngineLate if `engine` takes longer than the caller can be left waiting."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await answer
    except TimeoutError:
        raise EngineLate(engine, f"no answer within {PATIENCE_S:g} s") from None


async def _both(hearing: Coroutine[Any, Any, Ruling], recalling: Coroutine[Any, Any, Recall]) -> tuple[Ruling, Recall]:
    """Judges and recalls at the same time; when one fails the other is given up."""
    try:
        async with asyncio.TaskGroup() as group:
            ruling, recall = group.create_task(hearing), group.create_task(recalling)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return ruling.result(), recall.result()
