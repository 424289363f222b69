"""Real HTTP servers on loopback that speak the protocols of OpenAI, Anthropic and Ollama from a script."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Piece = str | float | bytes | tuple[str, str]
"""Words, seconds to wait, raw bytes, or a tool call (name, JSON of its arguments)."""
Protocol = Callable[[list[Piece]], Iterator[bytes | float]]


def openai(answer: list[Piece]) -> Iterator[bytes | float]:
    """https://platform.openai.com/docs/api-reference/chat-streaming"""

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        return f"data: {json.dumps(chunk)}\n\n".encode()

    yield event({"role": "assistant", "content": ""})
    index = -1
    for piece in answer:
        match piece:
            case str():
                for word in piece.split(" "):
                    yield event({"content": f"{word} "})
            case (name, arguments):
                index += 1
                function = {"name": name, "arguments": ""}
                call = {"index": index, "id": f"t{index}", "type": "function", "function": function}
                yield event({"tool_calls": [call]})
                for part in _parts(arguments):
                    yield event({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
            case other:
                yield other
    yield event({}, "tool_calls" if index >= 0 else "stop")
    yield b"data: [DONE]\n\n"


def anthropic(answer: list[Piece]) -> Iterator[bytes | float]:
    """https://docs.anthropic.com/en/docs/build-with-claude/streaming"""

    def event(kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": usage}
    yield event("message_start", message={**message, "stop_reason": None, "stop_sequence": None})
    called = False
    for index, piece in enumerate(answer):
        match piece:
            case str():
                yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
                for word in piece.split(" "):
                    yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": f"{word} "})
                yield event("content_block_stop", index=index)
            case (name, arguments):
                called = True
                block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
                yield event("content_block_start", index=index, content_block=block)
                for part in _parts(arguments):
                    delta = {"type": "input_json_delta", "partial_json": part}
                    yield event("content_block_delta", index=index, delta=delta)
                yield event("content_block_stop", index=index)
            case other:
                yield other
    stop = {"stop_reason": "tool_use" if called else "end_turn", "stop_sequence": None}
    yield event("message_delta", delta=stop, usage={"output_tokens": 1})
    yield event("message_stop")


def ollama(answer: list[Piece]) -> Iterator[bytes | float]:
    """https://github.com/ollama/ollama/blob/main/docs/api.md"""

    def line(message: dict[str, Any], **fields: Any) -> bytes:
        told = {"model": "m", "created_at": "2026-11-23T10:00:00Z", "done": False, **fields}
        return json.dumps({**told, "message": {"role": "assistant", "content": "", **message}}).encode() + b"\n"

    for piece in answer:
        match piece:
            case str():
                for word in piece.split(" "):
                    yield line({"content": f"{word} "})
            case (name, arguments):
                try:
                    call = {"function": {"name": name, "arguments": json.loads(arguments)}}
                except ValueError:
                    yield arguments.encode() + b"\n"
                else:
                    yield line({"tool_calls": [call]})
            case other:
                yield other
    yield line({}, done=True, done_reason="stop")


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), 7):
        yield text[start : start + 7]


class Provider:
    """A provider that answers each request with the next of `answers`; an int is an HTTP status."""

    def __init__(self, protocol: Protocol, *answers: list[Piece] | int):
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        """The bodies of the requests, as they came over the wire."""
        self.reached = asyncio.Event()
        """Set when a request has come."""
        self.done = asyncio.Event()
        """Set when an answer has been written to its end."""
        self.gone = asyncio.Event()
        """Set when a client has gone away in the middle of an answer."""
        self._protocol = protocol

    async def answer(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.reached.set()
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return JSONResponse({"error": {"type": "api_error", "message": "la señora Vidal"}}, status_code=answer)
        return StreamingResponse(self._stream(answer), media_type="text/event-stream")

    async def _stream(self, answer: list[Piece]) -> AsyncIterator[bytes]:
        try:
            for piece in self._protocol(answer):
                if isinstance(piece, bytes):
                    yield piece
                else:
                    await asyncio.sleep(piece)
            self.done.set()
        except (asyncio.CancelledError, GeneratorExit):
            self.gone.set()
            raise


PATHS: dict[Protocol, str] = {openai: "/v1/chat/completions", anthropic: "/v1/messages", ollama: "/api/chat"}


@asynccontextmanager
async def served(provider: Provider) -> AsyncGenerator[str]:
    """Serves `provider` on loopback; yields the server's address."""
    async with serving([Route(PATHS[provider._protocol], provider.answer, methods=["POST"])]) as address:
        yield address


@asynccontextmanager
async def serving(routes: list[Route]) -> AsyncGenerator[str]:
    """Serves `routes` on loopback; yields the server's address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=routes)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server._serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
