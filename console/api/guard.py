"""Who may speak to the API: whoever has the token; without one, only programs on this very machine."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.api.problems import problem

GUARDED = ("/api", "/metrics")


class Guard:
    """Answers 401 or 403 before anything else is looked at.

    Without a token, the Host and Sec-Fetch-Site headers are looked at too: a web page elsewhere, or a tunnel that was
    opened for the telephone lines, must not reach the API through this machine's own browser or proxy.
    """

    def __init__(self, app: ASGIApp, token: str | None):
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope) if scope["type"] == "http" and _guarded(scope["path"]) else None
        await (refused or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if self._token is None:
            if _from_here(scope, headers):
                return None
            return problem(
                403, "Only from this machine", "Set ANTESALA_TOKEN and send it to use the API from elsewhere."
            )
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token.encode()):
            return None
        return problem(
            401, "Who are you?", "Send the header `Authorization: Bearer <token>`.", {"WWW-Authenticate": "Bearer"}
        )


def _guarded(path: str) -> bool:
    return any(path == start or path.startswith(start + "/") for start in GUARDED)


def _from_here(scope: Scope, headers: Headers) -> bool:
    client = scope.get("client")
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    site = headers.get("sec-fetch-site", "none")
    return (client is None or _loopback(client[0])) and _loopback(host) and site in ("none", "same-origin")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
