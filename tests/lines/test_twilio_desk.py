"""A hand-off by Twilio's REST API and a conference, against a Twilio written from its documentation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from calls.call import Call
from calls.desk import Desk
from calls.words import HandOff, HandOffState, Played, Reason, Said
from lines.twilio import signature
from lines.twilio_desk import Account, TwilioDesk
from tests.doubles import OpenDoor, office
from tests.lines.doors import served, until
from tests.lines.test_twilio_voice import signature as sign

TOKEN = "a-secret-of-twilio-0123456789"
PUBLIC = "https://tel.example"


@dataclass
class Twilio:
    """Takes calls and changes of calls, and tells what it was asked."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    status: int = 201

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/2010-04-01/Accounts/AC1/{what:path}")
        async def take(what: str, request: Request) -> Response:
            self.asked.append((what, {name: str(value) for name, value in (await request.form()).items()}))
            return Response('{"sid": "CAdesk"}', self.status, media_type="application/json")

        return router


@dataclass
class Scene:
    twilio: Twilio
    call: Call
    ours: httpx.AsyncClient

    @property
    def states(self) -> list[HandOffState]:
        return [body.state for body in self.call.bodies if isinstance(body, HandOff)]

    @property
    def url(self) -> str:
        return self.twilio.asked[0][1]["Url"]

    async def tells(self, url: str, form: dict[str, str], token: str = TOKEN) -> httpx.Response:
        return await self.ours.post(url, data=form, headers=sign(url, form, token))


@asynccontextmanager
async def ringing(status: int = 201) -> AsyncGenerator[Scene]:
    twilio, desk = Twilio(status=status), Desk()
    call = await Call.answered(office(desk=desk), "twilio", number="+34600111222", ref="CAcaller", door=OpenDoor())
    async with served(twilio.router()) as address:
        account = Account("AC1", TOKEN, "+34910000000", f"http://{address}")
        bell = TwilioDesk(account, "+34910000001", PUBLIC, lambda: desk, lambda _: call)
        desk.hang(bell)
        app = FastAPI()
        app.include_router(bell.router(signature(TOKEN), PUBLIC))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as ours:
            await call.do(HandOff(Reason.ASKED_FOR_PERSON, brief="Luis Prieto, por la propuesta <del martes>"))
            await until(lambda: bool(twilio.asked))
            yield Scene(twilio, call, ours)
            if call.open:
                await call.close("caller")
            desk.forget(call)
            await until(lambda: not bell._tasks)


def verbs(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.text)


async def test_the_assistant_is_rung_hears_why_and_meets_the_caller_in_a_conference():
    async with ringing() as scene:
        what, form = scene.twilio.asked[0]
        assert (what, form["To"], form["From"]) == ("Calls.json", "+34910000001", "+34910000000")
        assert form["MachineDetection"] == "Enable" and form["StatusCallback"] == f"{form['Url']}/over"
        gather, hangup = verbs(await scene.tells(scene.url, {"AnsweredBy": "human"}))
        assert [say.text for say in gather] == ["[whisper_keys]", "Luis Prieto, por la propuesta <del martes>"]
        assert gather.attrib["action"] == f"{scene.url}/answer" and hangup.tag == "Hangup"
        pressing = asyncio.create_task(scene.tells(gather.attrib["action"], {"Digits": "1"}))
        await until(lambda: scene.states[-1] is HandOffState.BRIDGED)
        assert len(scene.twilio.asked) == 1, "not before the caller has heard that they are put through"
        last = [body for body in scene.call.bodies if isinstance(body, Said)][-1]
        await scene.call.note(Played(last.id, last.text, False))
        (dial,) = verbs(await pressing)
        (room,) = dial
        assert room.tag == "Conference" and room.attrib["endConferenceOnExit"] == "true"
        what, form = scene.twilio.asked[1]
        (caller,) = ElementTree.fromstring(form["Twiml"])
        assert what == "Calls/CAcaller.json" and caller[0].text == room.text
        assert caller.attrib["action"] == f"{PUBLIC}/lines/twilio/voice", "afterwards the receptionist again"


ENDINGS = {
    "leaves it": ("/answer", {"Digits": "2"}),
    "a machine": ("", {"AnsweredBy": "machine_start"}),
    "busy": ("/over", {"CallStatus": "busy"}),
    "no answer": ("/over", {"CallStatus": "no-answer"}),
    "puts the receiver down": ("/over", {"CallStatus": "completed"}),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_no_of_any_kind_brings_the_receptionist_back(ending: str):
    path, form = ENDINGS[ending]
    async with ringing() as scene:
        assert verbs(await scene.tells(scene.url + path, form))[0].tag == "Hangup"
        await until(lambda: scene.states[-2:] == [HandOffState.DECLINED, HandOffState.RESUMED])
        await until(lambda: len(scene.twilio.asked) == 2)
        assert scene.twilio.asked[1] == ("Calls/CAdesk.json", {"Status": "completed"})


async def test_a_twilio_that_refuses_is_a_no():
    async with ringing(status=401) as scene:
        await until(lambda: scene.states[-1] is HandOffState.RESUMED)


async def test_only_twilio_itself_with_a_ticket_that_rings_is_heeded():
    async with ringing() as scene:
        assert (await scene.tells(scene.url, {}, token="another" * 5)).status_code == 403
        assert (await scene.tells(f"{PUBLIC}/lines/twilio/desk/unknown/answer", {"Digits": "1"})).status_code == 404
        assert scene.states[-1] is HandOffState.RINGING
