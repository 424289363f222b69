"""Signing in with the company's own accounts: OpenID Connect, authorization code with PKCE.

https://openid.net/specs/openid-connect-core-1_0.html (3.1) and RFC 7636. Who may come in and as what stays ours to
say: the e-mail address that the provider vouches for must be the name of an account that is not disabled.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from calls.errors import AntesalaError
from console.door.porter import NotAdmitted

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
"""No symmetric one and no `none`: only the provider can have signed."""
WITHIN = timedelta(minutes=10)
"""Whoever has not come back by then begins anew."""
WAITING = 1000
LEEWAY_S = 60
SCOPE = "openid email"


class ProviderDown(AntesalaError):
    """The provider does not answer, or not as one."""

    def __init__(self) -> None:
        super().__init__("The provider of accounts does not answer. Try again shortly, or sign in with a password.")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who is at the provider now. `next`: where they were going."""

    verifier: str
    nonce: str
    next: str
    until: datetime


class OpenId:
    """One provider. `issuer`: its address, as it names itself; `back`: our own address that it leads back to."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
    ):
        self._issuer, self._client_id, self._client_secret = issuer.rstrip("/"), client_id, client_secret
        self._now, self._transport = now, transport
        self._leaving: dict[str, Leaving] = {}
        self._told: dict[str, Any] | None = None

    async def leave(self, back: str, next: str) -> tuple[str, str]:
        """(where the browser goes to sign in, the state that it must bring back). Raises ProviderDown."""
        told, verifier, nonce = await self._provider(), secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        state = secrets.token_urlsafe(24)
        asked = {
            "response_type": "code", "client_id": self._client_id, "redirect_uri": back, "scope": SCOPE, "state": state,
            "nonce": nonce, "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        end = str(told["authorization_endpoint"])
        url = f"{end}{'&' if '?' in end else '?'}{urlencode(asked)}"
        self._forget_late()
        self._leaving[state] = Leaving(verifier, nonce, next, self._now() + WITHIN)
        return url, state

    async def arrive(self, back: str, state: str, code: str) -> tuple[str, str]:
        """(the e-mail address that the provider vouches for, where they were going).

        Raises NotAdmitted, ProviderDown.
        """
        self._forget_late()
        leaving = self._leaving.pop(state, None)
        if leaving is None or not code:
            raise NotAdmitted
        told = await self._provider()
        token, keys = await self._exchanged(told, back, code, leaving.verifier), await self._asked(told["jwks_uri"])
        try:
            claims = _read(token, keys, self._issuer, self._client_id, leaving.nonce)
        except (JoseError, KeyError, ValueError):
            raise NotAdmitted from None
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise NotAdmitted
        return email.strip().lower(), leaving.next

    async def _exchanged(self, told: dict[str, Any], back: str, code: str, verifier: str) -> str:
        """The ID token for a code (RFC 6749, 4.1.3). Raises NotAdmitted, ProviderDown."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=10) as web:
                answer = await web.post(
                    told["token_endpoint"], data=form, auth=httpx.BasicAuth(self._client_id, self._client_secret)
                )
        except httpx.HTTPError:
            raise ProviderDown from None
        if not answer.is_success:
            raise NotAdmitted
        try:
            return str(answer.json()["id_token"])
        except (ValueError, KeyError, TypeError):
            raise NotAdmitted from None

    async def _provider(self) -> dict[str, Any]:
        """What the provider tells of itself, asked once."""
        if self._told is None:
            told = await self._asked(f"{self._issuer}/.well-known/openid-configuration")
            if str(told.get("issuer", "")).rstrip("/") != self._issuer:
                raise ProviderDown
            self._told = told
        return self._told

    async def _asked(self, url: str) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=10) as web:
                answer = await web.get(url)
                told: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            raise ProviderDown from None
        return told

    def _forget_late(self) -> None:
        now = self._now()
        self._leaving = {state: each for state, each in self._leaving.items() if each.until > now}
        while len(self._leaving) >= WAITING:
            del self._leaving[next(iter(self._leaving))]


def _challenge(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _read(token: str, keys: Mapping[str, Any], issuer: str, audience: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token (3.1.3.7). Raises JoseError, ValueError."""
    decoded = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
    claims: dict[str, Any] = decoded.claims
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "values": [issuer, f"{issuer}/"]},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)
    return claims
