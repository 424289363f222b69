"""Who is let in, how errors are told, what is described, counted and listed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from calls.errors import EngineError
from console.api.health import Readiness
from console.api.scales import MOST_BODY
from tests.console.conftest import House, OpenHouse

EVERY_DOOR = [
    ("GET", "/api/calls"), ("POST", "/api/calls"), ("GET", "/api/calls/x"), ("GET", "/api/nothing"),
    ("GET", "/metrics"), ("DELETE", "/api/calls"), ("GET", "/api/live"), ("POST", "/api/screen"),
]  # fmt: skip


def told(answer: Any) -> dict[str, Any]:
    """Problem details, checked for their form."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code and problem["title"] and problem["type"]
    assert "Traceback" not in answer.text
    return problem


# --- who is let in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), EVERY_DOOR)
async def test_without_the_token_401_comes_before_anything_else(open_house: OpenHouse, method: str, path: str) -> None:
    house = await open_house(token="s3cr3t-t0ken")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cr3t-t0ken"}):
        answer = await house.client.request(method, path, content=b"{", headers=headers)
        assert told(answer)["status"] == 401 and answer.headers["www-authenticate"] == "Bearer"


async def test_the_token_opens_every_door(open_house: OpenHouse) -> None:
    house = await open_house(token="s3cr3t-t0ken")
    house.client.headers["Authorization"] = "Bearer s3cr3t-t0ken"
    await house.dial()
    assert (await house.client.get("/metrics")).status_code == 200


async def test_liveness_needs_no_token(open_house: OpenHouse) -> None:
    house = await open_house(token="s3cr3t-t0ken")
    assert (await house.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Host": "tel.example.com"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "127.0.0.1.evil.example"}]
)
async def test_without_a_token_only_this_machine_is_let_in(house: House, headers: dict[str, str]) -> None:
    assert told(await house.client.get("/api/calls", headers=headers))["status"] == 403
    assert (await house.client.get("/api/calls", headers={"Host": "127.0.0.1:8080"})).status_code == 200


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/calls", b"{nonsense", 400),
        ("/api/calls", b"\xff\xfe\x00", 400),
        ("/api/calls", b"[]", 422),
        ("/api/calls", b'{"line": "fax"}', 422),
        ("/api/calls", b'{"number": "600"}', 422),
        ("/api/calls", b'{"language": "fr"}', 422),
        ("/api/calls/x/utterances", b"{}", 422),
        ("/api/calls/x/utterances", b'{"text": "  \\u0000 "}', 422),
        ("/api/calls/x/utterances", b'{"text": "Hola", "confidence": NaN}', 422),
        ("/api/calls/x/utterances", b'{"text": "Hola", "confidence": 7}', 422),
        ("/api/calls/x/utterances", b'{"text": "' + b"a" * 100_000 + b'"}', 422),
        ("/api/calls/x/utterances", b'{"text": "' + b"a" * MOST_BODY + b'"}', 413),
        ("/api/calls/x/utterances", b'{"text": "Hola"}', 404),
        ("/api/calls/x/keys", b'{"digits": "abc"}', 422),
        ("/api/screen", b'{"texts": "no list"}', 422),
        ("/api/preferences/ask", b'{"question": "?", "circle": "blocked"}', 422),
        ("/api/preferences/ask", b'{"question": "?", "at": "9999-12-31T23:59:59"}', 422),
        ("/api/screen", b"[" * 100_000, 400),
    ],
)
async def test_bad_input_gets_a_clear_problem(house: House, path: str, body: bytes, status: int) -> None:
    answer = await house.client.post(path, content=body, headers={"Content-Type": "application/json"})
    problem = told(answer)
    assert problem["status"] == status and problem.get("detail")
    assert len(answer.content) < 2000


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\udc00 hola"', '"hola \\u0007"', '"日本 😀"'])
async def test_odd_characters_harm_nothing(house: House, text: str) -> None:
    call_id = await house.dial()
    body = f'{{"text": {text}}}'.encode()
    answer = await house.client.post(
        f"/api/calls/{call_id}/utterances", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 422)
    assert (await house.client.get(f"/api/calls/{call_id}")).status_code == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "next=x", "next=-1", f"next={10**30}", "open=maybe"]
)
async def test_bad_pages_are_422(house: House, query: str) -> None:
    assert told(await house.client.get(f"/api/calls?{query}"))["status"] == 422


