"""The command line, as a person meets it: in a process of its own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loops import ROOT


def antesala(*words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTESALA_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        input=typed,
        env=kept | {"COLUMNS": "200", "ANTESALA_MODEL": "house"} | environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def fails(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that went wrong on purpose says."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and done.stdout.strip() == ""
    return " ".join(done.stderr.split())


def test_help_names_every_command() -> None:
    done = antesala("--help")
    assert done.returncode == 0
    for name in ("serve", "call", "replay", "knowledge", "models", "doctor", "bench"):
        assert name in done.stdout


def test_a_placeholder_is_one_clear_line() -> None:
    said = fails(antesala("doctor", ANTESALA_TOKEN="changeme"))
    assert said.startswith("ANTESALA_TOKEN: it is still a placeholder")


def test_an_unwritable_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = fails(antesala("doctor", "--data", str(tmp_path / "file" / "below")))
    assert "cannot be written to" in said and "--data" in said


def test_a_broken_office_is_named_with_file_line_and_mend(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text("executive: {name: Elena Vidal\n")
    said = fails(antesala("knowledge", "list", "--office", str(tmp_path), "--data", str(tmp_path / "data")))
    assert "voice.yaml, line" in said


def test_the_sample_office_is_listed(tmp_path: Path) -> None:
    done = antesala("knowledge", "list", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for word in ("anyone", "trusted", "inner", "nobody", "redirect", "take_message"):
        assert word in done.stdout


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    said = fails(antesala("models", "fetch", "whisper:huge", "--data", str(tmp_path)))
    assert "'whisper:huge'" in said and "whisper:small" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.wav", None),
        ("empty.wav", b""),
        ("text.wav", b"hola, soy un texto\n"),
        ("noise.wav", bytes(range(256)) * 9),
    ],
)
def test_what_is_no_recording_is_refused_at_once(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    said = fails(antesala("replay", str(tmp_path / name), "--data", str(tmp_path / "data")))
    assert name in said


@pytest.mark.slow
def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = fails(antesala("serve", "--data", str(tmp_path), ANTESALA_PORT=port))
    assert f"127.0.0.1:{port} cannot be listened on" in said and "ANTESALA_PORT" in said


@pytest.mark.slow
def test_a_call_in_writing(tmp_path: Path) -> None:
    done = antesala("call", "--text", "--data", str(tmp_path), typed="Buenos días, soy Ana Gil.\nNada más, adiós.\n")
    assert done.returncode == 0, done.stderr
    assert "Clara, su asistente" in done.stdout
    assert "caller  Buenos días, soy Ana Gil." in done.stdout
    assert "hung up by" in done.stdout


@pytest.mark.slow
def test_the_sandbox_answers_and_keeps_nothing(tmp_path: Path) -> None:
    done = antesala("knowledge", "ask", "Soy periodista, ¿con quién hablo?", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "recalls" in done.stdout and "Clara" in done.stdout


@pytest.mark.slow
def test_the_doctor_finds_the_house_well() -> None:
    done = antesala("doctor")
    assert done.returncode == 0, done.stdout
    assert "missing" not in done.stdout.replace("is missing", "")
