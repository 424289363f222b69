"""Several executives on one machine, each with a line, an office, people and data of their own: `serve --offices`.

Every folder in the offices' folder is an office folder, with a `settings.env` beside its `voice.yaml` for what is its
own: address, tokens, carriers. Each office is a house of its own, with a data folder of its own, reached by the host of
its address and by no other. What they share is the process and the engines, which know of no office.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from calls.errors import SettingsError
from console.logs import log_without_words
from engines import open_engines
from server import create_app, keep_open, no_open_door
from settings import PREFIX, Settings

OWN_FILE = "settings.env"
OF_THE_MACHINE = frozenset(
    {
        "host", "port", "data", "office", "ears", "ears_params", "whisper_model", "voice", "voice_params", "voice_es",
        "voice_en", "log_format", "log_level",
    }
)  # fmt: skip
"""Settings of the process, which no office has for itself."""
OF_BOTH = frozenset(
    {
        "model", "model_url", "first_token_s", "keep_transcripts_days", "keep_calls_days", "calls_per_number",
        "longest_call_minutes", "max_calls", "topics", "otlp_url", "smtp_url", "smtp_from", "twilio_api",
    }
)  # fmt: skip
"""What the process sets for all, unless an office sets it for itself. All other settings are an office's own."""


class ByHost:
    """One address, several houses. `houses`: by the host name under which each is reached."""

    def __init__(self, houses: Mapping[str, ASGIApp]):
        self._houses = houses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ValueError):  # of a Host header that is none
            name = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or ""
            if house := self._houses.get(name):
                return await house(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        if scope["path"] == "/healthz":  # of whoever looks whether the process lives
            return await PlainTextResponse("ok")(scope, receive, send)
        await PlainTextResponse("No office has this address.", 421)(scope, receive, send)


def read_offices(folder: Path, machine: Settings) -> dict[str, Settings]:
    """The settings of each office, by the host it is reached at. Raises SettingsError."""
    folders = sorted(each for each in folder.glob("*") if (each / "voice.yaml").is_file()) if folder.is_dir() else []
    if not folders:
        raise SettingsError(f"There is no office in {folder}: no folder in it has a voice.yaml. Give another folder.")
    _none_for_all()
    offices: dict[str, Settings] = {}
    kept: set[str] = set()
    for each in folders:
        settings = _own(each, machine)
        host = urlsplit(settings.public_url or "").hostname
        if host is None or host in offices:
            raise SettingsError(
                f"{each / OWN_FILE}: {PREFIX}PUBLIC_URL is missing or another office's. An office is known by its host."
            )
        for place in (settings.records_url, settings.chroma_url, settings.sip_listen, settings.audiosocket_listen):
            if place in kept:
                raise SettingsError(f"{each / OWN_FILE}: another office has {place} already. Each needs its own.")
            kept |= {place} if place else set()
        offices[host] = settings
    return offices


async def open_offices(folder: Path, machine: Settings) -> None:
    """Answers for all of them until the process is told to stop. Raises SettingsError, OfficeError, EngineError."""
    log_without_words(machine.log_level, machine.log_format)
    offices = read_offices(folder, machine)
    for settings in offices.values():
        no_open_door(settings)
    async with open_engines(machine.max_calls) as engines:
        apps = {host: create_app(settings, engines) for host, settings in offices.items()}
        await keep_open(ByHost(apps), {apps[host]: settings for host, settings in offices.items()}, machine)


def _own(folder: Path, machine: Settings) -> Settings:
    """The settings of the office in `folder`. Raises SettingsError."""
    file = folder / OWN_FILE
    told = dotenv_values(file, interpolate=False) if file.is_file() else {}
    own = {name.removeprefix(PREFIX).lower(): value for name, value in told.items() if name.startswith(PREFIX)}
    unknown = [name for name in told if name.removeprefix(PREFIX).lower() not in Settings.model_fields]
    if wrong := [*unknown, *(f"{PREFIX}{name.upper()}" for name in own if name in OF_THE_MACHINE)]:
        raise SettingsError(f"{file}: {', '.join(wrong)}: no office has this for itself. Set it for the whole server.")
    for_all = machine.model_dump(include=set(OF_THE_MACHINE)) | {"office": folder, "data": machine.data / folder.name}
    try:
        return Settings.read(**{**own, **for_all})
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None


def _none_for_all() -> None:
    """Raises SettingsError when the environment holds what would be every office's: a token, say, that opens all."""
    alone = set(Settings.model_fields) - OF_THE_MACHINE - OF_BOTH
    if shared := sorted(name for each in alone if (name := f"{PREFIX}{each.upper()}") in os.environ):
        raise SettingsError(f"{', '.join(shared)}: each office has its own. Set it in the {OWN_FILE} of one office.")
