"""Who is let in, and as what: accounts, sessions, tokens, the first account, and what the audit log tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from calls.people import Account, Role, Token
from console.door import pages
from console.door.porter import IDLE
from console.door.secret import hash_password, key_of
from console.door.throttle import FREE
from records import audit
from records.store import Store
from tests.console.conftest import House, OpenHouse, TheStudy

PASSWORD = "el tren sale a las ocho"
HASHED = hash_password(PASSWORD)
HERE = {"Origin": "http://localhost"}


@pytest.fixture
async def office(open_house: OpenHouse) -> House:
    """A house with an account for every role, and nobody signed in."""
    house = await open_house()
    for role in Role:
        await people(house).add(Account(f"una-{role.value}", role, HASHED, datetime.now(UTC)))
    return house


def store(house: House) -> Store:
    archive = house.front.archive
    assert isinstance(archive, Store)
    return archive


def people(house: House):  # type: ignore[no-untyped-def]
    return store(house).people


async def sign_in(house: House, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await house.client.post("/login", data={"name": name, "password": password, **more}, headers=HERE)


async def test_who_signs_in_may_do_what_their_role_may(office: House) -> None:
    assert (await office.client.get("/api/calls")).status_code == 401
    welcome = await sign_in(office, "Una-Viewer ", next="/desk/calls")
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/desk/calls")
    assert (await office.client.get("/api/me")).json() == {"name": "una-viewer", "role": "viewer"}
    assert (await office.client.get("/api/calls")).status_code == 200
    refused = await office.client.post("/api/calls", json={}, headers=HERE)
    assert refused.status_code == 403 and "assistant" in refused.json()["detail"]
    await sign_in(office, "una-assistant")
    assert (await office.client.post("/api/calls", json={}, headers=HERE)).status_code == 201


async def test_what_somebody_does_goes_on_record_in_their_own_name(office: House, study: TheStudy) -> None:
    call_id = await dialled(office)
    for path in ("guidance", "say"):
        await office.client.post(
            f"/api/calls/{call_id}/{path}", json={"text": "Un momento.", "by": "Elena"}, headers=HERE
        )
    await office.client.post(f"/api/calls/{call_id}/take-over", json={"by": "Elena"}, headers=HERE)
    events = await office.events(call_id)
    assert {event["by"] for event in events if "by" in event} == {"una-assistant"}

    house = study.house
    await sign_in(house, "una-executive")
    new = {"text": {"es": "Hoy se come fuera."}, "audience": "anyone", "author": "Marta"}
    kept = await house.client.post("/api/preferences", json=new, headers=HERE)
    assert kept.status_code == 201 and kept.json()["author"] == "una-executive"
    undone = await house.client.post(f"/api/preferences/{kept.json()['id']}/undo", headers=HERE)
    assert undone.json()["author"] == "una-executive"


async def dialled(house: House) -> str:
    """A call, with the assistant signed in."""
    await sign_in(house, "una-assistant")
    call_id: str = (await house.client.post("/api/calls", json={"line": "text"}, headers=HERE)).json()["id"]
    return call_id


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: House) -> None:
    cookie = (await sign_in(office, "una-admin")).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    office.client.base_url = httpx.URL("https://localhost")
    answer = await office.client.post(
        "/login", data={"name": "una-admin", "password": PASSWORD}, headers={"Origin": "https://localhost"}
    )
    assert answer.headers["set-cookie"].startswith("__Host-antesala=") and "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", **HERE},
     {"Sec-Fetch-Site": "same-site", **HERE}],
)  # fmt: skip
async def test_another_sites_page_changes_nothing_with_our_cookie(office: House, headers: dict[str, str]) -> None:
    await sign_in(office, "una-admin")
    assert (await office.client.post("/api/calls", json={}, headers=headers)).status_code == 403
    assert (await office.client.post("/logout", headers=headers)).status_code == 403


async def test_pages_lead_to_the_way_in(office: House) -> None:
    for page in ("/desk", "/desk/calls", "/study", "/nothing"):
        answer = await office.client.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={page}")
    await sign_in(office, "una-assistant")
    assert (await office.client.get("/study")).status_code == 403


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_leads_nowhere_else(office: House, to: str) -> None:
    assert (await sign_in(office, "una-admin", next=to)).headers["location"] == "/"


async def test_wrong_tries_have_to_wait_and_tell_nothing(office: House) -> None:
    wrong = await sign_in(office, "una-admin", "no es esta")
    nobody = await sign_in(office, "nadie", "no es esta")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("una-admin", "X") == nobody.text.replace("nadie", "X")
    for _ in range(FREE):
        await sign_in(office, "una-admin", "no es esta")
    slower = await sign_in(office, "una-admin")
    assert slower.status_code == 429 and int(slower.headers["retry-after"]) > 0


async def test_who_is_disabled_or_leaves_is_out_at_once(office: House) -> None:
    await sign_in(office, "una-admin")
    await people(office).change("una-admin", disabled=True)
    assert (await office.client.get("/api/calls")).status_code == 401
    assert (await sign_in(office, "una-admin")).status_code == 401
    await sign_in(office, "una-executive")
    cookie = office.client.cookies["antesala"]
    await office.client.post("/logout", headers=HERE)
    office.client.cookies.set("antesala", cookie)
    assert (await office.client.get("/api/calls")).status_code == 401


async def test_a_session_ends_when_nobody_is_there(office: House) -> None:
    await sign_in(office, "una-admin")
    porter = office.app.state.porter
    porter._now = lambda: datetime.now(UTC) + IDLE + timedelta(minutes=1)
    assert (await office.client.get("/api/calls")).status_code == 401


async def test_a_token_may_what_its_role_may_until_it_expires_or_is_revoked(office: House) -> None:
    now = datetime.now(UTC)
    token = Token("t1", "paneles", Role.VIEWER, key_of("a-secret"), now, now + timedelta(days=1))
    await people(office).add_token(token)
    await people(office).add_token(replace(token, id="t2", key=key_of("an-old-secret"), expires=now))

    async def status(secret: str, method: str = "GET") -> int:
        sent = {"Authorization": f"Bearer {secret}"}
        return (await office.client.request(method, "/api/calls", json={}, headers=sent)).status_code

    assert (await status("a-secret"), await status("a-secret", "POST"), await status("an-old-secret")) == (
        200,
        403,
        401,
    )
    await people(office).revoke("t1")
    assert await status("a-secret") == 401


async def test_the_token_that_is_set_opens_the_pages_too(open_house: OpenHouse) -> None:
    house = await open_house(token="s3cr3t-t0ken")
    assert (await house.client.get("/desk")).headers["location"] == "/login?next=/desk"
    wrong = await house.client.post("/login", data={"key": "wrong"}, headers=HERE)
    assert wrong.status_code == 401 and "That key is not right." in wrong.text
    await house.client.post("/login", data={"key": "s3cr3t-t0ken"}, headers=HERE)
    assert (await house.client.get("/api/me")).json()["role"] == "admin"


async def test_the_first_account_is_made_by_a_link_that_works_once(open_house: OpenHouse) -> None:
    house = await open_house()
    assert (await house.client.get("/api/me")).json() == {"name": "this machine", "role": "admin"}
    key = house.app.state.porter.new_set_up_key()
    given = {"key": key, "name": "elena", "password": PASSWORD, "lang": "es"}
    for bad, why in (
        ({"name": "E l"}, "minúsculas"),
        ({"password": "corta"}, "12"),
        ({"password": "antesala2026"}, "Elija"),
    ):
        answer = await house.client.post("/setup", data={**given, **bad}, headers=HERE)
        assert answer.status_code == 422 and why in answer.text
    assert (await house.client.post("/setup", data={**given, "key": "x"}, headers=HERE)).status_code == 403
    assert (await house.client.post("/setup", data=given, headers=HERE)).status_code == 303
    assert (await house.client.get("/api/me")).json() == {"name": "elena", "role": "admin"}
    again = await house.client.post("/setup", data={**given, "name": "otra"}, headers=HERE)
    assert again.status_code == 403
    house.client.cookies.clear()
    assert (await house.client.get("/api/calls")).status_code == 401


async def test_what_was_read_and_changed_is_on_the_audit_log(office: House) -> None:
    await sign_in(office, "una-assistant")
    call = (await office.client.post("/api/calls", json={"number": "+34600111222"}, headers=HERE)).json()["id"]
    await office.client.get(f"/api/calls/{call}")
    await office.client.get("/api/calls?number=%2B34600111222")
    await office.client.post(f"/api/calls/{call}/guidance", json={"text": "Es Luis"}, headers=HERE)
    await office.client.post("/api/preferences", json={}, headers=HERE)
    lines = await store(office).look(partial(audit.newest, 10))
    told = [(each["who"], each["did"], each["subject"], each["status"]) for each in reversed(lines)]
    assert told[-3:] == [
        ("una-assistant", "GET /api/calls/{call_id}", call, 200),
        ("una-assistant", "GET /api/calls", "", 200),
        ("una-assistant", "POST /api/calls/{call_id}/guidance", call, 200),
    ]
    assert "600111222" not in str(told) and "Luis" not in str(told)
    verified = await store(office).look(audit.verify)
    assert verified.broken is None and verified.lines == len(lines)


@pytest.mark.parametrize("language", ["es", "en"])
async def test_the_page_speaks_both_languages_and_runs_no_script(office: House, language: str) -> None:
    answer = await office.client.get(f"/login?lang={language}&next=/desk")
    assert answer.status_code == 200 and pages.words()[language]["lead"] in answer.text  # type: ignore[index]
    policy = answer.headers["content-security-policy"]
    assert "script-src" not in policy and "default-src 'none'" in policy and "<script" not in answer.text
    assert set(pages.words()["es"]) == set(pages.words()["en"])
