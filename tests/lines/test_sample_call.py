"""The sample caller's recorded call, played through everything, as `make run` does: on record, and understood."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import jiwer
import pytest
import soundfile

from audio.ears.models import ct2_folder, fast_installed
from audio.voice.kokoro_weights import why_not_natural
from calls.words import Language
from evals.voice import plain
from settings import Settings
from tests.loops import ROOT

DATA = Settings.read().data
MISHEARD = 0.2
"""One call is some 80 words, of which a few names are misheard; `antesala bench voice` measures on more."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


async def replayed(language: Language, folder: Path) -> tuple[dict[str, Any], Path]:
    """The call's record, and the file with the receptionist's side of it."""
    (folder / "data").mkdir()
    for kept in ("weights", "voice"):
        if (DATA / kept).is_dir():
            (folder / "data" / kept).symlink_to(DATA / kept)
    reply, log = folder / "reply.wav", folder / "call.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "replay", str(ROOT / f"evals/callers/message_{language}.wav"),
        "--number", "+34600111222", "--language", language, "--reply", str(reply), "--log", str(log),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"ANTESALA_DATA": str(folder / "data"), "ANTESALA_MODEL": "house"},
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    assert soundfile.info(reply).samplerate == 8000
    return json.loads(log.read_text()), reply


def understood(reply: Path, language: Language) -> str:
    """What stock Whisper base hears."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(ct2_folder(DATA)), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(str(reply), language=language)
    return " ".join(segment.text for segment in segments)


@pytest.mark.parametrize("language", ["es"])
async def test_the_sample_call_is_on_record_and_its_reply_is_understood(language: Language, tmp_path: Path) -> None:
    call, reply = await replayed(language, tmp_path)
    events = call["events"]
    kinds = [event["kind"] for event in events]
    assert {"greeted", "heard", "said", "message", "promise"} <= set(kinds) and call["state"] == "closed"
    if reason := why_not_natural(DATA):
        pytest.skip(f"the natural voice cannot speak here: {reason}")
    if not fast_installed():
        pytest.skip("the extra `fast` is not installed")
    if any(event["kind"] == "failed" and event["engine"] == "voice" for event in events):
        pytest.skip("the machine was too busy for the natural voice: pyttsx3 stood in")
    said = " ".join(
        event.get("heard_text") or event["text"] for event in events if event["kind"] in ("greeted", "said")
    )
    heard = await asyncio.to_thread(understood, reply, language)
    assert jiwer.wer(plain(said), plain(heard)) < MISHEARD, f"{plain(said)}\n{plain(heard)}"
