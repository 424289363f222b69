"""Each medium against a real server on this machine: what arrives, and what is made of a refusal."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import AsyncGenerator
from datetime import timedelta
from email import message_from_bytes, policy

import httpx
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from calls.errors import SettingsError
from calls.notices import NotSent, Told
from notices.mail import Mail
from notices.mail_server import MailServer
from notices.web import Slack, Sms, Webhook, client, parts
from tests.doubles import MONDAY
from tests.notices.receivers import Postbox, mail_server, receiving

TOLD = Told("n1", "message", MONDAY, "Recado de Ana <Ñ>", "La propuesta & el martes", {"call_id": "c1"})


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


@pytest.fixture
async def web() -> AsyncGenerator[httpx.AsyncClient]:
    async with client() as web:
        yield web


async def test_an_e_mail_arrives_in_full() -> None:
    box, port = Postbox(), free_port()
    mail = Mail(MailServer.at(f"smtp://127.0.0.1:{port}"), "antesala@vidal.example")
    with mail_server(box, port):
        await mail.carry(TOLD, "marta@vidal.example", "c")
    mail.close()
    (envelope,) = box.letters
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("antesala@vidal.example", ["marta@vidal.example"])
    assert (letter["subject"], letter["auto-submitted"]) == ("Recado de Ana <Ñ>", "auto-generated")
    assert letter.get_content().strip() == "La propuesta & el martes"


async def test_what_a_mail_server_refuses() -> None:
    box, port = Postbox(["451 Try later", "554 Not here"]), free_port()
    mail = Mail(MailServer.at(f"smtp://127.0.0.1:{port}"), "antesala@vidal.example", within_s=1)
    again = []
    with mail_server(box, port):
        for to in ("marta@vidal.example", "marta@vidal.example", "nobody@vidal.example"):
            with pytest.raises(NotSent) as refused:
                await mail.carry(TOLD, to, "c")
            again.append(refused.value.again)
    with pytest.raises(NotSent, match="could not be reached") as refused:
        await mail.carry(TOLD, "marta@vidal.example", "c")
    mail.close()
    assert [*again, refused.value.again] == [True, False, False, True]


def test_addresses_of_mail_servers() -> None:
    server = MailServer.at("smtps://marta%40x:p%3Aw@mail.example")
    assert (server.host, server.port, server.user, server.password) == ("mail.example", 465, "marta@x", "p:w")
    assert MailServer.at("smtp://localhost").here and not server.here
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtp://host:port"):
        with pytest.raises(SettingsError, match="smtp://"):
            MailServer.at(wrong)


async def test_a_webhook_is_verified_by_an_independent_library(web: httpx.AsyncClient) -> None:
    hook = Webhook(web, "our-own-secret")
    async with receiving() as receiver:
        await hook.carry(TOLD, f"{receiver.url}/in?x=1", "channel-1")
    (request,) = receiver.got
    assert request.path == "/in?x=1"
    told = Verifier(hook.secret("channel-1")).verify(request.body, request.headers)
    assert told["type"] == "message" and told["data"]["text"] == "La propuesta & el martes"
    for wrong in (hook.secret("channel-2"), f"whsec_{base64.b64encode(b'guess').decode()}"):
        with pytest.raises(WebhookVerificationError):
            Verifier(wrong).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(hook.secret("channel-1")).verify(request.body.replace(b"martes", b"lunes "), request.headers)


async def test_a_webhook_that_is_replayed_later_is_refused_by_its_receiver(web: httpx.AsyncClient) -> None:
    hook = Webhook(web, "our-own-secret", now=lambda: 1_700_000_000.0)
    async with receiving() as receiver:
        await hook.carry(TOLD, receiver.url, "c")
    with pytest.raises(WebhookVerificationError, match="old"):
        Verifier(hook.secret("c")).verify(receiver.got[0].body, receiver.got[0].headers)


async def test_slack_gets_text_and_no_markup(web: httpx.AsyncClient) -> None:
    async with receiving() as receiver:
        await Slack(web).carry(TOLD, receiver.url, "c")
    assert json.loads(receiver.got[0].body) == {"text": "*Recado de Ana &lt;Ñ&gt;*\nLa propuesta &amp; el martes"}


async def test_an_sms_goes_out_as_twilio_wants_it(web: httpx.AsyncClient) -> None:
    charged: list[int] = []
    async with receiving(201) as receiver:
        sms = Sms(web, "AC1", "token", "+34910000000", receiver.url, charged.append)
        await sms.carry(TOLD, "+34600111222", "c")
    (request,) = receiver.got
    form = dict(httpx.QueryParams(request.body.decode()))
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'AC1:token').decode()}"
    assert (form["To"], form["From"]) == ("+34600111222", "+34910000000") and "La propuesta" in form["Body"]
    assert charged == [1]


def test_an_sms_is_charged_by_its_parts() -> None:
    told = [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ñ" * 160, 1), ("á" * 70, 1), ("á" * 71, 2)]
    assert [(text, parts(text)) for text, _ in told] == told


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (404, False), (410, False), (302, False)]
)
async def test_which_answers_are_for_good(web: httpx.AsyncClient, status: int, again: bool) -> None:
    async with receiving(status, headers="retry-after: 120\r\nlocation: http://127.0.0.1:1/\r\n") as receiver:
        with pytest.raises(NotSent) as refused:
            await Slack(web).carry(TOLD, receiver.url, "c")
    assert (refused.value.again, refused.value.after) == (again, timedelta(seconds=120))
    assert len(receiver.got) == 1, "a redirection is not followed"


async def test_who_is_not_there_or_too_slow_is_tried_again() -> None:
    async with httpx.AsyncClient(timeout=0.2) as web, receiving(0) as slow:
        for url in (f"http://127.0.0.1:{free_port()}", slow.url):
            with pytest.raises(NotSent, match="could not be reached") as refused:
                await Slack(web).carry(TOLD, url, "c")
            assert refused.value.again
