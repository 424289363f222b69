"""Builds the office from settings, around the engines."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from agent.doubt import Doubt
from agent.guard.house_rules import Ask, HouseRules
from agent.guard.own_topics import OwnTopics, read_topics
from agent.house.digits import all_digits
from agent.house.model import HouseModel
from agent.language import language_of
from agent.mind import AgentMind
from agent.models import ChosenModel, choose_model
from agent.wishes import Wishes
from audio.engines import Sound, warm_turns
from audio.reception import Reception
from calls.admission import Admission
from calls.breaker import Breakers
from calls.desk import Desk
from calls.notices import Channel, Reply, Told
from calls.ports import Knowledge, Office
from calls.switchboard import Switchboard
from calls.words import (
    LANGUAGES,
    Caller,
    Circle,
    Failed,
    Language,
    VoicePolicy,
)
from console.api.front import Front
from console.api.health import Check, Readiness
from console.api.learning import Learning
from console.api.meters import Meters
from console.api.notices import Notices
from console.api.sandbox import rehearse as try_out
from engines import Engines
from knowledge.asked import KINDS
from knowledge.autonomy import Earned
from knowledge.budget import Budget
from knowledge.by_phone import ByPhone
from knowledge.digest_answers import DigestAnswers
from knowledge.digest_desk import DigestDesk
from knowledge.digest_post import DigestPost
from knowledge.embedding import E5, FastSentence
from knowledge.first_meeting import FirstMeeting
from knowledge.meeting import Understand
from knowledge.office_folder import SAMPLE
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.proposals import Proposals
from knowledge.replay import Replay
from knowledge.study import Study
from notices.mail_server import MailboxAt
from notices.mailbox import Mailbox
from notices.opening import Means, open_post_office
from notices.post import PostOffice
from prompts import Phrasebook, system_prompt, system_slots
from records.ahead import AHEAD
from records.recordings import RECORDINGS
from records.store import Store, open_records
from records.taken import taken
from settings import Settings

FIRST = 8
"""Calls at once until the machine's speed is measured."""
TYPED = 50
"""Calls by typing at once, where nobody says how many calls there may be."""


@dataclass(frozen=True, slots=True)
class OpenOffice:
    """The house while it is open. `chosen`: what it is made of, one plain line each.

    `carries`: how many calls at once the machine carries, by how quickly it hears a sentence.
    """

    front: Front
    store: Store
    knowledge: OfficeKnowledge
    sound: Sound
    converse: Reception
    post: PostOffice
    daily: DigestPost
    answers: DigestAnswers | None
    budget: Budget
    carries: Callable[[str, Language], Awaitable[int]]
    chosen: tuple[str, ...]


@asynccontextmanager
async def open_office(settings: Settings, engines: Engines | None = None) -> AsyncGenerator[OpenOffice]:
    """All that answers, without any door; with engines of its own unless some are given.

    Raises SettingsError, OfficeError, EngineError.
    """
    async with AsyncExitStack() as house:
        engines, meters = engines or Engines(house), Meters()
        e5, fast, phrases, stand_in = engines.e5, engines.fast, engines.phrases, engines.stand_in
        breakers = Breakers(meters.engine)
        (store, knowledge), mind, sound, _ = await together(
            _on_file(settings, house, e5, fast),
            _mind(settings, house, stand_in),
            engines.sound(settings, breakers),
            asyncio.to_thread(stand_in.warm),
        )
        ask = Doubt(mind.model).ask if mind.model is not stand_in else None
        rules = await asyncio.to_thread(_rules, settings, phrases, e5, fast, knowledge, ask)
        house.callback(rules.close)
        study = Study(store.versions, knowledge, now)
        understand = Wishes(mind.model).read if mind.model is not stand_in else None
        learning, digests = await _learning(settings, store, knowledge, study, phrases, understand, lambda: office)
        orders = ByPhone(knowledge, study, partial(_digits, knowledge), digests.spoken)
        budget = Budget(lambda: knowledge.policy, partial(_taken, store), now)
        desk = Desk()
        agent = AgentMind(
            mind.model,
            stand_in,
            name=mind.name,
            first_token_s=settings.first_token_s,
            on_failure=lambda call_id, failed: note_failure(switchboard, call_id, failed),
            on_model_call=meters.model_call,
            on_tokens=meters.model_tokens,
        )
        office = Office(
            mind=agent,
            rules=rules,
            knowledge=knowledge,
            records=store,
            phrases=phrases,
            desk=desk,
            language_of=language_of,
            now=now,
            orders=orders,
            autonomy=learning.earned.level,
            spent=budget.spent,
            breakers=breakers,
        )
        admission = Admission(
            settings.max_calls or FIRST,
            per_number=settings.calls_per_number or None,
            typed=TYPED if settings.max_calls is None else None,
        )
        admission.measured(admission.most)
        switchboard = Switchboard(office, desk, admission, timedelta(minutes=settings.longest_call_minutes))
        house.push_async_callback(switchboard.close)
        engines.serve(switchboard, house)
        checks = _engines(office, rules) | _engines_of_sound(sound, knowledge.policy)
        readiness = Readiness(
            checks, {"records": store.ping}, lambda: breakers.resting, partial(_standing_in, agent, sound)
        )
        post = await house.enter_async_context(_post_office(settings, store, knowledge, meters))
        mail = partial(_by_mail, post)
        daily = DigestPost(digests, store.lessons, lambda: knowledge.policy, mail, now, bool(settings.imap_url))
        answers = _answers(settings, house, store, knowledge, digests, post)
        front = Front(
            office, switchboard, desk, store, store.feed, knowledge, study, readiness, meters, learning,
            Notices(store.outbox, post), e5, settings.data / RECORDINGS, settings.keys,
        )  # fmt: skip
        observed = _observed(settings, house, meters)
        reception = Reception(switchboard, sound, observed, settings.data / RECORDINGS, settings.keys)
        yield OpenOffice(
            front, store, knowledge, sound, reception, post, daily, answers, budget, engines.carries,
            _chosen(settings, mind, knowledge),
        )  # fmt: skip


