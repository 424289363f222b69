"""The sample caller's recorded call, played through everything, as `make run` does: on record, and understood."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from audio.ears import open_ears
from audio.ears.mel import RATE
from audio.voice.kokoro_weights import why_not_natural
from calls.words import Language
from evals.voice import BARS, plain
from settings import Settings
from tests.loops import ROOT

DATA = Settings.read().data
PAUSE_S = 0.4
"""Sentences of the reply lie at least so far apart."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


async def replayed(language: Language, folder: Path) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """The call's record and the receptionist's side of it at 8 kHz."""
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
    sound, rate = soundfile.read(reply, dtype="float32")
    assert rate == 8000
    return json.loads(log.read_text()), sound


async def understood(sound: NDArray[np.float32], language: Language) -> str:
    """What Whisper base hears, stretch of speech by stretch."""
    ears = open_ears(data_dir=DATA)
    try:
        heard = [
            await ears.hear(
                soxr.resample(piece, 8000, RATE).astype(np.float32), languages=(language,), current=language
            )
            for piece in stretches(sound)
        ]
    finally:
        await ears.close()
    return " ".join(each.text for each in heard)


def stretches(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Sound between pauses of PAUSE_S."""
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    loud = np.sqrt((frames**2).mean(axis=1)) > 0.01
    near = np.convolve(loud, np.ones(int(PAUSE_S * 50)), "same") > 0
    runs = [[at for at, _ in run] for is_near, run in groupby(enumerate(near), lambda each: bool(each[1])) if is_near]
    return [frames[run[0] : run[-1] + 1].ravel() for run in runs]


@pytest.mark.parametrize("language", ["es"])
async def test_the_sample_call_is_on_record_and_its_reply_is_understood(language: Language, tmp_path: Path) -> None:
    call, sound = await replayed(language, tmp_path)
    events = call["events"]
    kinds = [event["kind"] for event in events]
    assert {"greeted", "heard", "said", "message", "promise"} <= set(kinds) and call["state"] == "closed"
    if reason := why_not_natural(DATA):
        pytest.skip(f"the natural voice cannot speak here: {reason}")
    if any(event["kind"] == "failed" and event["engine"] == "voice" for event in events):
        pytest.skip("the machine was too busy for the natural voice: pyttsx3 stood in")
    said = " ".join(
        event.get("heard_text") or event["text"] for event in events if event["kind"] in ("greeted", "said")
    )
    heard = await understood(sound, language)
    (tmp_path / "heard.txt").write_text(f"{said}\n{heard}\n")
    assert jiwer.wer(plain(said), plain(heard)) < BARS[language], f"{plain(said)}\n{plain(heard)}"