async def test_a_body_of_unknown_length_is_weighed_as_it_comes(house: House) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield b" " * 100_000

    async with aclosing(endless()) as body:
        answer = await house.client.post("/api/calls", content=body, headers={"Content-Type": "application/json"})
    assert told(answer)["status"] == 413


async def test_unknown_addresses_and_methods(house: House) -> None:
    assert told(await house.client.get("/api/nothing"))["status"] == 404
    assert told(await house.client.get("/api/calls/x"))["status"] == 404
    answer = await house.client.delete("/api/calls")
    assert told(answer)["status"] == 405 and "POST" in answer.headers["allow"]


async def test_what_nobody_foresaw_is_told_without_details(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("the caller said something private")

    monkeypatch.setattr(house.front.office.knowledge, "caller", burst)
    answer = await house.client.post("/api/calls", json={})
    assert told(answer)["status"] == 500 and "private" not in answer.text


# --- health, metrics, description -------------------------------------------------------------------


async def test_ready_only_once_every_engine_has_run(open_house: OpenHouse) -> None:
    trouble: list[Exception] = [EngineError("voice", "no voice")]

    async def voice() -> None:
        if trouble:
            raise trouble.pop()

    async def ears() -> None: ...

    readiness = Readiness({"voice": voice, "ears": ears}, {"records": ears})
    house = await open_house(readiness=readiness)
    assert told(await house.client.get("/readyz"))["checks"]["voice"] == "not yet"
    await readiness.warm_up()
    assert told(await house.client.get("/readyz"))["checks"] == {
        "voice": "voice: no voice",
        "ears": "ok",
        "records": "ok",
    }
    await readiness.warm_up()
    assert (await house.client.get("/readyz")).status_code == 200


async def test_calls_and_turns_are_counted(house: House) -> None:
    await house.hear(await house.dial(), "Hola")
    page = (await house.client.get("/metrics")).text
    assert 'antesala_calls_total{line="text"} 1.0' in page
    assert "antesala_open_calls 1.0" in page
    assert 'antesala_turn_seconds_count{line="text"} 1.0' in page
    assert (
        'antesala_request_seconds_count{method="POST",route="/api/calls/{call_id}/utterances",status="200"} 1.0' in page
    )


async def test_every_route_is_described(house: House) -> None:
    described = (await house.client.get("/openapi.json")).json()["paths"]
    assert {path for path in described if path.startswith("/api")} >= {
        "/api/calls", "/api/calls/{call_id}", "/api/calls/{call_id}/utterances", "/api/calls/{call_id}/keys",
        "/api/calls/{call_id}/hang-up", "/api/calls/{call_id}/guidance", "/api/calls/{call_id}/say",
        "/api/calls/{call_id}/take-over", "/api/calls/{call_id}/hand-back", "/api/live", "/api/hand-offs",
        "/api/hand-offs/{hand_off_id}/accept", "/api/hand-offs/{hand_off_id}/decline", "/api/messages",
        "/api/promises", "/api/contacts", "/api/voice-policy", "/api/preferences", "/api/preferences/ask",
        "/api/screen",
    }  # fmt: skip
    for path, methods in described.items():
        for method, route in methods.items():
            assert route.get("description"), f"{method} {path} says nothing about itself"


# --- lists ------------------------------------------------------------------------------------------


async def test_calls_are_listed_and_found(house: House) -> None:
    first = await house.dial(number="+34600111222")
    second = await house.dial()
    await house.hear(second, "Llamo por la propuesta de Málaga")
    await house.client.post(f"/api/calls/{second}/hang-up")

    async def found(query: str) -> list[str]:
        return [each["id"] for each in (await house.client.get(f"/api/calls?{query}")).json()["items"]]

    assert await found("open=&number=&q=") == [second, first]
    assert await found("open=true") == [first]
    assert await found("open=false") == [second]
    assert await found("number=%2B34600111222") == await found("number=+34600111222") == [first]
    assert await found("number=%2B3460011122") == []
    assert await found("q=malaga") == [second]
    page = (await house.client.get("/api/calls?limit=1")).json()
    assert await found(f"limit=1&next={page['next']}") == [first]
