"""The whole house as it is served, every engine real."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from calls.errors import SettingsError
from house import together
from server import create_app, serve
from settings import Settings
from tests.console.watch import steps_of_the_loop
from tests.loops import ROOT

START_WITHIN_S, STOP_WITHIN_S = 150, 90
LUIS = "+34600111222"


async def test_what_is_done_together_is_over_before_the_first_failure_is_told() -> None:
    over: list[str] = []

    async def fail() -> None:
        raise ValueError("first")

    async def slow() -> None:
        await asyncio.sleep(0)
        over.append("slow")

    with pytest.raises(ValueError, match="first"):
        await together(slow(), fail(), slow())
    assert over == ["slow", "slow"]


def test_a_taken_port_is_told_with_the_mend(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsError, match="ANTESALA_PORT"):
            serve(Settings(data=tmp_path, port=other.getsockname()[1], model="house"))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_calls_are_answered_by_the_real_house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    app = create_app(Settings(data=tmp_path, model="house"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        await _ready(client)
        await _a_message_is_left(client)
        await _each_is_told_what_they_may_hear(client)
        with steps_of_the_loop() as slow:
            await _a_message_is_left(client)
        assert slow == []
        page = (await client.get("/metrics")).text
        assert "antesala_turns_total" in page
    for word in ("planos", "Soler", "655000111"):
        assert word not in caplog.text, "a caller's words are in the log"


async def _a_message_is_left(client: httpx.AsyncClient) -> None:
    opened = (await client.post("/api/calls", json={"line": "text", "number": "+34655000111"})).json()
    assert "inteligencia artificial" in " ".join(opened["said"]) or "asistente virtual" in " ".join(opened["said"])
    steps: list[dict[str, Any]] = []
    for text in (
        "Buenos días, quería dejar un recado para la señora Vidal.",
        "Soy Ana Soler, de Talleres Soler.",
        "Es para decirle que los planos llegan el martes.",
        "Sí, ese mismo número.",
        "No, no es urgente.",
        "Sí, correcto.",
    ):
        answer = (await client.post(f"/api/calls/{opened['id']}/utterances", json={"text": text})).json()
        assert answer["said"], text
        steps += answer["steps"]
        if any(step["kind"] == "message" for step in steps):
            break
    (message,) = [step for step in steps if step["kind"] == "message"]
    assert message["from_name"] == "Ana Soler" and "planos" in message["reason"]
    kept = (await client.get("/api/messages")).json()["items"][0]
    assert kept["id"] == message["id"]
    await client.post(f"/api/calls/{opened['id']}/hang-up")
    call = (await client.get(f"/api/calls/{opened['id']}")).json()
    assert call["state"] == "closed" and call["outcome"] in ("message", "promised")


async def _each_is_told_what_they_may_hear(client: httpx.AsyncClient) -> None:
    question = {"question": "I'm a journalist calling from the press, I'd like a quote.", "circle": "anyone"}
    asked = (await client.post("/api/preferences/ask", json=question)).json()
    assert asked["preferences"][0]["id"] == "press"
    assert asked["said"] and asked["action"] == ("none" if asked["unsure"] else "redirect")
    scores = [found["score"] for found in asked["preferences"]]
    assert scores == sorted(scores, reverse=True)
    judged = (await client.post("/api/screen", json={"texts": ["Llamo de la parroquia por la caldera."]})).json()
    assert judged[0]["verdict"] == "pass"
    policy = (await client.get("/api/voice-policy")).json()
    contacts = (await client.get("/api/contacts")).json()["items"]
    assert policy["executive"]["name"] and contacts
    assert "argon2" not in str(contacts)


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_WITHIN_S):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110  (over HTTP there is only asking)
            await asyncio.sleep(0.2)


# --- as a process -----------------------------------------------------------------------------------

SERVE = "import sys; from server import serve; from settings import Settings; serve(Settings.read())"


@asynccontextmanager
async def served(data: Path, **environment: str) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.subprocess.Process]]:
    """`antesala serve` in a process of its own, with a client at its address."""
    settings = {"ANTESALA_DATA": str(data), "ANTESALA_PORT": "0", "ANTESALA_MODEL": "house", **environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, stdout=asyncio.subprocess.PIPE, env={**os.environ, **settings}, cwd=ROOT
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_WITHIN_S):
            async for line in process.stdout:
                if found := re.search(r"http://[\d.]+:\d+", line.decode()):
                    break
        async with httpx.AsyncClient(base_url=found.group() if found else "", timeout=30) as client:
            yield client, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def data(tmp_path: Path) -> AsyncGenerator[Path]:
    yield tmp_path


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_calls_cut_off_by_a_crash_are_seen_to_at_the_next_start(data: Path) -> None:
    async with served(data) as (client, process):
        spoken = (await client.post("/api/calls", json={"line": "text", "number": LUIS})).json()["id"]
        silent = (await client.post("/api/calls", json={"line": "text"})).json()["id"]
        await client.post(f"/api/calls/{spoken}/utterances", json={"text": "Buenos días, soy Luis Prieto."})
        before = (await client.get(f"/api/calls/{spoken}")).json()["events"]
        process.kill()
    async with served(data, ANTESALA_TOKEN="k9-4f-a-long-one") as (client, process):
        assert (await client.get("/api/calls")).status_code == 401
        client.headers["Authorization"] = "Bearer k9-4f-a-long-one"
        calls = {each["id"]: each["state"] for each in (await client.get("/api/calls")).json()["items"]}
        assert calls == {spoken: "interrupted", silent: "interrupted"}
        (owed,) = (await client.get("/api/promises")).json()["items"]
        assert (owed["call_id"], owed["owner"], owed["state"]) == (spoken, "assistant", "open")
        after = (await client.get(f"/api/calls/{spoken}")).json()["events"]
        assert after[: len(before)] == before
        late = await client.post(f"/api/calls/{spoken}/utterances", json={"text": "¿Hola?"})
        assert late.status_code == 409
        async with client.stream("GET", "/api/live") as live:
            assert live.status_code == 200
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOP_WITHIN_S):
                assert await process.wait() == 0