def _observed(settings: Settings, house: AsyncExitStack, meters: Meters) -> Callable[[dict[str, float]], None]:
    """Who is told where the time of each turn by voice went."""
    if settings.otlp_url is None:
        return meters.stages
    from console.traces import Traces

    traces = Traces.to(settings.otlp_url)
    house.push_async_callback(asyncio.to_thread, traces.close)

    def observe(seconds: dict[str, float]) -> None:
        meters.stages(seconds)
        traces.turn(seconds)

    return observe


async def _learning(
    settings: Settings,
    store: Store,
    knowledge: OfficeKnowledge,
    study: Study,
    phrases: Phrasebook,
    understand: Understand | None,
    office: Callable[[], Office],
) -> tuple[Learning, DigestDesk]:
    """All that learns from people; the mind of the `office` answers in a replay."""

    def phrase(key: str, language: Language | None = None, **slots: str) -> str:
        language = language or LANGUAGES[0]
        return phrases.line(key, language, **knowledge.policy.names(language), **slots)

    async def answered(under: Knowledge, question: str, circle: Circle, language: Language) -> list[str]:
        return (await try_out(replace(office(), knowledge=under, orders=None), question, circle, language))[0]

    async def booked(since: datetime) -> list[dict[str, Any]]:
        calls = await store.recent(500, ("booking",), since)
        return [{**event, "circle": call["circle"]} for call in calls for event in call["events"]]

    def recent(count: int, since: datetime | None = None) -> Awaitable[list[dict[str, Any]]]:
        return store.recent(count, KINDS, since)

    earned = Earned(store.lessons, lambda: knowledge.preferences, now)
    await earned.open()
    proposals = Proposals(study, store.lessons, recent, knowledge.question_rows, phrase, knowledge.with_draft, now)
    where = f"{_address(settings)}/study/digest"
    digests = DigestDesk(store, booked, knowledge, study, proposals, earned, phrase, now, understand, where)
    replay = Replay(knowledge, knowledge.with_draft, recent, answered, now)
    folder = Path("office") if settings.office == SAMPLE else None
    meeting = FirstMeeting(knowledge, folder, phrases.line, now, understand)
    return Learning(earned, digests, proposals, replay, meeting), digests


async def _taken(store: Store, since: datetime, until: datetime) -> list[dict[str, Any]]:
    return await store.look(partial(taken, since, until))


def _answers(
    settings: Settings, house: AsyncExitStack, store: Store, knowledge: OfficeKnowledge, digests: DigestDesk,
    post: PostOffice,
) -> DigestAnswers | None:  # fmt: skip
    """What reads the answers to the digest, where there is a mailbox for them. Raises SettingsError."""
    if settings.imap_url is None:
        return None
    mailbox = Mailbox(MailboxAt.read(settings.imap_url.get_secret_value()))
    house.callback(mailbox.close)

    async def back(reply: Reply, text: str) -> None:
        if "email" in post.media:
            subject = reply.subject if reply.subject.lower().startswith("re:") else f"Re: {reply.subject}"
            told = Told(secrets.token_hex(16), "digest_reply", now(), subject, text, {"answers": reply.id})
            await post.send(Channel("digest", "email", reply.sender, ()), told)

    return DigestAnswers(mailbox, digests, store.lessons, lambda: knowledge.policy, back, now)


async def _by_mail(post: PostOffice, id: str, to: str, subject: str, text: str, html: str) -> bool:
    """Whether the digest went out; without a mail server it does not."""
    if "email" not in post.media:
        return False
    told = Told(id, "digest", now(), subject, text, {"html": html})
    await post.send(Channel("digest", "email", to, ()), told)
    return True


