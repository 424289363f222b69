"""Twilio's webhook: what to do with a call. Who may ask, and what they are told."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from twilio.request_validator import RequestValidator

from lines import twilio
from lines.tickets import Tickets
from tests.lines.doors import Answerer

SECRET = "12345678901234567890123456789012"
CALL = {"CallSid": "CA1", "From": "+34600111222", "To": "+34910000000"}


class Door:
    """The webhook, asked from `client`."""

    def __init__(
        self,
        secret: str | None = None,
        public_url: str | None = None,
        client: str = "127.0.0.1",
        busy: twilio.Busy = lambda arrival: None,
    ):
        self.tickets = Tickets()
        app = FastAPI()
        app.include_router(twilio.router(Answerer(), self.tickets, secret, public_url, busy))
        self._transport = httpx.ASGITransport(app, client=(client, 1234))

    async def ask(self, url: str = "http://tel.example:8080/lines/twilio/voice", **request: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport) as web:
            return await web.post(url, **request)


def signature(url: str, form: dict[str, Any], secret: str = SECRET) -> dict[str, str]:
    class Fields(dict[str, Any]):
        def getlist(self, name: str) -> list[str]:
            value = self[name]
            return value if isinstance(value, list) else [value]

    return {"X-Twilio-Signature": RequestValidator(secret).compute_signature(url, Fields(form))}


def stream_of(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The stream's address and parameters."""
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/xml")
    (stream,) = ElementTree.fromstring(answer.text).findall("./Connect/Stream")
    parameters = {each.attrib["name"]: each.attrib["value"] for each in stream.findall("Parameter")}
    return stream.attrib["url"], parameters


async def test_who_calls_a_full_house_is_told_so_by_voice():
    door = Door(busy=lambda arrival: ("Todas las líneas <están> ocupadas.", "es"))
    answer = ElementTree.fromstring((await door.ask(data=CALL)).text)
    assert [each.tag for each in answer] == ["Say", "Hangup"]
    assert answer[0].text == "Todas las líneas <están> ocupadas." and answer[0].attrib == {"language": "es-ES"}


async def test_a_call_is_connected_to_the_stream_with_a_ticket_of_its_own():
    door = Door()
    url, parameters = stream_of(await door.ask(data=CALL))
    assert url == "ws://tel.example:8080/lines/twilio/media"
    arrival = door.tickets.redeem(parameters["token"])
    assert arrival and (arrival.line, arrival.number, arrival.ref) == ("twilio", "+34600111222", "CA1")
    _, others = stream_of(await door.ask(data=CALL))
    assert others["token"] != parameters["token"]


async def test_the_stream_is_secure_when_the_call_was():
    url, _ = stream_of(await Door().ask("https://tel.example/lines/twilio/voice", data=CALL))
    assert url == "wss://tel.example/lines/twilio/media"


async def test_the_public_address_counts_where_there_is_one():
    url, _ = stream_of(await Door(public_url="https://public.example/antesala").ask(data=CALL))
    assert url == "wss://public.example/antesala/lines/twilio/media"


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("+34600111222", "+34600111222"),
        ("+14155550100", "+14155550100"),
        ("anonymous", None),
        ("Restricted", None),
        ("", None),
        ("+266696687", None),
        ("+7378742833", None),
        ("+2562533", None),
        ("+8656696", None),
        ("+86282452253", None),
        ("sip:luis@vidal.example", None),
        ("client:luis", None),
        ("+0600111222", None),
        ("600111222", None),
        ("+34600111222\n", None),
        ("<script>", None),
    ],
)
async def test_only_a_number_is_a_number(given: str, number: str | None):
    door = Door()
    _, parameters = stream_of(await door.ask(data=CALL | {"From": given}))
    arrival = door.tickets.redeem(parameters["token"])
    assert arrival and arrival.number == number


async def test_an_empty_form_gets_a_ticket_for_nobody():
    door = Door()
    _, parameters = stream_of(await door.ask())
    arrival = door.tickets.redeem(parameters["token"])
    assert arrival and (arrival.number, arrival.ref) == (None, None)


async def test_unsigned_is_for_this_machine_only():
    assert (await Door(client="127.0.0.1").ask(data=CALL)).status_code == 200
    assert (await Door(client="::1").ask(data=CALL)).status_code == 200
    assert (await Door(client="192.0.2.7").ask(data=CALL)).status_code == 403
    assert (await Door(client="testclient").ask(data=CALL)).status_code == 403


@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.7"])
async def test_with_a_secret_only_the_signature_counts(client: str):
    door = Door(SECRET, "https://public.example", client)
    right = signature("https://public.example/lines/twilio/voice", CALL)
    assert (await door.ask(data=CALL, headers=right)).status_code == 200
    for wrong in (
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "bm9wZQ=="},
        signature("https://public.example/lines/twilio/voice", CALL, "another" * 5),
        signature("https://elsewhere.example/lines/twilio/voice", CALL),
    ):
        assert (await door.ask(data=CALL, headers=wrong)).status_code == 403
    changed = CALL | {"From": "+34600999999"}
    assert (await door.ask(data=changed, headers=right)).status_code == 403


@pytest.mark.parametrize(
    "form",
    [
        CALL | {"CallerName": "", "Direction": "inbound"},
        CALL | {"Extra": ["two", "one", "two"]},
        CALL | {"Ciudad": "Logroño & más", "Plus": "a+b c"},
    ],
    ids=["blank", "repeated", "accents"],
)
async def test_every_field_is_signed(form: dict[str, Any]):
    door = Door(SECRET)
    url = "http://tel.example:8080/lines/twilio/voice"
    assert (await door.ask(url, data=form, headers=signature(url, form))).status_code == 200
    without = dict(list(form.items())[:-1])
    assert (await door.ask(url, data=form, headers=signature(url, without))).status_code == 403


async def test_a_query_is_signed_too():
    door = Door(SECRET, "https://public.example")
    signed = signature("https://public.example/lines/twilio/voice?edge=dublin", CALL)
    assert (
        await door.ask("http://inside:8080/lines/twilio/voice?edge=dublin", data=CALL, headers=signed)
    ).status_code == 200
    assert (await door.ask("http://inside:8080/lines/twilio/voice", data=CALL, headers=signed)).status_code == 403


async def test_a_file_is_no_form():
    for door in (Door(), Door(SECRET)):
        assert (await door.ask(files={"From": ("x.txt", b"hello")})).status_code == 400


async def test_a_strange_host_stays_inside_its_quotes():
    answer = await Door().ask(data=CALL, headers={"Host": "x\"'<&>.example"})
    url, parameters = stream_of(answer)
    assert url == "ws://x\"'<&>.example/lines/twilio/media" and list(parameters) == ["token"]
