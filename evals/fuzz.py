"""`antesala bench fuzz`: what strangers may send, made up at random: to the parsers of every line, and to the API.

Whatever comes, a line yields frames of 20 ms or ends, and the API never answers 500. The API is served as a process
of its own and asked with and without a token.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import WebSocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from calls.wire import FRAME_S, Wire
from evals.house import opened
from lines import asterisk, audiosocket, browser, media, plivo, telnyx, twilio
from lines.numbers import dialled_number, identity_of, number_of

INPUTS, EACH, EXAMPLES = 100_000, 20, 25
"""Inputs to the parsers, messages of one call at most, examples for each operation of the API."""
HANGS_S = 10.0
ENDLESS = "^/api/live$"
"""Its answer has no end."""


@dataclass
class Result:
    """Inputs by parser; what went wrong with them, and with the API."""

    inputs: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def missed(self) -> int:
        return len(self.wrong)


# --- what is sent -----------------------------------------------------------------------------------

_TEXT = st.text(max_size=40) | st.sampled_from(["media", "start", "stop", "dtmf", "mark", "key", "hang_up", "inbound"])
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=8,
)
_SOUND = st.fixed_dictionaries({
    "event": st.sampled_from(["media", "dtmf", "mark", "playedStream", "clearedAudio", "start", "connected"]),
    "media": st.fixed_dictionaries({"payload": _VALUE | st.sampled_from(["/////w==", "////", "=", "Zg=="])},
                                   optional={"track": _VALUE}) | _VALUE,
    "dtmf": st.fixed_dictionaries({"digit": _VALUE}) | _VALUE,
    "mark": st.fixed_dictionaries({"name": _VALUE}) | _VALUE,
})  # fmt: skip
_OBJECT = _SOUND | st.fixed_dictionaries({"type": _TEXT, "key": _VALUE, "name": _VALUE}) | _VALUE
_WEB = st.one_of(
    _OBJECT.map(lambda value: {"type": "websocket.receive", "text": json.dumps(value)}),
    st.text(max_size=60).map(lambda text: {"type": "websocket.receive", "text": text}),
    st.binary(max_size=700).map(lambda raw: {"type": "websocket.receive", "bytes": raw}),
    st.just({"type": "websocket.receive"}),
)
_PACKET = st.tuples(st.sampled_from([0x01, 0x03, 0x10, 0x10, 0x10, 0x42]), st.binary(max_size=700)).map(
    lambda told: bytes([told[0]]) + len(told[1]).to_bytes(2, "big") + told[1]
)
_HEADERS = st.dictionaries(
    st.sampled_from(["p-asserted-identity", "privacy", "diversion", "attestation-info"]),
    st.text(max_size=80),
    max_size=2,
)
_CALLER = st.text(max_size=80) | st.from_regex(r"<?(sip|tel|sips):[+0-9a-zA-Z%();=.-]{0,40}@?[a-z0-9.:]{0,20}>?")
_SIP = st.tuples(_CALLER, _HEADERS)


class Stranger:
    """A WebSocket whose far end says what it is told to say, and then is gone."""

    def __init__(self, messages: Sequence[dict[str, Any]]):
        self._messages = iter(messages)

    async def receive(self) -> dict[str, Any]:
        return next(self._messages, {"type": "websocket.disconnect", "code": 1006})

    async def close(self, code: int) -> None:
        return


async def _listened(wire: Wire) -> None:
    """Every frame that a line makes of it is one."""
    async for frame in wire.frames():
        assert frame.dtype.name == "int16" and len(frame) == int(wire.rate * FRAME_S)


def _on_socket(make: Callable[[WebSocket], Wire]) -> Callable[[list[dict[str, Any]]], Awaitable[None]]:
    return lambda messages: _listened(make(Stranger(messages)))  # type: ignore[arg-type]


async def _audiosocket(packets: list[bytes]) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(packets))
    reader.feed_eof()
    await _listened(audiosocket.AudioSocket(reader, None))  # type: ignore[arg-type]


async def _numbers(callers: list[tuple[str, dict[str, str]]]) -> None:
    for caller, headers in callers:
        for number in (identity_of(caller, headers).number, dialled_number(caller), number_of(caller)):
            assert number is None or (number.startswith("+") and number[1:].isdecimal())


PARSERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[list[Any]], Awaitable[None]]]] = {
    **{
        name: (_WEB, _on_socket(lambda socket, dialect=dialect: media.MediaStream(socket, "s", dialect)))  # type: ignore[misc]
        for name, dialect in (("twilio", twilio.DIALECT), ("telnyx", telnyx.DIALECT), ("plivo", plivo.DIALECT))
    },
    "browser": (_WEB, _on_socket(browser.BrowserLine)),
    "asterisk": (_WEB, _on_socket(lambda socket: asterisk.AsteriskChannel(socket, "ulaw"))),
    "audiosocket": (_PACKET | st.binary(max_size=40), _audiosocket),
    "sip": (_SIP, _numbers),
}


def parsers(inputs: int) -> Result:
    """Sends so many inputs, shared out among the parsers."""
    result = Result()
    with asyncio.Runner() as runner:
        for name, (one, parse) in PARSERS.items():
            result.inputs[name] = 0
            try:
                _tried(name, one, parse, inputs // len(PARSERS), runner, result)
            except Exception as error:  # whatever a parser does, the next is tried too
                result.wrong.append(f"{name}: {type(error).__name__}")
    return result


def _tried(
    name: str,
    one: st.SearchStrategy[Any],
    parse: Callable[[list[Any]], Awaitable[None]],
    inputs: int,
    runner: asyncio.Runner,
    result: Result,
) -> None:
    @settings(
        max_examples=max(1, inputs // EACH), deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(one, min_size=EACH, max_size=EACH))
    def send(messages: list[Any]) -> None:
        result.inputs[name] += len(messages)
        runner.run(asyncio.wait_for(parse(messages), HANGS_S))

    send()


# --- the API ----------------------------------------------------------------------------------------


def api(url: str, token: str | None, examples: int, report: Path) -> list[str]:
    """The operations of the API at `url` that answered 500, with a token or without one."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--checks", "not_a_server_error",
        "--max-examples", str(examples), "--phases", "examples,coverage,fuzzing", "--exclude-path-regex", ENDLESS,
        "--continue-on-failure", "--request-timeout", "20", "--generation-deterministic", "--no-color",
        "--report", "junit", "--report-junit-path", str(report.resolve()),
    ]  # fmt: skip
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, cwd=report.parent, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return [f"schemathesis ended with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}"]
    return [line.strip("_ ") for line in done.stdout.splitlines() if line.startswith("_____")]


