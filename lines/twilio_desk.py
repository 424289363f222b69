"""A hand-off of a call that came by Twilio: the assistant's number is rung by REST, and both meet in a conference.

https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/voice/twiml/conference. Whoever picks
up hears who calls and why, and presses 1 to take the call; a machine is known by Twilio (`AnsweredBy`). With the caller
in the conference our stream ends; when the assistant puts the receiver down Twilio asks for the receptionist again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import httpx
from fastapi import APIRouter, Request, Response

from calls.call import Call
from calls.desk import Desk
from calls.errors import AntesalaError, CallError
from calls.words import CallRow, HandOff, Played, Said
from lines.media import SPOKEN, Signed, called_url

WITHIN_S = 10.0
LAST_WORDS_S = 4.0
"""The receptionist's last words have been heard by then, or are cut."""
MOST_BRIEF = 180
"""Characters, some ten seconds."""
TAKE = "1"

_log = logging.getLogger(__name__)


class TwilioRefused(AntesalaError):
    """Twilio did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls these are. `number`: the one that rings the assistant; `api`: Twilio's, or a region's."""

    sid: str
    token: str
    number: str
    api: str = "https://api.twilio.com"


@dataclass(eq=False)
class Rung:
    """The assistant's number rings for a hand-off."""

    call: Call
    hand_off: HandOff
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """They have decided, or never will."""
    taken: bool = False


class TwilioDesk:
    """A `calls.desk.Bell` that rings `to`; its webhooks are in `router`. `find` gives a call in progress."""

    def __init__(
        self, account: Account, to: str, public_url: str, desk: Callable[[], Desk], find: Callable[[str], Call | None]
    ):
        self._account, self._to, self._here = account, to, f"{public_url}/lines/twilio"
        self._desk, self._find = desk, find
        self._rung: dict[str, Rung] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ring(self, row: CallRow, hand_off: HandOff) -> None:
        """Rings until somebody decides, here or at the desk; cancelled, the telephone falls silent."""
        call = self._find(row.id)
        if call is None or row.line != "twilio" or row.ref is None:
            return
        ticket = secrets.token_urlsafe(16)
        rung, leg = Rung(call, hand_off), ""
        self._rung[ticket] = rung
        try:
            leg = await self._dial(f"{self._here}/desk/{ticket}")
            await rung.over.wait()
        except TwilioRefused as error:
            _log.error("the assistant could not be rung: %s", error)
        finally:
            if not rung.taken:
                del self._rung[ticket]
                if leg:
                    self._later(self._post(f"Calls/{leg}", {"Status": "completed"}))
        if not rung.taken:
            self._later(self._desk().decline(hand_off.id))

    # --- what Twilio asks -------------------------------------------------------------------------------

    def router(self, signed: Signed, public_url: str) -> APIRouter:
        """Only for who signs as Twilio does, with a ticket that rings."""
        router = APIRouter(tags=["lines"])

        @router.post("/lines/twilio/desk/{ticket}", summary="The assistant has picked up: what they hear")
        @router.post("/lines/twilio/desk/{ticket}/answer", summary="The key that they pressed")
        @router.post("/lines/twilio/desk/{ticket}/over", summary="The assistant's leg is over")
        async def told(ticket: str, request: Request) -> Response:
            form = await request.form()
            rung = self._rung.get(ticket)
            if rung is None or not await signed(request, called_url(request, public_url), form):
                return Response(status_code=404 if rung is None else 403)
            fields = {name: str(value) for name, value in form.items()}
            match request.url.path.rpartition("/")[2]:
                case "answer" if fields.get("Digits") == TAKE:
                    answer = await self._taken(rung)
                case "answer" | "over":
                    answer = self._left(rung)
                case _:
                    machine = fields.get("AnsweredBy", "human").startswith(("machine", "fax"))
                    answer = self._left(rung) if machine else self._whisper(rung, ticket)
            return Response(_xml(answer), media_type="application/xml")

        return router

    def _whisper(self, rung: Rung, ticket: str) -> str:
        language = SPOKEN[rung.call.language]
        texts = (rung.call.phrase("whisper_keys"), rung.hand_off.brief[:MOST_BRIEF])
        says = "".join(f'<Say language="{language}">{escape(text)}</Say>' for text in texts)
        answer = quoteattr(f"{self._here}/desk/{ticket}/answer")
        return f'<Gather numDigits="1" timeout="8" action={answer}>{says}</Gather><Hangup/>'

    def _left(self, rung: Rung) -> str:
        rung.over.set()
        return "<Hangup/>"

    async def _taken(self, rung: Rung) -> str:
        """Puts both into the conference; the caller is told before."""
        call, room = rung.call, rung.hand_off.id
        try:
            rung.taken = True
            await self._desk().accept(room)
        except CallError:
            return "<Hangup/>"  # somebody at the desk was faster, or the caller has gone
        try:
            await _last_words(call)
            there = _conference(room, f" action={quoteattr(f'{self._here}/voice')}")
            await self._post(f"Calls/{call.row.ref}", {"Twiml": _xml(there)})
        except TwilioRefused as error:
            _log.error("a caller could not be put through: %s", error)
            await self._desk().hand_back(call)
            await call.speak(call.phrase("receptionist_again"))
            return "<Hangup/>"
        return _conference(room)

    # --- what we ask of Twilio --------------------------------------------------------------------------

    async def _dial(self, url: str) -> str:
        """Rings the assistant; the id of their leg. Raises TwilioRefused."""
        told = await self._post("Calls", {
            "To": self._to, "From": self._account.number, "Url": url, "MachineDetection": "Enable",
            "StatusCallback": f"{url}/over", "StatusCallbackEvent": "completed",
        })  # fmt: skip
        return str(told.get("sid", ""))

    async def _post(self, what: str, form: dict[str, str]) -> dict[str, Any]:
        account = self._account
        url = f"{account.api}/2010-04-01/Accounts/{account.sid}/{what}.json"
        try:
            async with httpx.AsyncClient(timeout=WITHIN_S, auth=(account.sid, account.token)) as web:
                answer = await web.post(url, data=form)
                told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise TwilioRefused(f"Twilio could not be reached ({type(error).__name__}).") from None
        if answer.status_code >= 300 or not isinstance(told, dict):
            raise TwilioRefused(f"Twilio answered {answer.status_code}. Look at its debugger for the call.")
        return told

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        async def kindly() -> None:
            with suppress(AntesalaError):
                await work

        task = asyncio.create_task(kindly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _last_words(call: Call) -> None:
    """Waits until the caller has heard what was last said to them."""

    def heard() -> bool:
        said = [body.id for body in call.bodies if isinstance(body, Said)]
        return not said or any(isinstance(body, Played) and body.said == said[-1] for body in call.bodies)

    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            while call.open and not heard():  # noqa: ASYNC110 (a call tells of its events to one watcher only)
                await asyncio.sleep(0.05)


def _conference(room: str, after: str = "") -> str:
    """Ends for both when one of them leaves."""
    return f'<Dial{after}><Conference beep="false" endConferenceOnExit="true">{escape(room)}</Conference></Dial>'


def _xml(verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>'
