"""The digest as it is asked for and answered: gathers the day, remembers its numbers, turns a reply into rules."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from calls.versions import Fault, NotFit, NotOnFile, Version
from calls.words import Action, Autonomy, Circle, Language
from knowledge.autonomy import Earned, NotEarned
from knowledge.digest import Day, Digest, Item, digest, spoken
from knowledge.digest import words_of as page_words
from knowledge.meeting import Understand
from knowledge.office_knowledge import OfficeKnowledge
from knowledge.orders import Order, Person, order_in, people, words_of
from knowledge.plain import Plain
from knowledge.proposals import Proposals
from knowledge.study import Study
from knowledge.wishes import Phrase, Unclear, written
from knowledge.wording import guess_language

BY_DIGEST = "executive, by digest"
A_DAY = timedelta(days=1)
_NUMBERED = re.compile(r"(?:^|[\n;]|(?<=[.!?]) )\s*(?P<number>\d{1,2})\s*[.):\-–](?!\d)\s*")
_LEAST_WORDS = 3


class Kept(Protocol):
    """What the digest reads of the records. Raises EngineError."""

    async def calls(self, *, limit: int, after: int | None, **sought: Any) -> Any: ...

    async def messages(self, limit: int, after: int | None, state: str | None) -> Any: ...

    async def promises(self, limit: int, after: int | None, state: str | None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Replied:
    """What came of a reply: new versions, and in words what will be done, in the reply's language.

    `refused`: the numbered answers that could not be kept; somebody settled it before, say.
    """

    versions: tuple[Version, ...]
    read_back: tuple[str, ...]
    refused: tuple[str, ...] = ()


class DigestDesk:
    """`bookings`: those made since a time, as the record tells them. `where`: the page on which it is answered."""

    def __init__(
        self,
        kept: Kept,
        bookings: Callable[[datetime], Awaitable[Sequence[Mapping[str, Any]]]],
        knowledge: OfficeKnowledge,
        study: Study,
        proposals: Proposals,
        earned: Earned,
        phrase: Phrase,
        now: Callable[[], datetime],
        understand: Understand | None = None,
        where: str = "/study/digest",
    ):
        self._kept, self._bookings, self._knowledge, self._study = kept, bookings, knowledge, study
        self._proposals, self._earned, self._phrase, self._now = proposals, earned, phrase, now
        self._understand, self._where = understand, where

    async def today(self, language: Language | None = None) -> Digest:
        """The page of this moment, in the office's first language unless told otherwise."""
        return digest(await self._day(), language or self._knowledge.policy.receptionist.languages[0])

    async def spoken(self, language: Language) -> list[str]:
        """The same for the telephone."""
        return spoken(await self._day(), language)

    async def mail(self, answerable: bool = False) -> Digest:
        """Today's page as a mail; `answerable`: what is written back to it is read."""
        page = await self.today()
        how = page_words(page.language)["reply_by_mail" if answerable else "reply_mail"]
        return replace(page, reply=how.format(where=self._where))

    async def reply(self, text: str, by: str = BY_DIGEST, numbered_then: Mapping[int, Item] | None = None) -> Replied:
        """Numbered answers settle what they name, anything else is an order. Raises NotFit, NotEarned, NotOnFile.

        A reply is taken in the language that it is written in, by the numbers of `numbered_then`, the page that it
        answers, or of the page as it stands now.
        """
        language = guess_language(text, self._knowledge.policy.receptionist.languages[0])
        numbered, free = _parts(text)
        items = (await self.today(language)).numbered if numbered_then is None else numbered_then
        unknown = [number for number in numbered if number not in items]
        if unknown:
            what = f"There is no question {unknown[0]} on today's digest."
            raise NotFit([Fault("text", what, "Use the numbers that it shows.")])
        versions: list[Version] = []
        told: list[str] = []
        refused: list[str] = []
        for number, answer in numbered.items():
            try:
                versions += await self._settle(items[number], answer, by)
                told.append(f"{number}: {answer}")
            except (NotFit, NotEarned, NotOnFile):
                if len(numbered) == 1 and not free:
                    raise
                refused.append(f"{number}: {answer}")
        if free:
            new, said = await self._order(free, language, by)
            versions, told = versions + new, told + said
        if not versions and not numbered:
            raise NotFit([Fault("text", "This says nothing that could be kept.", "Answer a number, or say a rule.")])
        return Replied(tuple(versions), tuple(told), tuple(refused))

    async def _settle(self, item: Item, answer: str, by: str) -> list[Version]:
        """One numbered answer: yes, no, or the words to answer with."""
        yes, no = words_of("agrees", answer), words_of("declines", answer)
        bare = len(answer.split()) <= _LEAST_WORDS
        if item.kind == "ready":
            action, circle = item.ref.split("/")
            if yes and not no:
                await self._earned.raise_((Action(action), Circle(circle)), by)
            return []
        if no and bare:
            await self._proposals.dismiss(item.ref, by)
            return []
        return [await self._proposals.approve(item.ref, by, "" if yes and bare else answer)]

    async def _order(self, text: str, language: Language, by: str) -> tuple[list[Version], list[str]]:
        """What is said without a number, as by phone; a plain statement is told to whoever asks."""
        today = self._now().astimezone(self._zone).date()
        order = order_in(text, today)
        if not order.wishes and (free := await self._free(text, language, today)):
            kept = await self._study.together([("preference", data) for data in free], by)
            return kept, [next(iter(data["text"].values())) for data in free]
        if not order.wishes:
            order = _statement(text, today)
        try:
            drafts = [written(wish, order, self._meant(wish), today, self._phrase) for wish in order.wishes]
        except Unclear as unclear:
            what = self._phrase(unclear.key, language, who=unclear.who)
            raise NotFit([Fault("text", what, "")]) from None
        kept = await self._study.together([("preference", draft.data) for draft in drafts], by)
        return kept, [line for draft in drafts for line in draft.read_back[language]]

    async def _free(self, text: str, language: Language, today: date) -> Sequence[Plain]:
        """What a language model makes of it, if there is one."""
        if self._understand is None:
            return ()
        return await self._understand(text, language, self._phrase("order_executive", language), today)

    def _meant(self, wish: object) -> Sequence[Any]:
        return people(wish.who, self._knowledge.contacts) if isinstance(wish, Person) else []

    async def _day(self) -> Day:
        now: datetime = self._now()
        own = self._knowledge.policy.executive.phone
        since = (await self._kept.calls(limit=500, after=None, since=now - A_DAY)).items
        calls = [call for call in since if own is None or call["number"] != own]
        messages = (await self._kept.messages(500, None, "open")).items
        promises = (await self._kept.promises(500, None, "open")).items
        ready = [cell for cell in self._earned.table() if cell["ready"]]
        bookings: Sequence[Mapping[str, Any]] = await self._bookings(now - A_DAY)
        return Day(
            now, self._zone, calls, messages, promises, bookings, ready, await self._proposals.waiting(), self._reported
        )

    def _reported(self, action: str, circle: str) -> bool:
        return self._earned.level(Action(action), Circle(circle)) is not Autonomy.ACT

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._knowledge.policy.hours.timezone)


def _statement(text: str, today: date) -> Order:
    """`text` as something to tell everybody; too short, or a question, is none."""
    text = text.strip()
    telling = len(text.split()) >= _LEAST_WORDS and not text.endswith("?")
    return order_in(f"diles que {text}", today) if telling else Order()


def _parts(text: str) -> tuple[dict[int, str], str]:
    """The numbered answers of a reply, and what comes before the first of them."""
    found = list(_NUMBERED.finditer(text))
    if not found:
        return {}, text.strip()
    ends = [*(each.start() for each in found[1:]), len(text)]
    answers = {int(each["number"]): text[each.end() : end].strip(" ;\n") for each, end in zip(found, ends, strict=True)}
    return answers, text[: found[0].start()].strip()