async def _asked(reports: Path, examples: int) -> list[str]:
    """The API of a house in a process of its own, with a full-rights token and without."""
    token, found = secrets.token_urlsafe(), []
    with TemporaryDirectory() as data:
        quiet = {"ANTESALA_DATA": data, "ANTESALA_TOKEN": token, "ANTESALA_MODEL": "house", "ANTESALA_VOICE": "pyttsx3"}
        quiet["ANTESALA_MAX_CALLS"] = "500"  # a full house answers 503, and rightly
        async with opened(("-m", "cli", "serve"), reports / "fuzz-serve.log", **quiet) as house:
            for who, sent in (("with-a-token", token), ("without", None)):
                report = reports / f"fuzz-{who}.xml"
                wrong = await asyncio.to_thread(api, house.base, sent, examples, report)
                found += [f"the API, {who.replace('-', ' ')}: {each}" for each in wrong]
    return found


def run(reports: Path, inputs: int = INPUTS, examples: int = EXAMPLES) -> int:
    """Prints and writes what was found; how much went wrong."""
    reports.mkdir(parents=True, exist_ok=True)
    result = parsers(inputs)
    result.wrong += asyncio.run(_asked(reports, examples))
    Console().print(
        f"{sum(result.inputs.values())} inputs to {len(result.inputs)} parsers, {examples} examples for each operation"
        f" of the API with a token and without: {result.missed} went wrong",
        *result.wrong,
        sep="\n",
    )
    (reports / "fuzz.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
    return result.missed
