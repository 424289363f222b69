"""Telnyx and Plivo: who may ask, and what they are told. What they share with Twilio is tested there."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI

from calls.errors import SettingsError
from lines import plivo, telnyx
from lines.audiosocket import VOICE_PATH
from lines.audiosocket import router as audiosocket_router
from lines.numbers import Identity, dialled_number, identity_of, proof_of
from lines.tickets import Tickets
from tests.lines.doors import Answerer

KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
SECRET = "MAXXXXXXXXXXXXXXXXXX"
FORM = {"CallSid": "T1", "CallUUID": "P1", "From": "+34600111222", "To": "+34910000000", "Empty": ""}


async def ask(router: APIRouter, path: str, client: str = "203.0.113.9", **request: Any) -> httpx.Response:
    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app, client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside:8080") as web:
        return await web.post(path, **request)


def telnyx_headers(body: bytes, at: float) -> dict[str, str]:
    signed = KEY.sign(f"{at:.0f}|".encode() + body)
    return {
        "telnyx-timestamp": f"{at:.0f}",
        "telnyx-signature-ed25519": base64.b64encode(signed).decode(),
        "content-type": "application/x-www-form-urlencoded",
    }


async def test_telnyx_is_known_by_its_signature(monkeypatch: pytest.MonkeyPatch):
    body, now = str(httpx.QueryParams(FORM)).encode(), 1_800_000_000.0
    monkeypatch.setattr(telnyx.signature, "__defaults__", (lambda: now,))
    door = telnyx.router(Answerer(), Tickets(), PUBLIC, "https://tel.example")
    good = await ask(door, "/lines/telnyx/voice", content=body, headers=telnyx_headers(body, now))
    (stream,) = ElementTree.fromstring(good.text).findall("./Connect/Stream")
    assert stream.attrib["url"] == "wss://tel.example/lines/telnyx/media"
    assert stream.attrib["bidirectionalMode"] == "rtp" and stream.find("Parameter") is not None
    for content, headers in (
        (body + b"0", telnyx_headers(body, now)),
        (body, telnyx_headers(body, now - 1000)),
        (body, telnyx_headers(body, now) | {"telnyx-signature-ed25519": "nonsense"}),
        (body, {"content-type": "application/x-www-form-urlencoded"}),
    ):
        assert (await ask(door, "/lines/telnyx/voice", content=content, headers=headers)).status_code == 403


def test_what_is_no_key_is_told():
    with pytest.raises(SettingsError, match="ANTESALA_TELNYX_PUBLIC_KEY"):
        telnyx.router(Answerer(), Tickets(), "not a key")


def plivo_headers(url: str, form: dict[str, str], nonce: str = "12345") -> dict[str, str]:
    fields = "".join(f"{name}{form[name]}" for name in sorted(form))
    path, _, query = url.partition("?")
    signed = f"{path}?{query}{'.' if query else ''}{fields}.{nonce}"
    made = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), sha256).digest()).decode()
    return {"X-Plivo-Signature-V3": f"other,{made}", "X-Plivo-Signature-V3-Nonce": nonce}


async def test_plivo_is_known_by_its_signature():
    door, url = (
        plivo.router(Answerer(), Tickets(), SECRET, "https://tel.example"),
        "https://tel.example/lines/plivo/voice",
    )
    good = await ask(door, "/lines/plivo/voice", data=FORM, headers=plivo_headers(url, FORM))
    stream = ElementTree.fromstring(good.text).find("Stream")
    assert stream is not None and stream.text == "wss://tel.example/lines/plivo/media"
    assert stream.attrib["keepCallAlive"] == stream.attrib["bidirectional"] == "true"
    with_query = await ask(door, "/lines/plivo/voice?b=2", data=FORM, headers=plivo_headers(f"{url}?b=2", FORM))
    assert with_query.status_code == 200
    for form, headers in (
        (FORM | {"From": "+34911111111"}, plivo_headers(url, FORM)),
        (FORM, plivo_headers(url, FORM) | {"X-Plivo-Signature-V3-Nonce": "6"}),
        (FORM, {}),
    ):
        assert (await ask(door, "/lines/plivo/voice", data=form, headers=headers)).status_code == 403


async def test_an_asterisk_elsewhere_needs_its_token():
    async def asked(word: str | None, client: str, **form: str) -> int:
        router = audiosocket_router(Tickets(), word)
        return (await ask(router, VOICE_PATH, client, data={"number": "34600111222"} | form)).status_code

    assert await asked(None, "127.0.0.1") == 200
    assert await asked(None, "192.0.2.1") == 403
    assert await asked("a long word", "192.0.2.1", token="a long word") == 200
    assert await asked("a long word", "127.0.0.1", token="another") == 403


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+34600111222", "+34600111222"),
        ("0034600111222", "+34600111222"),
        ("34600111222", "+34600111222"),
        ("+34 600 111 222", "+34600111222"),
        ("201", None),
        ("anonymous", None),
        ("+266696687", None),
        ("", None),
    ],
)
def test_numbers_as_telephone_systems_write_them(written: str, number: str | None):
    assert dialled_number(written) == number


L, P = "+34600111222", "+34600999888"


@pytest.mark.parametrize(
    ("caller", "headers", "identity"),
    [
        (f"sip:{L}@trunk", {}, Identity(L, "claimed")),
        ("sip:reception@pbx", {"p-asserted-identity": f"<tel:{P}>"}, Identity(P, "asserted")),
        (f"sip:{L}@t", {"p-asserted-identity": f"<sip:{P}@t>", "privacy": "user;id"}, Identity(None, "withheld")),
        (f"sip:{L};verstat=TN-Validation-Failed@t", {}, Identity(None, "false")),
        (f"sip:{L};verstat=No-TN-Validation@t", {}, Identity(L, "claimed")),
        (f"sip:{L}@t", {"p-asserted-identity": f"<sip:{P};verstat=TN-Validation-Passed@t;user=phone>",
                        "p-attestation-indicator": "A"}, Identity(P, "attested_a")),
        (f"sip:{L}@t;verstat=TN-Validation-Passed", {"attestation-info": "C"}, Identity(L, "attested_c")),
        (f"sip:{L}@t;verstat=TN-Validation-Passed", {}, Identity(L, "attested")),
        (f"sip:{L}@t", {"attestation-info": "A"}, Identity(L, "claimed")),
        (f"sip:{L}@t", {"diversion": f"<sip:{P}@t>;reason=no-answer"}, Identity(L, "claimed", P)),
        ("sip:anonymous@anonymous.invalid", {}, Identity(None, "withheld")),
        ("nonsense", {}, Identity(None, "withheld")),
    ],
)  # fmt: skip
def test_who_calls_by_sip_and_who_vouches_for_it(caller: str, headers: dict[str, str], identity: Identity):
    assert identity_of(caller, headers) == identity


@pytest.mark.parametrize(
    ("number", "verstat", "proof"),
    [
        (L, "TN-Validation-Passed-A", "attested_a"), (L, "TN-Validation-Passed-C", "attested_c"), (L, "", "claimed"),
        (L, "TN-Validation-Failed-B", "false"), (L, "No-TN-Validation", "claimed"), (None, "", "withheld"),
    ],
)  # fmt: skip
def test_what_a_carrier_tells_of_the_signature(number: str | None, verstat: str, proof: str):
    assert proof_of(number, verstat) == proof
