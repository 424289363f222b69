"""Stands before every route and WebSocket: lets through whom the table in rights.py lets through, nobody else.

Answers 401 or 403 before anything else of a request is looked at; pages lead to `/login` instead. A request by cookie
that changes something, and every WebSocket, must come from our own pages (Fetch Metadata, and Origin where a browser
lacks that). Without a token and accounts the Host and Sec-Fetch-Site headers are looked at too: a web page elsewhere,
or a tunnel that was opened for the telephone lines, must not reach the house through this machine's browser or proxy.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calls.errors import EngineError
from calls.people import Entry, Role, Visitor, signed_in
from console.api.problems import problem
from console.door.porter import Porter, Shown
from console.door.rights import READING, is_noted, needed

COOKIE, SECURE_COOKIE = "antesala", "__Host-antesala"
"""RFC 6265bis, section 4.1.3.2: the prefix is honoured only with Secure and without Domain."""
_HARDENED = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_HSTS = "max-age=31536000"
_POLICY_VIOLATION = 1008
_RANDOM_ID = re.compile(r"/(calls|messages|promises|hand-offs|summaries|recordings)/([0-9a-f]{8,64})(/|$)")

log = logging.getLogger(__name__)


class Guard:
    """`public_url`: how the outside reaches this server, which counts as our own origin too."""

    def __init__(self, app: ASGIApp, porter: Porter, public_url: str | None = None):
        self._app, self._porter = app, porter
        self._own = urlsplit(public_url).netloc if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers, send = Headers(scope=scope), _hardening(scope, send)
        shown, role = _shown(scope, headers), needed(_method(scope), scope["path"])
        visitor: Visitor | None = None
        refused: Response | None = None
        if self._foreign(scope, headers, shown):
            refused = problem(403, "Not from here", "Requests from other sites' pages are refused.")
        elif role is not None:
            try:
                visitor = await self._porter.visitor(shown)
                refused = await self._refusal(scope, role, visitor)
            except EngineError as error:
                refused = problem(503, "Something is missing", str(error), {"Retry-After": "5"})
        if refused:
            return await _refuse(refused, scope, receive, send)
        scope.setdefault("state", {}).update(visitor=visitor, still=lambda: self._still(shown, role))
        who = signed_in.set(visitor.name if visitor and visitor.signed_in else None)
        try:
            await self._app(scope, receive, self._noting(scope, visitor, send))
        finally:
            signed_in.reset(who)

    async def _still(self, shown: Shown, role: Role | None) -> bool:
        """Whether whoever was let in would be let in now: for what goes on long after."""
        try:
            visitor = await self._porter.visitor(shown)
        except EngineError:
            return False
        return role is None or (visitor is not None and visitor.role.may(role))

    async def _refusal(self, scope: Scope, role: Role, visitor: Visitor | None) -> Response | None:
        if visitor and visitor.role.may(role):
            return None
        if visitor:
            return problem(403, "Not for you", f"This needs the role {role.value}; {visitor.name} is {visitor.role}.")
        if _is_page(scope):
            return RedirectResponse(f"/login?next={quote(scope['path'])}", 303)
        if await self._porter.open_house():
            return problem(
                403, "Only from this machine", "Set ANTESALA_TOKEN or add a user to reach it from elsewhere."
            )
        return problem(
            401, "Who are you?", "Send the header `Authorization: Bearer <token>`, or sign in at /login.",
            {"WWW-Authenticate": "Bearer"},
        )  # fmt: skip

    def _foreign(self, scope: Scope, headers: Headers, shown: Shown) -> bool:
        """Whether a browser sends it on behalf of somebody else's page."""
        if scope["path"].startswith("/lines/") and scope["type"] == "http":
            return False  # carriers
        origin = headers.get("origin")
        ours = (headers.get("host"), self._own)
        if scope["type"] == "websocket":
            return origin is not None and urlsplit(origin).netloc not in ours
        if scope["method"] in READING or shown.bearer is not None:
            return False
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        if origin is not None:
            return urlsplit(origin).netloc not in ours
        return shown.cookie is not None

    def _noting(self, scope: Scope, visitor: Visitor | None, send: Send) -> Send:
        """Tells the audit log before anything of the answer leaves."""
        people = self._porter.people
        if people is None or scope["type"] != "http" or not is_noted(scope["method"], scope["path"]):
            return send
        who = visitor or Visitor("nobody", Role.VIEWER)
        told = False

        async def noted(message: Message) -> None:
            nonlocal told
            if message["type"] == "http.response.start" and not told:
                told = True
                await people.note(_entry(scope, who, message["status"]))
            await send(message)

        return noted


def _entry(scope: Scope, who: Visitor, status: int) -> Entry:
    """What was done, without anything that could be a caller's: only ids that are random are told."""
    route: Any = scope.get("route")
    found = _RANDOM_ID.search(scope["path"])
    did = f"{scope['method']} {getattr(route, 'path_format', None) or _plain(scope['path'])}"
    return Entry(datetime.now(UTC), who.name, who.role, did, found.group(2) if found else "", status)


def _plain(path: str) -> str:
    """The first two parts of a path, which name no one."""
    return "/".join(path.split("/")[:3])


def _method(scope: Scope) -> str:
    return str(scope.get("method", "GET"))


def _is_page(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith(("/api", "/metrics"))


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
    else:
        await answer(scope, receive, send)


def _hardening(scope: Scope, send: Send) -> Send:
    """Adds what keeps a page to itself, where the answer does not say otherwise."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HARDENED.items():
                headers.setdefault(name, value)
            if scope.get("scheme") == "https":
                headers.setdefault("Strict-Transport-Security", _HSTS)
        await send(message)

    return hardened


def _shown(scope: Scope, headers: Headers) -> Shown:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme and scheme.lower() != "bearer":
        given = ""
    return Shown(given.strip() if scheme else None, cookie_in(headers), _from_here(scope, headers))


def cookie_in(headers: Headers) -> str | None:
    """The session's secret."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    held = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
    return held.value if held else None


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
