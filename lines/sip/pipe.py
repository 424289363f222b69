"""What the house and its phone tell each other: messages on a socket pair, sound and all.

A message is a kind (1 byte), the number of a call (4 bytes; 0: the phone itself), a length (4 bytes), all big endian,
and its content: SOUND is int16 little-endian mono at the call's rate, WORD a JSON object with its meaning in `is`.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncGenerator
from typing import Any

SOUND, WORD = 1, 2
Told = bytes | dict[str, Any]

_HEAD = struct.Struct(">BII")
_FULL = 4_000_000
"""Bytes that may wait to be sent; a far end that lets so much pile up is stuck."""


class Pipe:
    """One end. Not thread-safe."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer

    def sound(self, call: int, pcm: bytes) -> None:
        """Sends sound of `call`."""
        self._send(SOUND, call, pcm)

    def tell(self, call: int, what: str, **more: Any) -> None:
        """Sends a word about `call`."""
        self._send(WORD, call, json.dumps({"is": what, **more}).encode())

    def _send(self, kind: int, call: int, content: bytes) -> None:
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > _FULL:
            self._writer.transport.abort()
            return
        self._writer.write(_HEAD.pack(kind, call, len(content)) + content)

    async def messages(self) -> AsyncGenerator[tuple[int, Told]]:
        """(call, sound or word) as they come; ends when the other end has gone."""
        try:
            while True:
                kind, call, length = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
                content = await self._reader.readexactly(length)
                yield call, content if kind == SOUND else json.loads(content)
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def close(self) -> None:
        """Nothing more is sent."""
        self._writer.close()
