"""`antesala init`: from answers to an office that has answered its first call."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from calls.errors import OfficeError
from cli import app
from knowledge.meeting import questions
from knowledge.office_folder import read_office

ANSWERS = """\
executive: Irene Salas
spoken: la doctora Salas
hours: lun-vie 9:00-14:00
answers: "¿Dónde están? = Estamos en la calle Mayor, 5."
"""


def init(tmp_path: Path, *more: str, typed: str = "") -> str:
    """What the command prints; what it raises on purpose is raised here too."""
    words = ["init", "--office", str(tmp_path / "office"), "--data", str(tmp_path), "--language", "es", *more]
    result = CliRunner().invoke(app, words, input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_answers_become_an_office_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTESALA_MODEL", "house")
    (tmp_path / "answers.yaml").write_text(ANSWERS)
    told = init(tmp_path, "--answers", str(tmp_path / "answers.yaml"))
    assert "Despacho de la doctora Salas. Le atiende Clara, asistente de inteligencia artificial." in told
    assert "> ¿A qué hora abren?" in told
    assert read_office(tmp_path / "office").policy.executive.name == "Irene Salas"
    with pytest.raises(OfficeError, match="office here already"):
        init(tmp_path)


def test_a_typed_answer_that_is_wrong_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_call(*_: object) -> None: ...

    monkeypatch.setattr("cli_office._first_call", no_call)
    monkeypatch.setenv("ANTESALA_MODEL", "house")
    answers = {"executive": "Irene Salas", "phone": "+34600111000", "pin": "12", "close": "Ana Ruiz, +34600222333\n"}
    typed = "".join(f"{answers.get(each.id, '')}\n" for each in questions("es")) + "481516\n"
    told = init(tmp_path, typed=typed)
    assert "1/15  ¿Cómo se llama usted?" in told and "PIN is not 4 to 8 digits" in told
    office = read_office(tmp_path / "office")
    assert [each.name for each in office.contacts] == ["Irene Salas", "Ana Ruiz"]


def test_answers_that_are_wrong_are_told(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text('executive: Irene Salas\npin: "12"\nphone: "+34600111000"\n')
    with pytest.raises(OfficeError, match="PIN is not 4 to 8 digits"):
        init(tmp_path, "--answers", str(tmp_path / "answers.yaml"))
    assert not (tmp_path / "office").exists()