def _address(settings: Settings) -> str:
    """Where people find the pages of the house."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _digits(knowledge: OfficeKnowledge, text: str, language: Language) -> str:
    return all_digits(text, language, knowledge.region or "ES")


def note_failure(switchboard: Switchboard, call_id: str, failed: Failed) -> None:
    """Puts on a call's record that its mind failed and what stood in; a trial call of the sandbox has none."""
    if call := switchboard.find(call_id):
        call.note_meanwhile(failed)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


async def together(*work: Awaitable[Any]) -> list[Any]:
    """The results of `work` done at the same time. All of it is over before the first failure is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


async def _on_file(
    settings: Settings, house: AsyncExitStack, e5: E5, fast: FastSentence
) -> tuple[Store, OfficeKnowledge]:
    """The records, and the knowledge that is kept in them."""
    store = await house.enter_async_context(
        open_records(settings.records_url, settings.data / AHEAD, settings.inner_url, settings.keys)
    )
    encoders = ((e5, 1.0), (fast, 0.5))
    knowledge = await open_knowledge(settings.office, settings.data, store.versions, encoders, settings.chroma_url, now)
    house.push_async_callback(knowledge.close)
    return store, knowledge


async def _mind(settings: Settings, house: AsyncExitStack, stand_in: HouseModel) -> ChosenModel:
    mind = await asyncio.to_thread(choose_model, settings.model, settings.model_url, os.environ, stand_in)
    house.push_async_callback(mind.stop)
    await mind.start()
    return mind


def _rules(
    settings: Settings, phrases: Phrasebook, e5: E5, fast: FastSentence, knowledge: OfficeKnowledge, ask: Ask | None
) -> HouseRules:
    facts, names = (lambda: knowledge.preferences), (lambda: _names(knowledge))
    own = OwnTopics(read_topics(settings.topics), fast) if settings.topics else None
    return HouseRules(phrases, e5, fast, facts, names, _our_prompts(), ask, own)


def _names(knowledge: OfficeKnowledge) -> tuple[str, ...]:
    """People, streets and companies of the house: their words are no topic."""
    known = [name for contact in knowledge.contacts for name in (contact.name, contact.company) if name]
    return (*knowledge.vocabulary(Caller(circle=Circle.INNER)), *known)


def _our_prompts() -> str:
    """What our prompts say, whoever they are filled in for."""
    return "\n".join(system_prompt(each, **dict.fromkeys(system_slots(each), "")) for each in LANGUAGES)


def _standing_in(mind: AgentMind, sound: Sound) -> dict[str, str]:
    """Which engine another stands in for now."""
    return {engine: name for engine, name in (("mind", mind.stands_in), ("voice", sound.voice.stands_in)) if name}


def _post_office(
    settings: Settings, store: Store, knowledge: OfficeKnowledge, meters: Meters
) -> AbstractAsyncContextManager[PostOffice]:
    def plain(secret: SecretStr | None) -> str | None:
        return secret.get_secret_value() if secret else None

    means = Means(
        smtp_url=plain(settings.smtp_url),
        smtp_from=settings.smtp_from,
        webhook_secret=plain(settings.webhook_secret),
        twilio_account=settings.twilio_account,
        twilio_token=plain(settings.twilio_auth_token),
        twilio_number=settings.twilio_number,
        twilio_api=settings.twilio_api,
    )
    desk = _address(settings)

    def zone() -> ZoneInfo:
        return ZoneInfo(knowledge.policy.hours.timezone)

    return open_post_office(store.outbox, means, zone, now, desk, meters.sms)


def _engines_of_sound(sound: Sound, policy: VoicePolicy) -> dict[str, Check]:
    async def voice() -> None:
        await sound.voice.warm()
        await sound.voice.prepare((policy.greeting[language], language) for language in policy.receptionist.languages)

    return {"ears": sound.ears.warm, "voice": voice, "turns": partial(warm_turns, sound)}


def _engines(office: Office, rules: HouseRules) -> dict[str, Check]:
    """How each engine is run once before the house counts as ready."""

    async def knowledge() -> None:
        await office.knowledge.recall("¿A qué hora abren?", Circle.ANYONE, "es", office.now())

    async def mind() -> None:
        for language in office.knowledge.policy.receptionist.languages:
            greeting = {"es": "Buenos días", "en": "Good morning"}[language]
            await try_out(office, greeting, Circle.ANYONE, language)

    return {"knowledge": knowledge, "rules": rules.check, "mind": mind}


def _chosen(settings: Settings, mind: ChosenModel, knowledge: OfficeKnowledge) -> tuple[str, ...]:
    executive = knowledge.policy.executive
    return (
        f"The office is that of {executive.name}, from {settings.office}.",
        f"Records are kept in {settings.data if settings.database_url is None else 'the database that is set'}.",
        str(mind),
    )
