"""`antesala bench sip`: whole conversations over SIP with somebody else's telephone, and how soon it is answered there.

baresip plays a synthesised caller's sentences and writes what it hears, which stock Whisper base then writes down. In
the same house the same recorded utterances are answered over SIP and over the media stream, in turns.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
import soundfile
import soxr
from rich.console import Console
from rich.table import Table

from audio.ears.models import ct2_folder
from audio.voice.kokoro_weights import why_not_natural
from calls.words import Language
from evals.baresip_peer import RATE, BaresipPeer, baresip, installed
from evals.caller_voice import CallerVoice
from evals.house import House, free_port, opened
from evals.latency import SERVER
from evals.media_caller import MediaCaller
from evals.scenarios import Scenario, words_of
from evals.scripted_caller import ScriptedCaller
from evals.sip_caller import SipCaller
from evals.speech import Recorded, own
from evals.voice import errors
from settings import Settings

MISHEARD, LATER_S = 0.10, 0.120
"""Bars: word error rate of the replies; how much later the wire of SIP may have the reply than the media stream."""
THINKS_S, CALL_S = 1.6, 240.0
A_CALL = 3
"""Utterances of one call whose answers are timed."""
CONSENT: dict[Language, tuple[str, str]] = {
    "es": ("grabar", "Sí, de acuerdo."),
    "en": ("record", "Yes, that is fine."),
}
"""How a house that records is known by its greeting, and what is said to it."""
CALLERS = (
    Scenario(
        "sip-es", "es", False,
        ("Buenos días, soy Luis Prieto. ¿A qué hora abre la oficina?",
         "Quería dejar un recado para la señora Vidal.",
         "Confirmo la reunión del martes sobre la ampliación de capital."),
        number="+34600111222",
        told={"same": "No, mejor al seis cero cero, uno dos tres, cuatro cinco seis.",
              "number": "Al seis cero cero, uno dos tres, cuatro cinco seis."},
        ends={"number": "+34600123456", "reason": "ampliación de capital"},
    ),
    Scenario(
        "sip-en", "en", False,
        ("Good morning, this is Helen Carter. What are your opening hours?",
         "I would like to leave a message, please.",
         "The delivery of the two welding robots is confirmed."),
        number="+442079460018",
        told={"same": "No, please call plus four four, two zero, seven nine four six, zero zero two one.",
              "number": "Plus four four, two zero, seven nine four six, zero zero two one."},
        ends={"number": "+442079460021", "reason": "robots"},
    ),
)  # fmt: skip


@dataclass
class Conversation:
    """One call: what was said on both sides, how it was understood, and what is wrong with its record."""

    language: Language
    said: list[str] = field(default_factory=list)
    replied: str = ""
    understood: str = ""
    misheard: float = 1.0
    wrong: list[str] = field(default_factory=list)


class Talk:
    """A caller at a baresip, who answers what the house says by its own record."""

    def __init__(self, phone: BaresipPeer, web: httpx.AsyncClient, voice: CallerVoice, scenario: Scenario):
        self._phone, self._web, self._voice, self._scenario = phone, web, voice, scenario
        self._answered, self._spoke_until_s = 0, 0.0
        self.said: list[str] = []

    async def hold(self) -> dict[str, Any]:
        """The whole conversation; the record of the call once it is closed."""
        caller = ScriptedCaller(self._scenario)
        async with asyncio.timeout(CALL_S):
            while not self._phone.ended:
                reply = await self._reply()
                asked, agreed = CONSENT[self._scenario.language]
                recorded = not self.said and asked in reply
                says = agreed if recorded else await caller.next(reply, self._scenario.language) if reply else None
                if says is None or self._phone.ended:
                    break
                self.said.append(words_of(says))
                pcm = await self._voice.say(self.said[-1], self._scenario.language, 0)
                self._spoke_until_s = self._phone.heard_s() + len(pcm) / RATE
                await self._phone.say(pcm)
            if not self._phone.ended:
                await self._phone.tell("hangup")
            while (row := await self._record())["state"] == "open":  # noqa: ASYNC110 (the record is asked for)
                await asyncio.sleep(0.1)
        return row

    async def _reply(self) -> str:
        """What the house has said since the last time, once it is quiet on the line; "" when the call is over."""
        while not self._phone.ended:
            row = await self._record()
            said = spoken(row)
            if len(said) > self._answered and self._phone.quiet_s(self._spoke_until_s) > THINKS_S:
                reply, self._answered = " ".join(said[self._answered :]), len(said)
                return reply
            await asyncio.sleep(0.1)
        return ""

    async def _record(self) -> dict[str, Any]:
        """Of the call; it is answered a little before it is on record."""
        asked = {"number": self._scenario.number or "", "limit": "1"}
        while not (rows := (await self._web.get("/api/calls", params=asked)).json()["items"]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        record: dict[str, Any] = (await self._web.get(f"/api/calls/{rows[0]['id']}")).json()
        return record


def spoken(row: dict[str, Any]) -> list[str]:
    """The receptionist's sentences as far as they were heard."""
    return [event.get("heard_text") or event["text"] for event in row["events"] if event["kind"] in ("greeted", "said")]


