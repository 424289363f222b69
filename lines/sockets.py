"""What every line on a WebSocket does alike: reads JSON from strangers, and closes with a code that says why."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from calls.errors import AntesalaError
from calls.switchboard import AllBusy

START_WITHIN_S = 10.0
"""Whoever has not said by then which call this is, is not let in."""
NONSENSE_ALLOWED = 20
"""So many messages that mean nothing are overlooked; after that the socket is closed."""

DONE, UNSUPPORTED, POLICY_VIOLATION, FAILED, TRY_AGAIN_LATER = 1000, 1003, 1008, 1011, 1013
"""Close codes (RFC 6455, section 7.4.1, and IANA's registry)."""
KEYS = frozenset("0123456789*#")

_log = logging.getLogger(__name__)


async def receive(socket: WebSocket) -> dict[str, Any] | bytes:
    """The next message: binary as it is, text as a JSON object, which is empty for text that is none.

    Raises WebSocketDisconnect when the far end has gone.
    """
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1006))
    binary: bytes | None = received.get("bytes")
    if binary is not None:
        return binary
    try:
        message = json.loads(received.get("text") or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


async def opening(socket: WebSocket) -> dict[str, Any]:
    """The first JSON object; empty when something else comes, or nothing within START_WITHIN_S."""
    try:
        async with asyncio.timeout(START_WITHIN_S):
            message = await receive(socket)
    except (TimeoutError, WebSocketDisconnect):
        return {}
    return message if isinstance(message, dict) else {}


async def outcome(conversation: Awaitable[object]) -> int:
    """Lets a conversation run to its end; the code to close its socket with."""
    try:
        await conversation
    except AllBusy:
        return TRY_AGAIN_LATER
    except AntesalaError as error:
        _log.error("a call could not be answered to its end: %s", type(error).__name__)
        return FAILED
    except Exception as error:
        _log.exception("a call ended in an unforeseen way: %s", type(error).__name__)
        return FAILED
    return DONE


async def close(socket: WebSocket, code: int) -> None:
    """Closes the socket unless it is closed already."""
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
