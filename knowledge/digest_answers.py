"""The executive answers the digest by mail, and what they ask for is in force within a minute.

A mail's sender proves nothing; what counts is that it answers a digest by an id that only its reader can know.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from calls.errors import AntesalaError
from calls.notices import Reply
from calls.versions import NotFit, NotOnFile
from calls.words import VoicePolicy
from knowledge.autonomy import Lessons, NotEarned
from knowledge.digest import Item, words_of
from knowledge.digest_desk import DigestDesk
from knowledge.wording import guess_language

LOOK_S = 20.0
"""How often the mailbox is looked at; a reply is a rule within a minute."""
BY_MAIL = "executive, by mail"
AnswerBack = Callable[[Reply, str], Awaitable[None]]
"""Sends what came of a reply back to who wrote it."""
log = logging.getLogger(__name__)


class Mailbox(Protocol):
    """Where replies come in. Raises NotSent."""

    async def answers(self) -> Sequence[Reply]: ...

    async def settle(self, reply: Reply) -> None: ...


class DigestAnswers:
    """Each reply counts once, also when the house is stopped while it is being read."""

    def __init__(
        self,
        mailbox: Mailbox,
        digests: DigestDesk,
        lessons: Lessons,
        policy: Callable[[], VoicePolicy],
        answer_back: AnswerBack,
        now: Callable[[], datetime],
    ):
        self._mailbox, self._digests, self._lessons, self._policy = mailbox, digests, lessons, policy
        self._answer_back, self._now = answer_back, now

    async def keep_reading(self) -> None:
        """For as long as the house is open."""
        while True:
            try:
                await self.round()
            except AntesalaError as error:
                log.warning("the mailbox is looked at again later (%s)", type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def round(self) -> int:
        """Takes what has come in; how many replies counted. Raises NotSent, EngineError."""
        replies = await self._mailbox.answers()
        if not replies:
            return 0
        sent = {each["id"]: each for each in await self._lessons.all("digest") if each.get("id")}
        read = {each["id"] for each in await self._lessons.all("digest_reply")}
        taken = 0
        for reply in replies:
            digest = next((sent[id] for id in reply.answers if id in sent), None)
            if digest is None or not self._theirs(reply):
                continue
            if reply.id not in read:
                await self._take(reply, digest)
                taken += 1
            await self._mailbox.settle(reply)
        return taken

    def _theirs(self, reply: Reply) -> bool:
        return not reply.automatic and reply.sender == (self._policy().executive.email or "").lower()

    async def _take(self, reply: Reply, digest: Mapping[str, Any]) -> None:
        numbered = {int(number): Item(kind, ref, "", int(number)) for number, (kind, ref) in digest["numbers"].items()}
        words = words_of(guess_language(reply.text, self._policy().receptionist.languages[0]))
        await self._lessons.add("digest_reply", {"id": reply.id}, BY_MAIL, self._now())
        try:
            replied = await self._digests.reply(reply.text, BY_MAIL, numbered)
            told = "\n\n".join(
                "\n".join([words[key], *(f"- {each}" for each in lines)])
                for key, lines in (("kept", replied.read_back), ("refused", replied.refused))
                if lines
            )
        except (NotFit, NotEarned, NotOnFile):
            told = words["not_kept"]
        await self._answer_back(reply, told)
