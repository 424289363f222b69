"""Two executives on one machine: each with their own address, people, callers and data, and nothing of the other's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from calls.errors import SettingsError
from engines import open_engines
from offices import OWN_FILE, ByHost, read_offices
from server import create_app
from settings import SAMPLE_OFFICE, Settings
from tests.audio.tones import Language_of_tones, sound
from tests.console.test_rights import routes

TOKENS = {"elena": "elena-7f3a9c", "omar": "omar-51be07"}
PRESS = "- {id: press, text: {es: La prensa escribe un correo.}, audience: anyone}\n"
LUIS = "+34600111222"
WORD = "ornitorrinco"


def offices(tmp_path: Path, **more: str) -> Path:
    folder = tmp_path / "offices"
    for name, token in TOKENS.items():
        shutil.copytree(SAMPLE_OFFICE, folder / name)
        own = {"PUBLIC_URL": f"https://{name}.example", "TOKEN": token} | more
        (folder / name / OWN_FILE).write_text("".join(f"ANTESALA_{key}={value}\n" for key, value in own.items()))
        (folder / name / "preferences.yaml").write_text(
            "- {id: press, text: {es: La prensa escribe.}, audience: anyone}\n"
        )
    (folder / "omar" / "contacts.yaml").write_text("[]\n")
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", model="house", voice="pyttsx3", max_calls=2)


@dataclass
class Two:
    doors: ByHost
    apps: dict[str, FastAPI]
    elena: httpx.AsyncClient
    omar: httpx.AsyncClient


@asynccontextmanager
async def both_open(tmp_path: Path, machine: Settings) -> AsyncGenerator[Two]:
    """Both offices, and a client of each, with its token."""
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(open_engines(machine.max_calls))
        apps = {host: create_app(of, engines) for host, of in read_offices(offices(tmp_path), machine).items()}
        doors = ByHost(apps)
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield Two(doors, apps, *[await stack.enter_async_context(client(doors, name, TOKENS[name])) for name in TOKENS])


def client(doors: ByHost, name: str, token: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    door = httpx.ASGITransport(doors, client=("203.0.113.9", 5000))
    return httpx.AsyncClient(transport=door, base_url=f"https://{name}.example", headers=headers)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_two_offices_know_nothing_of_each_other(
    tmp_path: Path, machine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their engines of sound are left out: tones instead of speech."""
    monkeypatch.setattr("engines.open_its_sound", lambda settings: nullcontext(sound(Language_of_tones())))
    async with both_open(tmp_path, machine) as two:
        await what_callers_say(two, tmp_path)
        await a_stranger_at_every_route(two)
        await people_of_one_house(two)
        await they_share_what_the_machine_carries(two)


async def what_callers_say(two: Two, tmp_path: Path) -> None:
    elena, omar = two.elena, two.omar
    call = (await elena.post("/api/calls", json={"number": LUIS, "language": "es"})).json()
    assert call["circle"] == "trusted"
    theirs = (await omar.post("/api/calls", json={"number": LUIS, "language": "es"})).json()
    assert theirs["circle"] == "anyone", "who is known to one is a stranger to the other"
    await elena.post(f"/api/calls/{call['id']}/utterances", json={"text": f"Dígale que llegó el {WORD}"})
    await elena.post("/api/preferences", json={"id": "animals", "text": {"es": WORD}, "audience": "anyone"})

    for path in (f"calls/{call['id']}", f"calls/{call['id']}/recording", "preferences/animals"):
        assert (await omar.get(f"/api/{path}")).status_code == 404, path
    for path, body in (("utterances", {"text": "hola"}), ("guidance", {"text": "hola"}), ("hang-up", {})):
        assert (await omar.post(f"/api/calls/{call['id']}/{path}", json=body)).status_code == 404, path
    found = (await omar.get("/api/calls", params={"number": LUIS})).json()["items"]
    assert [each["id"] for each in found] == [theirs["id"]]
    assert (await elena.get("/api/calls", params={"q": WORD})).json()["items"]
    assert (await omar.get("/api/calls", params={"q": WORD})).json()["items"] == []
    for path in ("messages", "promises", "hand-offs", "contacts", "preferences"):
        assert WORD not in (await omar.get(f"/api/{path}")).text and "Luis" not in (await omar.get(f"/api/{path}")).text
    asked = (await omar.post("/api/preferences/ask", json={"question": f"¿Y el {WORD}?", "circle": "inner"})).text
    assert WORD not in asked
    assert 'antesala_calls_total{line="text"} 1.0' in (await omar.get("/metrics")).text
    written = [each for each in (tmp_path / "data" / "omar").rglob("*") if each.is_file()]
    assert written and not [each for each in written if WORD.encode() in each.read_bytes()]


