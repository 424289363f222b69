"""Debian's baresip as a caller: somebody else's telephone, steered by its control socket (its module ctrl_tcp).

What it sends is a file that it plays, what it hears a file that it writes (its modules aufile and sndfile).
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from calls.errors import AntesalaError
from calls.wire import Pcm
from evals.house import free_port

RATE = 8000
WAV_HEAD = 44
SILENT = 200
"""A sample below this (about -44 dBFS) is silence."""
SPARE_S = 90.0
"""Silence after whatever is played: at the end of its file baresip would hang up."""
WITHIN_S = 20.0
CONFIG = """
net_interface 127.0.0.1
sip_listen 127.0.0.1:{sip}
sip_verify_server no
audio_source aufile,{folder}/silence.wav
audio_player aubridge,nobody
audio_channels 1
rtp_ports 42000-43998
snd_path {folder}
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module aufile.so
module sndfile.so
module aubridge.so
module srtp.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class BaresipError(AntesalaError):
    """It did not do what it was told."""


def installed() -> bool:
    """Whether Debian's `baresip-core` is here."""
    return shutil.which("baresip") is not None


class BaresipPeer:
    """One telephone. `events` holds what it told of so far, as (type, parameter)."""

    def __init__(self, folder: Path, rate: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.rate = rate
        self.events: list[tuple[str, str]] = []
        self._folder, self._reader, self._writer = folder, reader, writer
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._told = asyncio.Condition()

    async def listen(self) -> None:
        """Takes in what it tells (netstrings of JSON), until it has gone."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                told = json.loads((await self._reader.readexactly(length + 1))[:-1])
                if "response" in told:
                    self._answers.put_nowait(told)
                    continue
                async with self._told:
                    self.events.append((told["type"], told.get("param", "")))
                    self._told.notify_all()

    async def tell(self, command: str, params: str = "") -> str:
        """Has it do something; what it answers. Raises BaresipError."""
        text = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        async with asyncio.timeout(WITHIN_S):
            answer = await self._answers.get()
        if not answer["ok"]:
            raise BaresipError(f"baresip refuses {command}: {answer['data']}")
        return str(answer["data"])

    async def happens(self, kind: str, times: int = 1) -> str:
        """Waits until it has told of that so many times; the parameter of the last of them."""
        async with asyncio.timeout(WITHIN_S), self._told:
            await self._told.wait_for(lambda: len([each for each, _ in self.events if each == kind]) >= times)
        return [param for each, param in self.events if each == kind][-1]

    async def dial(self, uri: str) -> None:
        """Rings `uri`; returns once it is answered. Raises BaresipError when it is not."""
        await self.tell("dial", uri)
        async with asyncio.timeout(WITHIN_S), self._told:
            await self._told.wait_for(lambda: self.ended or self._happened("CALL_ESTABLISHED"))
        if self.ended:
            raise BaresipError(f"{uri} was not answered: {dict(self.events)['CALL_CLOSED']}")

    @property
    def ended(self) -> bool:
        return self._happened("CALL_CLOSED")

    def _happened(self, kind: str) -> bool:
        return any(each == kind for each, _ in self.events)

    async def say(self, pcm: Pcm) -> None:
        """Begins to play `pcm`, and silence after it."""
        name = self._folder / f"say{len(list(self._folder.glob('say*.wav')))}.wav"
        _write(name, pcm, self.rate)
        await self.tell("ausrc", f"aufile,{name}")

    def heard(self) -> tuple[Pcm, int]:
        """What it has heard so far, and its rate."""
        files = sorted(self._folder.glob("dump-*-dec.wav"))
        if not files:
            return np.zeros(0, np.int16), self.rate
        raw = files[-1].read_bytes()
        rate = int.from_bytes(raw[24:28], "little")
        return np.frombuffer(raw[WAV_HEAD : len(raw) - (len(raw) - WAV_HEAD) % 2], "<i2").astype(np.int16), rate

    def quiet_s(self, after_s: float = 0.0) -> float:
        """Seconds since it last heard a sound; 0 where it has heard none later than `after_s` of what it heard."""
        sound, rate = self.heard()
        loud = np.flatnonzero(np.abs(sound.astype(int)) > SILENT)
        return (len(sound) - int(loud[-1])) / rate if len(loud) and loud[-1] > after_s * rate else 0.0

    def heard_s(self) -> float:
        """How long it has been listening."""
        sound, rate = self.heard()
        return len(sound) / rate


@asynccontextmanager
async def baresip(folder: Path, account: str = "sip:caller@127.0.0.1", rate: int = RATE) -> AsyncGenerator[BaresipPeer]:
    """A telephone in `folder`. `account` may carry parameters (``;audio_codecs=pcma``), `rate` is what that codec has.

    Raises BaresipError.
    """
    control = free_port()
    _set_up(folder, account, control, rate)
    process = await asyncio.create_subprocess_exec(
        "baresip", "-f", str(folder),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        peer = BaresipPeer(folder, rate, *await _reached(process, control))
        listening = asyncio.create_task(peer.listen())
        try:
            yield peer
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _set_up(folder: Path, account: str, control: int, rate: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(CONFIG.format(sip=free_port(), control=control, folder=folder))
    user, _, parameters = account.partition(";")
    (folder / "accounts").write_text(f"<{user}>;regint=0;{parameters}\n")
    (folder / "contacts").touch()
    _write(folder / "silence.wav", np.zeros(0, np.int16), rate)


async def _reached(process: asyncio.subprocess.Process, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while process.returncode is None:
                with suppress(OSError):
                    return await asyncio.open_connection("127.0.0.1", port)
                await asyncio.sleep(0.05)
    raise BaresipError("baresip did not open.")


def _write(file: Path, pcm: Pcm, rate: int) -> None:
    soundfile.write(file, np.concatenate([pcm, np.zeros(int(SPARE_S * rate), np.int16)]), rate, subtype="PCM_16")
