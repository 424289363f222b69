"""What every pair of ears keeps to, on real weights."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from audio.ears import Ears, Transcript, open_ears
from audio.ears.doubt import plain
from audio.ears.mel import RATE
from audio.ears.models import checkpoint, fast_installed, fetch, listing
from calls.errors import WeightsError
from calls.words import LANGUAGES, Language
from tests.loops import ROOT

pytestmark = pytest.mark.slow

CALLERS = ROOT / "evals" / "callers"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(params=["whisper", "fast"])
async def ears(request: pytest.FixtureRequest, data: Path) -> AsyncIterator[Ears]:
    if request.param == "fast" and not fast_installed():
        pytest.skip("the extra `fast` is not installed")
    opened = open_ears(request.param, data_dir=data)
    yield opened
    await opened.close()


def _sound(folder: Path, file: str) -> NDArray[np.float32]:
    pcm, _rate = soundfile.read(folder / file, dtype="float32")
    return np.asarray(pcm, np.float32)


async def _hear(ears: Ears, pcm: NDArray[np.float32], current: Language, *hints: str) -> Transcript:
    return await ears.hear(pcm, languages=LANGUAGES, current=current, hints=hints)


async def test_a_caller_is_heard_in_either_language(ears: Ears, shared_audio: Path) -> None:
    await ears.warm()
    spanish = _sound(shared_audio, "es_ivr_confbridge-lock-no-join.flac")
    english = _sound(shared_audio, "en_wuw_00182_006.flac")
    for pcm, current, language, words in (
        (spanish, "es", "es", "la conferencia esta actualmente bloqueada y no se puede ingresar"),
        (spanish, "en", "es", "la conferencia esta actualmente bloqueada y no se puede ingresar"),
        (english, "es", "en", "i need to speak to the operator"),
    ):
        heard = await _hear(ears, pcm, current)
        assert plain(heard.text) == words
        assert heard.language == language
        assert heard.confidence > 0.7 and heard.no_speech < 0.2
        assert heard.odds[heard.language] > 0.9 and sum(heard.odds.values()) == pytest.approx(1.0)


async def test_a_short_yes_or_no_is_heard_and_changes_no_language(ears: Ears, shared_audio: Path) -> None:
    for file, word in (("en_an4_an22-flrp-b.flac", "yes"), ("en_an4_an90-fbbh-b.flac", "no")):
        pcm = _sound(shared_audio, file)
        assert plain((await _hear(ears, pcm, "en")).text) == word
        assert (await _hear(ears, pcm, "es")).language == "es"


async def test_what_was_expected_saves_time_and_changes_no_word(ears: Ears) -> None:
    narrow, rate = soundfile.read(CALLERS / "message_es.wav", dtype="float32")
    spoken = np.flatnonzero(np.abs(narrow) > 0.05)[0]
    pcm = soxr.resample(narrow[spoken : spoken + 4 * rate], rate, RATE)
    said = (await ears.hear(pcm, languages=("es",), current="es")).text
    words = said.split()
    assert len(words) > 4
    elsewhere = " ".join([*words[:2], "quizá", *words[3:]])
    for expected in (said, " ".join(words[:-2]), elsewhere, "Esto no lo ha dicho nadie.", f"{said} Y algo más."):
        heard = await ears.hear(pcm, languages=("es",), current="es", expected=expected)
        assert heard.text == said


async def test_four_callers_at_once_are_each_heard(ears: Ears, shared_audio: Path) -> None:
    files = ["en_an4_an90-fbbh-b.flac", "en_wuw_00182_006.flac", "es_ivr_vm-msgsaved.flac", "en_wuw_00039_006.flac"]
    heard = await asyncio.gather(*(_hear(ears, _sound(shared_audio, file), "en") for file in files))
    assert [each.text.split()[-1].strip(".").lower() for each in heard] == ["no", "operator", "guardado", "operator"]


@pytest.mark.parametrize("hints", [(), ("Elena Vidal", "Marta Ríos", "Luis Prieto", "Vidal Robotics")])
async def test_nothing_is_heard_where_nobody_speaks(ears: Ears, hints: tuple[str, ...]) -> None:
    noise = np.random.default_rng(3)
    time = np.arange(3 * RATE) / RATE
    sounds = (
        np.zeros(RATE),
        noise.normal(0, 0.01, 2 * RATE),
        np.cumsum(noise.normal(0, 0.002, 3 * RATE)) * 0.05,
        0.2 * np.sin(2 * np.pi * 425 * time),
        0.1 * (np.sin(2 * np.pi * 941 * time) + np.sin(2 * np.pi * 1336 * time)),
        0.1 * np.sin(2 * np.pi * 50 * time) + noise.normal(0, 0.003, len(time)),
    )
    for pcm, language in zip(sounds, cycle(LANGUAGES), strict=False):
        heard = await _hear(ears, pcm.astype(np.float32), language, *hints)
        assert heard.text == ""
        assert heard.language == language


async def test_nobody_is_kept_waiting_by_who_has_gone(ears: Ears, shared_audio: Path) -> None:
    pcm = _sound(shared_audio, "en_wuw_00182_006.flac")
    gone = [asyncio.create_task(_hear(ears, pcm, "en")) for _ in range(20)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    assert (await _hear(ears, pcm, "en")).text
    assert all(isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*gone, return_exceptions=True))


def test_a_damaged_checkpoint_is_made_again(data: Path) -> None:
    file = checkpoint(data)
    sound = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(file.read_bytes()[:1000])
    assert checkpoint(data) == file
    assert file.with_suffix(".sha256").read_text() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(sound) == 64


def test_models_are_listed_and_an_absent_one_says_how_to_get_it(data: Path) -> None:
    assert fetch("whisper:base", data).is_file()
    where = {row.name: row.where for row in listing(data)}
    assert where["whisper:base"] and not where["whisper:small"]
    with pytest.raises(WeightsError, match="antesala models fetch whisper:small"):
        checkpoint(data, "small")
    with pytest.raises(WeightsError, match="no model 'whisper:huge'"):
        fetch("whisper:huge", data)


def test_without_internet_a_fetch_says_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: object, **_options: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(WeightsError, match=r"whisper:tiny could not be downloaded.*internet"):
        fetch("whisper:tiny", data)