async def a_stranger_at_every_route(two: Two) -> None:
    """The token of one office opens at the other's address what nobody's token opens, and nothing more."""
    looked_at = 0
    async with client(two.doors, "omar") as nobody, client(two.doors, "omar", TOKENS["elena"]) as elena:
        for path, methods in routes(two.apps["omar.example"]):
            for method in methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
                asked = (method, path.replace("{", "").replace("}", ""))
                refused = await nobody.request(*asked)
                if refused.status_code in (401, 303):
                    looked_at += 1
                    assert (await elena.request(*asked)).status_code == refused.status_code, asked
    assert looked_at > 90


async def people_of_one_house(two: Two) -> None:
    """An account, its session and a link to the call page of one office are nothing at the other."""
    porters = [app.state.porter for app in two.apps.values()]
    link = porters[0].new_set_up_key()
    async with client(two.doors, "omar") as omar, client(two.doors, "elena") as elena:
        form = {"key": link, "name": "marta", "password": "una contraseña larga"}
        assert (await omar.post("/setup", data=form)).status_code in (400, 401, 403)
        made = await elena.post("/setup", data=form)
        assert made.status_code == 303 and elena.cookies
        assert (await elena.get("/api/calls")).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in elena.cookies.items())
        assert (await omar.get("/api/calls", headers={"Cookie": cookie})).status_code == 401
        signed_in = await omar.post("/login", data={"name": "marta", "password": form["password"]})
        assert "set-cookie" not in signed_in.headers


async def they_share_what_the_machine_carries(two: Two) -> None:
    boards = [app.state.front.switchboard for app in two.apps.values()]
    assert [len(board.calls) for board in boards] == [1, 1]
    for board in boards:
        assert not board.full, "calls by typing take nobody's place"
        board.admission.typed = None  # as if they were by voice
    assert all(board.full for board in boards)
    assert (await two.omar.post("/api/calls", json={"number": LUIS})).status_code == 503


def test_an_address_that_is_no_office_leads_nowhere() -> None:
    app = FastAPI()
    app.get("/who")(lambda: "elena")
    web = TestClient(ByHost({"elena.example": app}))
    assert web.get("/who", headers={"Host": "elena.example:8080"}).json() == "elena"
    for host in ("omar.example", "", "[", "elena.example.evil.example"):
        assert web.get("/who", headers={"Host": host}).status_code == 421, host
    assert web.get("/healthz").text == "ok"
    with pytest.raises(WebSocketDisconnect), web.websocket_connect("/lines/browser"):
        pass


@contextmanager
def refused(match: str) -> Iterator[None]:
    with pytest.raises(SettingsError, match=match):
        yield


def test_what_would_open_every_office_is_refused(
    tmp_path: Path, machine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = offices(tmp_path)
    own = read_offices(folder, machine)
    assert [each.data for each in own.values()] == [tmp_path / "data" / "elena", tmp_path / "data" / "omar"]
    assert [each.token.get_secret_value() for each in own.values() if each.token] == list(TOKENS.values())
    with monkeypatch.context() as environment, refused("ANTESALA_TOKEN: each office has its own"):
        environment.setenv("ANTESALA_TOKEN", "opens-all-of-them")
        read_offices(folder, machine)
    with refused("no office has this for itself"):
        (folder / "omar" / OWN_FILE).write_text("ANTESALA_PUBLIC_URL=https://omar.example\nANTESALA_DATA=/tmp/elena\n")
        read_offices(folder, machine)
    with refused("PUBLIC_URL is missing or another"):
        (folder / "omar" / OWN_FILE).write_text("ANTESALA_PUBLIC_URL=https://elena.example:8443\n")
        read_offices(folder, machine)
    with refused("another office has sqlite"):
        (folder / "omar" / OWN_FILE).write_text(
            "ANTESALA_PUBLIC_URL=https://omar.example\nANTESALA_DATABASE_URL=sqlite:///x\n"
        )
        (folder / "elena" / OWN_FILE).write_text(
            "ANTESALA_PUBLIC_URL=https://elena.example\nANTESALA_DATABASE_URL=sqlite:///x\n"
        )
        read_offices(folder, machine)
    with refused("There is no office in"):
        read_offices(tmp_path, machine)
