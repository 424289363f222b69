"""Somebody else's telephone, Debian's baresip, rings ours: every codec, encrypted too, held and taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from calls.wire import FRAME_S, Pcm, Wire
from evals.baresip_peer import BaresipPeer, baresip, installed
from evals.lines import alike, chirp
from tests.lines.doors import Answerer, until

pytest.importorskip("baresip", reason="the extra `sip` is not installed")
from tests.lines.test_sip import Line, listening  # isort: split

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="baresip is not installed (Debian: baresip-core)"),
]
CODECS = {"pcmu": 8000, "pcma": 8000, "g722/16000/1": 16_000}
"""And the rate of the sound that the house is given."""
PIECE = chirp()[1600:4800]


def narrow(pcm: Pcm, rate: int) -> Pcm:
    return np.asarray(soxr.resample(pcm, rate, 8000), np.int16)


TIMES = 15
"""A busy machine may tear one chirp, or two."""


async def chirps(wire: Wire) -> None:
    """Says what is like itself nowhere but in its place."""
    sound = np.asarray(soxr.resample(np.tile(chirp(), TIMES), 8000, wire.rate), np.int16)
    for frame in np.split(sound, round(TIMES / FRAME_S)):
        await wire.send(frame)


def heard_by_the_house(line: Line, rate: int) -> float:
    """How like our chirp it is."""
    return alike(narrow(np.concatenate([np.zeros(rate, np.int16), *line.answerer.heard])[-2 * rate :], rate), PIECE)


async def carried(line: Line, phone: BaresipPeer, rate: int) -> None:
    """Returns once both have heard what the other says."""
    await phone.say(np.asarray(soxr.resample(np.tile(chirp(), TIMES), 8000, rate), np.int16))
    await until(lambda: heard_by_the_house(line, rate) > 0.97)
    await until(
        lambda: alike(np.concatenate([np.zeros(8000, np.int16), narrow(*phone.heard())])[-16_000:], PIECE) > 0.97
    )


@pytest.mark.parametrize("secret", ["", ";mediaenc=srtp-mand"], ids=["plain", "srtp"])
@pytest.mark.parametrize("codec", CODECS)
async def test_sound_is_carried_both_ways(codec: str, secret: str, tmp_path: Path):
    async with listening(Answerer(manner=chirps)) as line, baresip(
        tmp_path, f"sip:+34600111222@127.0.0.1;audio_codecs={codec}{secret}", CODECS[codec]
    ) as phone:  # fmt: skip
        await phone.dial(f"sip:reception@127.0.0.1:{line.port}")
        await carried(line, phone, CODECS[codec])
        await phone.tell("hangup")
        await line.answerer.until_closed()
        assert line.answerer.arrivals[0].number == "+34600111222"


async def test_who_is_held_and_taken_back_is_still_heard(tmp_path: Path):
    async with listening(Answerer(manner=chirps)) as line, baresip(tmp_path) as phone:
        await phone.dial(f"sip:reception@127.0.0.1:{line.port}")
        await carried(line, phone, 8000)
        for times, what in ((2, "hold"), (3, "resume")):
            await phone.tell(what)
            await phone.happens("CALL_REMOTE_SDP", times)
        line.answerer.heard.clear()
        await phone.say(np.tile(chirp(), TIMES))
        await until(lambda: heard_by_the_house(line, 8000) > 0.97)
        assert line.answerer.open == 1
