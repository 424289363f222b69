"""`antesala replay` and what is no recording: one clear line, exit code 2, before anything heavy is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from lines.replay import RecordingError
from tests.lines.test_replay import wav_header


def said_by(tmp_path: Path, *words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.argv", ["antesala", "replay", *words, "--data", str(tmp_path / "data")])
    with pytest.raises(SystemExit) as left:
        cli.main()
    told = capsys.readouterr()
    assert left.value.code == 2 and told.out == "" and "Traceback" not in told.err
    return " ".join(told.err.split())


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("text.wav", b"hola\n" * 100, "Convert it to WAV or FLAC."),
        ("empty.wav", b"", "Convert it to WAV or FLAC."),
        ("noise.mp3", b"\x00\x01\x02" * 999, "Convert it to WAV or FLAC."),
        ("silent.wav", wav_header(0), "it holds no sound. Record it again."),
        ("missing.wav", None, "there is no such file. Give the path of a WAV or FLAC recording."),
    ],
)
def test_the_file_and_the_mend_are_named(tmp_path: Path, name, content, why, capsys, monkeypatch):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    said = said_by(tmp_path, str(tmp_path / name), capsys=capsys, monkeypatch=monkeypatch)
    assert str(tmp_path / name) in said and said.endswith(why)


def test_a_folder_and_three_hours_are_refused(tmp_path: Path, capsys, monkeypatch):
    assert "this is no file" in said_by(tmp_path, str(tmp_path), capsys=capsys, monkeypatch=monkeypatch)
    with (tmp_path / "long.wav").open("wb") as file:
        file.write(wav_header(3 * 3600))
        file.truncate(44 + 3 * 3600 * 16_000)
    long = str(tmp_path / "long.wav")
    assert "180 minutes" in said_by(tmp_path, long, capsys=capsys, monkeypatch=monkeypatch)


def test_a_refusal_is_one_of_ours():
    done = CliRunner().invoke(cli.app, ["replay", "/nowhere/at/all.wav"])
    assert isinstance(done.exception, RecordingError)
