"""What is asked of a call that another server of this office has in hand goes there; the answer comes back."""

from __future__ import annotations

import re
from typing import Protocol

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from calls.errors import EngineError
from console.api.problems import problem

FORWARDED = "x-antesala-forwarded"
WITHIN_S, PROBED_S = 30.0, 2.0
_CALL = re.compile(
    r"/api/calls/([^/]+)/(utterances|keys|hang-up|guidance|say|take-over|hand-back|put-through|take-message)"
)
_HAND_OFF = re.compile(r"/api/hand-offs/([^/]+)/(accept|decline)")
_KEPT = ("authorization", "content-type", "cookie", "host", "origin", "sec-fetch-site", "x-forwarded-proto")


class Holders(Protocol):
    """Where calls are in hand."""

    async def holder(self, call_id: str) -> str | None: ...

    async def holder_of_hand_off(self, hand_off_id: str) -> str | None: ...


class Forward:
    """Stands behind the guard. The other server lets the visitor in by the same accounts, and asks for itself."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        try:
            where = await _elsewhere(request)
        except EngineError:
            where = None  # the route itself tells what is wrong with the records
        if where is None:
            return await self._app(scope, receive, send)
        await (await _forwarded(request, where))(scope, receive, send)


async def _elsewhere(request: Request) -> str | None:
    """The address of the server that has the call in hand; None where it is this one, or none."""
    state = request.app.state
    holders: Holders | None = getattr(state, "elsewhere", None)
    if holders is None or FORWARDED in request.headers:
        return None
    if (found := _CALL.fullmatch(request.url.path)) and state.front.switchboard.find(found[1]) is None:
        return await holders.holder(found[1])
    if found := _HAND_OFF.fullmatch(request.url.path):
        return await holders.holder_of_hand_off(found[1])
    return None


async def _forwarded(request: Request, where: str) -> Response:
    headers = {name: value for name in _KEPT if (value := request.headers.get(name))} | {FORWARDED: "1"}
    url, body = f"{where}{request.url.path}", await request.body()
    try:
        async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as web:
            answer = await web.post(url, params=request.url.query, content=body, headers=headers)
    except httpx.HTTPError:
        return problem(503, "Out of reach", "The server that has this call does not answer.", {"Retry-After": "5"})
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


async def answers(where: str) -> bool:
    """Whether the server at this address lives."""
    try:
        async with httpx.AsyncClient(timeout=PROBED_S, trust_env=False) as web:
            return (await web.get(f"{where}/healthz")).is_success
    except httpx.HTTPError:
        return False