def faults_of(row: dict[str, Any], scenario: Scenario) -> list[str]:
    """What is wrong with the record of a call, in words."""
    kinds = [event["kind"] for event in row["events"]]
    messages = [event for event in row["events"] if event["kind"] == "message"]
    expected = {
        "it came by SIP": row["line"] == "sip" and row["number"] == scenario.number,
        "it is closed": row["state"] == "closed" and "hung_up" in kinds,
        "what was said is on it": kinds.count("heard") >= len(scenario.says),
        "one message": len(messages) == 1,
        "its number": [each["number"] for each in messages] == [scenario.ends["number"]],
        "its reason": all(scenario.ends["reason"] in each["reason"] for each in messages),
        "the number was read back": any(
            "".join(filter(str.isdigit, text)).endswith(scenario.ends["number"][-9:]) for text in spoken(row)
        ),
        "nothing failed": "failed" not in kinds,
    }
    return [what for what, holds in expected.items() if not holds]


async def converse(port: int, web: httpx.AsyncClient, scenario: Scenario, data: Path, out: Path) -> Conversation:
    """Has one conversation; what the caller heard of it is kept in `out`."""
    voice, result = CallerVoice(data), Conversation(scenario.language)
    with TemporaryDirectory() as folder:
        async with baresip(Path(folder), f"sip:{scenario.number}@127.0.0.1") as phone:
            await phone.dial(f"sip:reception@127.0.0.1:{port}")
            talk = Talk(phone, web, voice, scenario)
            row: dict[str, Any] = {"events": [], "line": "", "number": "", "state": ""}
            with suppress(TimeoutError):
                row = await talk.hold()
            heard, rate = phone.heard()
    soundfile.write(out / f"{scenario.id}.wav", heard, rate)
    await voice.close()
    result.said, result.wrong = talk.said, faults_of(row, scenario)
    result.replied = " ".join(spoken(row))
    result.understood = await asyncio.to_thread(written_down, heard.astype(np.float32) / 32768, rate, data, scenario)
    wrong, words = errors(result.replied, result.understood)
    result.misheard = wrong / max(words, 1)
    return result


def written_down(sound: Any, rate: int, data: Path, scenario: Scenario) -> str:
    """What stock Whisper base hears."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(ct2_folder(data)), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(
        np.asarray(soxr.resample(sound, rate, 16_000), np.float32), language=scenario.language
    )
    return " ".join(segment.text.strip() for segment in segments)


async def answered_after(caller: SipCaller | MediaCaller, said: Recorded) -> float | None:
    """Seconds from the end of `said` to the first sound of the reply."""
    await caller.quiet(0.8)
    ended = await caller.say(said.pcm[: int((said.ends + 0.05) * 8000)]) + said.ends
    answered = await caller.first_voice_after(ended)
    return None if answered is None else answered - ended


async def both_ways(house: House, port: int) -> dict[str, list[float]]:
    """Seconds to the reply, over SIP and over the media stream, one utterance after the other on each."""
    took: dict[str, list[float | None]] = {"sip": [], "media": []}
    speech = own()
    for n in range(0, len(speech), A_CALL):
        async with SipCaller.call(port, f"+3460088{n:04}") as by_sip:
            took["sip"] += [await answered_after(by_sip, said) for said in speech[n : n + A_CALL]]
        by_stream = await MediaCaller.call(house.base, f"+3460087{n:04}")
        took["media"] += [await answered_after(by_stream, said) for said in speech[n : n + A_CALL]]
        await by_stream.hang_up()
    return {line: [seconds for seconds in times if seconds is not None] for line, times in took.items()}


async def measure(out: Path, data: Path) -> tuple[list[Conversation], dict[str, list[float]]]:
    port, token = free_port(), secrets.token_hex(16)
    with TemporaryDirectory() as records:
        environment = {
            "ANTESALA_SIP_LISTEN": f"127.0.0.1:{port}", "ANTESALA_MODEL": "house", "ANTESALA_TOKEN": token,
            "ANTESALA_DATABASE_URL": f"sqlite:///{records}/records.sqlite", "ANTESALA_CALLS_PER_NUMBER": "0",
        }  # fmt: skip
        async with opened(SERVER, out / "sip-server.log", **environment) as house:
            headers = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=house.base, headers=headers, timeout=20) as web:
                talks = [await converse(port, web, each, data, out) for each in CALLERS] if installed() else []
                return talks, await both_ways(house, port)


def run(reports: Path) -> int:
    """Prints a table and writes `sip.json`; the number of bars that were missed."""
    data = Settings.read().data
    reports.mkdir(parents=True, exist_ok=True)
    talks, took = asyncio.run(measure(reports, data))
    console = Console()
    if not talks:
        console.print("The conversations were left out: baresip is not installed (Debian: baresip-core).")
    if reason := why_not_natural(data):
        console.print(f"The natural voice cannot speak here, which Whisper hears the better: {reason}", markup=False)
    middle = {line: float(np.median(times)) if times else float("nan") for line, times in took.items()}
    later = middle["sip"] - middle["media"]
    rows = [(f"words misheard, {each.language}", f"{100 * each.misheard:.1f} %", each.misheard <= MISHEARD)
            for each in talks]  # fmt: skip
    rows += [(f"record, {each.language}", ", ".join(each.wrong) or "right", not each.wrong) for each in talks]
    rows += [
        (f"end of speech to reply over {line}, p50 of {len(times)}", f"{1000 * middle[line]:.0f} ms", True)
        for line, times in took.items()
    ]
    rows += [("later over SIP", f"{1000 * later:.0f} ms", later <= LATER_S)]
    table = Table("what", "measured", "holds")
    for what, measured, holds in rows:
        table.add_row(what, measured, "yes" if holds else "no")
    console.print(table)
    summary = {"conversations": [asdict(each) for each in talks], "seconds": took}
    (reports / "sip.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    return sum(not holds for _, _, holds in rows)
