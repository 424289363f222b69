"""Opens the office's doors: what answers at which address, and what goes on while it is open."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from types import FrameType
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from numpy.typing import NDArray
from pydantic import SecretStr
from starlette.types import ASGIApp

from audio.conversation import Conversation
from audio.reception import Reception
from audio.recording import mend
from audio.rehearsal import rehearse
from audio.second_ear import SecondEar
from audio.voice import VOICE_RATE
from calls.admission import Place
from calls.bridge import Bridge
from calls.call import Call, new_id
from calls.errors import EngineError, SettingsError
from calls.farewell import farewell
from calls.owed import Watchman
from calls.ports import Office
from calls.wire import Arrival, Pcm, Wire
from calls.words import (
    Audience,
    CallRow,
    Event,
    Language,
    Promise,
    Sentence,
    Utterance,
)
from console import call as call_page
from console import desk as desk_page
from console import index, look
from console import study as study_pages
from console.api import api_app
from console.api.front import Front
from console.desk import seat
from console.door.forward import answers
from console.door.oidc import OpenId
from console.door.porter import Porter
from console.logs import log_without_words
from console.mcp import mcp_open
from console.study import agenda, sound
from engines import Engines
from house import OpenOffice, open_office
from knowledge.subscription import Subscription
from lines import asterisk, audiosocket, browser, plivo, telnyx, twilio
from lines.exchange import exchange
from lines.sip.account import PhoneSet
from lines.sip.attendant import Attendant, Hear
from lines.sip.line import SipLine
from lines.tickets import Tickets
from lines.twilio_desk import Account, TwilioDesk
from prompts import Phrasebook
from records.alone import alone
from records.people import any_account
from records.recordings import RECORDINGS, prune
from records.retention import Keep, keep_sweeping
from records.writing import Rescue
from settings import PREFIX, Settings

STOP_WITHIN_S = 5
"""How long open connections may go on when the server is stopped."""
FAREWELL_S = 10.0
"""How long callers have to hear that the house closes."""
LARGEST_FRAME = 1024 * 1024
"""Bytes in one WebSocket message; a client that sends more is cut off."""


def create_app(settings: Settings, engines: Engines | None = None) -> FastAPI:
    """The server: while it runs the office is open, and calls that a crash cut off have been seen to.

    `engines`: those that it shares with other offices.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        with alone(settings.data):
            async with open_office(settings, engines) as house, mcp_open(app):
                await house.store.recover(_rescue(house.front.office))
                await asyncio.to_thread(mend, settings.data / RECORDINGS, settings.keys)
                app.state.front, app.state.converse, app.state.sound = house.front, house.converse, house.sound
                app.state.knowledge, app.state.budget = house.knowledge, house.budget
                app.state.elsewhere = house.store.elsewhere
                app.state.porter.people = house.store.people
                lines = exchange(phone, settings.audiosocket_listen, converse, tickets, full)
                async with lines as telephone, asyncio.TaskGroup() as chores:
                    if telephone and settings.sip_desk:
                        house.front.desk.hang(_attendant(telephone, settings.sip_desk, house, hear))
                    if twilio_desk:
                        house.front.desk.hang(twilio_desk)
                    tasks = [chores.create_task(chore) for chore in _chores(house, settings)]
                    print(*house.chosen, sep="\n", flush=True)
                    if telephone:
                        print(f"The telephone listens at {settings.sip_listen}.", flush=True)
                    yield
                    for task in tasks:
                        task.cancel()

    token = settings.token.get_secret_value() if settings.token else None
    app = api_app(lifespan, token, settings.public_url, _provider(settings))
    app.include_router(index.router)
    tickets = Tickets()

    async def converse(wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
        reception: Reception = app.state.converse
        return await reception(Bridge(wire), arrival, watch)

    def hear(call: Call, rate: int, frames: AsyncIterator[Pcm]) -> AsyncGenerator[Sentence]:
        return SecondEar(app.state.sound, call, rate).hear(frames)

    async def listen(pcm: NDArray[np.float32], languages: Sequence[Language], current: Language) -> Utterance:
        heard = await app.state.sound.ears.hear(pcm, languages=languages, current=current)
        return Utterance(heard.text, heard.language, heard.confidence)

    def busy(arrival: Arrival) -> tuple[str, Language] | None:
        front: Front = app.state.front
        if front.switchboard.place(arrival.number) is not Place.AWAY:
            return None
        return _regrets(front.office, arrival, "all_lines_busy" if front.switchboard.full else "called_too_often")

    def full(arrival: Arrival) -> bool:
        front: Front = app.state.front
        return front.switchboard.place(arrival.number) is Place.AWAY

    url, phone = settings.public_url, _phone(settings)
    app.include_router(twilio.router(converse, tickets, _secret(settings.twilio_auth_token), url, busy))
    if twilio_desk := _twilio_desk(settings, lambda: app.state.front):
        assert url and settings.twilio_auth_token
        signed = twilio.signature(settings.twilio_auth_token.get_secret_value())
        app.include_router(twilio_desk.router(signed, url))
    app.include_router(telnyx.router(converse, tickets, settings.telnyx_public_key, url, busy))
    app.include_router(plivo.router(converse, tickets, _secret(settings.plivo_auth_token), url, busy))
    app.include_router(asterisk.router(converse, _secret(settings.asterisk_token)))
    app.include_router(audiosocket.router(tickets, _secret(settings.asterisk_token)))
    app.include_router(browser.router(converse, tickets))
    app.include_router(call_page.router(lambda: tickets.issue(Arrival("browser"))))
    app.include_router(look.router)
    app.include_router(desk_page.router)
    app.include_router(study_pages.router)
    app.include_router(agenda.router(lambda: app.state.knowledge, lambda: app.state.budget))
    app.include_router(sound.router(lambda *said: app.state.sound.voice.speak(*said), VOICE_RATE, listen))
    app.include_router(seat.router(bridge_of, hear))
    return app


def _provider(settings: Settings) -> OpenId | None:
    """The company's own accounts, if they are used. Raises SettingsError."""
    given = (settings.oidc_issuer, settings.oidc_client, _secret(settings.oidc_secret))
    if not any(given):
        return None
    issuer, client, secret = given
    if not (issuer and client and secret):
        raise SettingsError(f"Set {PREFIX}OIDC_ISSUER, {PREFIX}OIDC_CLIENT and {PREFIX}OIDC_SECRET, all three or none.")
    return OpenId(issuer, client, secret)


def _secret(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _phone(settings: Settings) -> PhoneSet | None:
    """The telephone as it is set up, if there is one. Raises SettingsError."""
    if settings.sip_listen is None:
        return None
    return PhoneSet.read(
        settings.sip_listen, settings.sip_allow, _secret(settings.sip_register), settings.sip_rtp_ports,
        settings.most_at_once,
    )  # fmt: skip


def _twilio_desk(settings: Settings, front: Callable[[], Front]) -> TwilioDesk | None:
    """What rings the assistant by Twilio, where their number is set. Raises SettingsError."""
    if settings.twilio_desk is None:
        return None
    url, number = settings.public_url, settings.twilio_number
    token, account = _secret(settings.twilio_auth_token), settings.twilio_account
    if not (url and number and token and account):
        raise SettingsError(
            f"{PREFIX}TWILIO_DESK needs {PREFIX}PUBLIC_URL, {PREFIX}TWILIO_ACCOUNT, {PREFIX}TWILIO_AUTH_TOKEN and "
            f"{PREFIX}TWILIO_NUMBER as well."
        )
    ours = Account(account, token, number, settings.twilio_api)
    return TwilioDesk(
        ours, settings.twilio_desk, url, lambda: front().desk, lambda call_id: front().switchboard.find(call_id)
    )


def _attendant(telephone: SipLine, uri: str, house: OpenOffice, hear: Hear) -> Attendant:
    front, speak = house.front, house.sound.voice.speak
    return Attendant(telephone, uri, front.desk, front.switchboard.find, bridge_of, speak, VOICE_RATE, hear)


def bridge_of(call: Call) -> Bridge | None:
    """Where a person can step into the sound of a call; None when it has none."""
    wire = call.door.wire if isinstance(call.door, Conversation) else None
    return wire if isinstance(wire, Bridge) else None


def _chores(house: OpenOffice, settings: Settings) -> Iterator[Coroutine[Any, Any, None]]:
    """What goes on for as long as the house is open."""
    front = house.front

    async def warm_then_rehearse() -> None:
        await front.readiness.keep_warming()
        if settings.max_calls is None:
            with suppress(EngineError):  # what was taken for granted then stands
                most = await house.carries(*greeting(front))
                front.switchboard.admission.measured(most)
                print(f"It serves {most} calls at once.", flush=True)
        await rehearse(house.sound, often_said(front), front.switchboard)

    yield warm_then_rehearse()
    yield front.switchboard.keep_swept()
    yield house.store.while_leading(partial(_done_once, house))
    if elsewhere := house.store.elsewhere:
        yield elsewhere.keep_showing()
        yield elsewhere.keep_watch(answers, partial(house.store.recover, _rescue(front.office)))
    yield house.knowledge.keep_in_step()
    if url := settings.calendar_url:
        theirs = Subscription(url.get_secret_value(), settings.data / "calendar.ics", front.office.now)
        yield house.knowledge.keep_calendar(theirs)
    keep = Keep(timedelta(settings.keep_transcripts_days), timedelta(settings.keep_calls_days))

    async def sweep() -> int:
        swept = await house.store.sweep(keep, front.office.now())
        await house.store.catch_up()  # a yes may still wait in the file ahead of the database
        await house.store.look(partial(prune, settings.data))
        return swept

    yield keep_sweeping(sweep)


def _done_once(house: OpenOffice) -> list[Coroutine[Any, Any, None]]:
    """What one server alone does, where several answer for the office."""
    watchman = Watchman(house.store, house.front.office.now, house.post.look)
    house.store.on_promise = watchman.look
    chores = [watchman.keep_watch(), house.post.keep_going(), house.post.keep_listening(house.store.feed)]
    if house.answers:
        chores.append(house.answers.keep_reading())
    return [*chores, house.daily.keep_mailing()]


def greeting(front: Front) -> tuple[str, Language]:
    """The greeting in the office's first language."""
    policy = front.office.knowledge.policy
    language = policy.receptionist.languages[0]
    return policy.greeting[language], language


def often_said(front: Front) -> Iterator[tuple[str, Language]]:
    """Greetings, what the phrasebook and the preferences say, and the covers: all that needs no filling in."""
    policy, phrases = front.office.knowledge.policy, front.office.phrases
    assert isinstance(phrases, Phrasebook)
    for language in policy.receptionist.languages:
        yield policy.greeting[language], language
    for language in policy.receptionist.languages:
        for text in phrases.all_fixed(language, policy.receptionist.warmth, **policy.names(language)):
            yield text, language
    told = (each for each in front.library.preferences if each.status == "approved")
    spoken = [each.say or each.text for each in told if each.audience is not Audience.NOBODY]
    for texts in (*spoken, *(cover.text for cover in policy.covers)):
        for language, text in texts.items():
            yield text, language


def serve(settings: Settings) -> None:
    """Runs the server until it is told to stop. Raises SettingsError (port taken, say), OfficeError, EngineError."""
    log_without_words(settings.log_level, settings.log_format)
    no_open_door(settings)
    app = create_app(settings)
    asyncio.run(keep_open(app, {app: settings}, settings))


async def keep_open(doors: ASGIApp, houses: Mapping[FastAPI, Settings], settings: Settings) -> None:
    """Answers at the address of `settings` until the process is told to stop; `doors` leads to the houses."""
    with _listening(settings) as door:
        config = uvicorn.Config(
            doors,
            lifespan="off",
            log_config=None,
            access_log=False,  # addresses carry callers' numbers and what is searched for
            server_header=False,
            ws_max_size=LARGEST_FRAME,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        async with AsyncExitStack() as all_open:
            for app, each in houses.items():
                await all_open.enter_async_context(app.router.lifespan_context(app))
                print(*await _addresses(each, door, app.state.porter), sep="\n", flush=True)
            await _Server(config, [app.state.front for app in houses]).serve(sockets=[door])


class _Server(uvicorn.Server):
    """Stops in good order at the first signal; at a second Ctrl-C it leaves open connections as they are."""

    def __init__(self, config: uvicorn.Config, fronts: Sequence[Front]):
        super().__init__(config)
        self._fronts, self._loop = fronts, asyncio.get_running_loop()
        self._leaving: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._leaving is None:
            self._loop.call_soon_threadsafe(self._leave)
        else:
            self.force_exit, self.should_exit = sig == signal.SIGINT, True

    def _leave(self) -> None:
        if self._leaving is None:
            self._leaving = self._loop.create_task(self._part())

    async def _part(self) -> None:
        """Callers hear that the house closes; those who watch the live feed would never leave by themselves."""
        boards = [front.switchboard for front in self._fronts]
        for board in boards:
            board.shut()
        await farewell([call for board in boards for call in board.calls], FAREWELL_S)
        for front in self._fronts:
            front.feed.close()
        self.should_exit = True


def _regrets(office: Office, arrival: Arrival, why: str) -> tuple[str, Language]:
    """What a caller hears whom nobody can answer now."""
    knowledge = office.knowledge
    language = arrival.language or knowledge.language_for(knowledge.caller(arrival.number))
    executive = knowledge.policy.executive.named(language)
    return office.phrases.line(why, language, executive=executive), language


def _rescue(office: Office) -> Rescue:
    """A call that a crash cut off is called back by the assistant."""

    def owed(row: CallRow) -> tuple[datetime, Promise]:
        who = row.caller.name or row.caller.number or office.phrases.line("brief_unknown_caller", row.language)
        text = office.phrases.line("brief_interrupted", row.language, who=who)
        at = office.now()
        return at, Promise("assistant", text, due=office.knowledge.callback_by(at), id=new_id())

    return owed


def no_open_door(settings: Settings) -> None:
    """Raises SettingsError when others could reach the house and nothing guards it."""
    if settings.loopback or settings.token is not None or any_account(settings.records_url):
        return
    raise SettingsError(
        f"{PREFIX}HOST is {settings.host}, which others can reach, and nothing guards the house. "
        f"Add an account with `antesala users add NAME --role admin`, set {PREFIX}TOKEN, or listen on 127.0.0.1."
    )


async def _addresses(settings: Settings, door: socket.socket, porter: Porter) -> list[str]:
    """Where the house answers, and how it gets its first account."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{door.getsockname()[1]}"
    if await porter.anybody():
        return [f"Antesala answers at {address}."]
    where = settings.public_url or address
    link = f"Set it up, once, with this link: {where}/setup?key={porter.new_set_up_key()}"
    if settings.token:
        return [f"Antesala answers at {address}.", link]
    open_to = "for this machine only and for whoever uses it: there is no account yet, and no ANTESALA_TOKEN is set."
    return [f"Antesala answers at {address}, {open_to}", link]


def _listening(settings: Settings) -> socket.socket:
    """The socket to answer at."""
    door = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
        door.listen()  # whoever reads our address may ring at once
    except OSError as error:
        door.close()
        raise SettingsError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
            f"If it is not Antesala that uses it, choose another with {PREFIX}PORT."
        ) from None
    return door
