"""Recordings: none where nobody agreed, both sides apart where somebody did, and whatever a crash leaves of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.reception import Reception
from audio.recording import Recorder, mend
from calls.bridge import Bridge
from calls.switchboard import Switchboard
from calls.wire import Arrival
from calls.words import CallRow, Event, Failed, Recording, Said
from tests.audio.tones import Language_of_tones, Telephone, sound
from tests.doubles import POLICY, MemoryRecords, SmallKnowledge, office

pytestmark = pytest.mark.virtual_time

ASKED_BY = 9.5
"""Greeting and question have been heard by then."""


def files(data: Path) -> list[str]:
    return sorted(each.name for each in data.rglob("*") if each.is_file())


async def rings(data: Path, says: list[tuple[float, str, float]], wanted: str = "ask", until: float = 22) -> tuple[
    CallRow, MemoryRecords, Language_of_tones, list[list[str]]
]:  # fmt: skip
    """One call; also what was on disk at each event of it."""
    tones, records, on_disk = Language_of_tones(), MemoryRecords(), []
    house = office(records=records, knowledge=SmallKnowledge(replace(POLICY, recording=wanted)))
    reception = Reception(
        Switchboard(house, house.desk, most=1), sound(tones), lambda stages: None, data / "recordings"
    )

    def watch(event: Event) -> None:
        on_disk.append(files(data))

    row = await reception(Bridge(Telephone(tones, says, until)), Arrival("test"), watch)
    return row, records, tones, on_disk


YES, NO, BUSINESS = (12.0, "Sí, claro.", 0.8), (12.0, "No, gracias.", 0.8), (16.0, "¿Está la señora Vidal?", 1.0)


async def test_an_office_that_records_nothing_asks_nothing_and_keeps_no_sound(tmp_path: Path):
    row, records, _, on_disk = await rings(tmp_path, [YES, BUSINESS], wanted="off")
    assert not any(on_disk) and files(tmp_path) == []
    assert not [event for event in records.events[row.id] if isinstance(event.body, Recording)]
    assert "[recording_question]" not in [
        event.body.text for event in records.events[row.id] if isinstance(event.body, Said)
    ]


@pytest.mark.parametrize("answer", [[NO], []])
async def test_who_does_not_agree_is_not_recorded(tmp_path: Path, answer: list[tuple[float, str, float]]):
    row, records, _, on_disk = await rings(tmp_path, [*answer, BUSINESS])
    assert not any(on_disk) and files(tmp_path) == []
    states = [event.body.state for event in records.events[row.id] if isinstance(event.body, Recording)]
    assert states == ["asked", "refused"]


async def test_who_agrees_is_recorded_with_both_sides_apart_and_in_their_place(tmp_path: Path):
    row, records, tones, on_disk = await rings(tmp_path, [YES, BUSINESS])
    assert not any("." in name for shown in on_disk[:4] for name in shown), "nothing before the yes"
    assert any(f"{row.id}.8000.part" in shown for shown in on_disk), "written as the call goes"
    assert files(tmp_path) == [f"{row.id}.flac"]
    kept, rate = soundfile.read(tmp_path / "recordings" / f"{row.id}.flac", dtype="int16")
    assert rate == 8000 and kept.shape[1] == 2
    began = next(
        event.body.began for event in records.events[row.id]
        if isinstance(event.body, Recording) and event.body.state == "agreed"
    )  # fmt: skip
    caller, house = kept.T
    (spoken,) = np.nonzero(np.abs(caller) > 4000)
    assert abs(spoken[0] / rate - (BUSINESS[0] - began)) < 0.15, "where it was said"
    assert tones.understand(caller / 32768, rate) == BUSINESS[1]
    said = [event for event in records.events[row.id] if isinstance(event.body, Said)]
    answered = (said[-1].at - row.started).total_seconds() - began
    voiced = np.nonzero(np.abs(house) > 1000)[0] / rate
    assert abs(voiced[voiced > spoken[0] / rate][0] - answered) < 0.4
    assert not np.any((np.abs(house) > 1000) & (np.abs(caller) > 4000)), "neither side is on the other's track"


async def test_a_crash_costs_only_what_was_not_yet_written(tmp_path: Path):
    recorder, loop = Recorder(tmp_path, "c1", 8000), asyncio.get_running_loop()
    recorder.start()
    began = loop.time()
    for n in range(150):
        recorder.caller(np.full(160, 5000, np.int16))
        recorder.house(np.full(160, n, np.int16))
        await asyncio.sleep(began + (n + 1) * 0.02 - loop.time())
    part, crashed = tmp_path / "c1.8000.part", tmp_path / "crashed.8000.part"
    crashed.write_bytes(part.read_bytes()[:-3])
    await recorder.discard()
    mend(tmp_path)
    assert files(tmp_path) == ["crashed.flac"]
    kept, _ = soundfile.read(tmp_path / "crashed.flac", dtype="int16")
    assert 2.0 * 8000 < len(kept) <= 3.0 * 8000 and (kept[:16000, 0] == 5000).all()


async def test_what_a_barge_in_took_back_was_not_heard(tmp_path: Path):
    recorder = Recorder(tmp_path, "c1", 8000)
    recorder.start()
    recorder.house(np.full(800, 700, np.int16))
    await asyncio.sleep(0.04)
    recorder.clear()
    recorder.caller(np.full(160, 5000, np.int16))
    await asyncio.sleep(1.0)
    await recorder.finish()
    kept, _ = soundfile.read(tmp_path / "c1.flac", dtype="int16")
    assert 300 <= np.count_nonzero(kept[:, 1]) <= 330


async def test_a_full_disk_costs_the_recording_and_nothing_else(tmp_path: Path):
    told: list[str] = []
    (tmp_path / "recordings").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path / "recordings", "c1", 8000, told.append)
    recorder.start()
    for _ in range(100):
        recorder.caller(np.zeros(160, np.int16))
        await asyncio.sleep(0.02)
    await recorder.finish()
    assert len(told) == 1 and Failed("recording", told[0], "none").error


def test_a_call_that_was_cut_off_at_once_leaves_nothing(tmp_path: Path):
    (tmp_path / "c1.16000.part").write_bytes(b"")
    mend(tmp_path)
    assert files(tmp_path) == []
