"""How much a request may weigh."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api.problems import problem

MOST_BODY = 2 * 1024 * 1024
"""Bytes in one request; more is answered with 413."""
MOST_FILE = 16 * 1024 * 1024
"""Bytes in one that brings a file in: some 50,000 preferences."""
_FILES = ("/import", "/import/preview")


class Scales:
    """Weighs by what is announced, and by what really comes where nothing is announced."""

    def __init__(self, app: ASGIApp, most: int = MOST_BODY):
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = max(self._most, MOST_FILE) if scope["path"].endswith(_FILES) else self._most
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > most:
            too_large = problem(413, "Too large", f"The body is over {most} bytes.", {"Connection": "close"})
            await too_large(scope, receive, send)
            return
        came = 0

        async def weighed() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise HTTPException(413, f"The body is over {most} bytes.")
            return message

        await self._app(scope, weighed, send)
