"""Signing in with the company's own accounts, at a provider that the test plays."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from calls.people import Account, Role
from console.api import api_app
from console.api.meters import Meters
from console.door.oidc import OpenId
from records.store import open_records
from tests.console.conftest import nothing_to_open

ISSUER, CLIENT = "https://login.vidal.example", "antesala"
ELENA = "elena@vidal.example"
DONE = "/login/company/done"


@dataclass
class Provider:
    """Vouches for whoever it is told to, and says of itself what it is told to say."""

    claims: dict[str, Any] = field(default_factory=lambda: {"email": ELENA, "email_verified": True})
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    signs_with: ECKey | None = None
    down: bool = False
    nonce: str = ""
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("gone")
        match request.url.path:
            case "/.well-known/openid-configuration":
                ends = {f"{each}_endpoint": f"{ISSUER}/{each}" for each in ("authorization", "token")}
                return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **ends})
            case "/keys":
                return httpx.Response(200, json=KeySet([self.key]).as_dict(private=False))
        self.asked.append(parse_qs(request.content.decode()))
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.nonce, **self.claims}
        signer = self.signs_with or self.key
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, signer)
        return httpx.Response(200, json={"access_token": "x", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def the_door(provider: Provider, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    company = OpenId(ISSUER, CLIENT, "a-secret", transport=httpx.MockTransport(provider.answer))
    app = api_app(nothing_to_open, provider=company)
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        app.state.porter.people = store.people
        app.state.front = SimpleNamespace(meters=Meters())
        await store.people.add_first(Account(ELENA, Role.EXECUTIVE, "no-password", datetime.now(UTC)))
        door = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=door, base_url="http://localhost") as client:
            yield client


async def goes(client: httpx.AsyncClient, provider: Provider, next: str = "/study") -> str:
    """To the provider; the state that it will bring back."""
    gone = await client.get("/login/company", params={"next": next})
    assert gone.status_code == 303
    asked = parse_qs(urlsplit(gone.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["redirect_uri"] == [f"http://localhost{DONE}"]
    provider.nonce = asked["nonce"][0]
    return asked["state"][0]


async def test_who_the_company_vouches_for_comes_in_as_the_account_of_that_address(tmp_path: Path) -> None:
    provider = Provider()
    async with the_door(provider, tmp_path) as client:
        page = await client.get("/login", params={"lang": "es"})
        assert "Entrar con la cuenta de la empresa" in page.text
        state = await goes(client, provider)
        back = await client.get(DONE, params={"state": state, "code": "c0de"})
        assert (back.status_code, back.headers["location"]) == (303, "/study")
        assert provider.asked[0]["code_verifier"][0]
        assert (await client.get("/api/me")).json() == {"name": ELENA, "role": "executive"}
        again = await client.get(DONE, params={"state": state, "code": "c0de"})
        assert again.status_code == 401, "a state is good once"


WRONG: list[dict[str, Any]] = [
    {"claims": {"email": "mallory@vidal.example", "email_verified": True}},
    {"claims": {"email": ELENA, "email_verified": False}},
    {"claims": {"email": ELENA}},
    {"claims": {"email": ELENA, "email_verified": True, "iss": "https://evil.example"}},
    {"claims": {"email": ELENA, "email_verified": True, "aud": "another-house"}},
    {"claims": {"email": ELENA, "email_verified": True, "nonce": "another"}},
    {"claims": {"email": ELENA, "email_verified": True, "exp": int(time.time()) - 3600}},
    {"signs_with": ECKey.generate_key("P-256")},
]


async def test_nobody_else_comes_in(tmp_path: Path) -> None:
    provider, right = Provider(), Provider()
    async with the_door(provider, tmp_path) as client:
        for wrong in WRONG:
            provider.claims, provider.signs_with = wrong.get("claims", right.claims), wrong.get("signs_with")
            back = await client.get(DONE, params={"state": await goes(client, provider), "code": "c0de"})
            assert back.status_code == 401, wrong
            assert (await client.get("/api/me")).status_code == 401, wrong


async def test_an_answer_that_somebody_else_brings_is_of_no_use(tmp_path: Path) -> None:
    provider = Provider()
    async with the_door(provider, tmp_path) as client:
        state = await goes(client, provider)
        client.cookies.clear()
        assert (await client.get(DONE, params={"state": state, "code": "c0de"})).status_code == 401
        state = await goes(client, provider, next="https://evil.example/")
        back = await client.get(DONE, params={"state": state, "code": "c0de"})
        assert back.headers["location"] == "/", "never to somebody else's page"


async def test_a_provider_that_is_down_is_told_and_the_password_still_works(tmp_path: Path) -> None:
    async with the_door(Provider(down=True), tmp_path) as client:
        page = await client.get("/login/company")
        assert page.status_code == 503 and 'name="password"' in page.text
