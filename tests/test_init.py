"""`antesala init`: from answers to an office that has answered its first call."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

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

    monkeypatch.setattr("cli_init._first_call", no_call)
    monkeypatch.setenv("ANTESALA_MODEL", "house")
    answers = {"executive": "Irene Salas", "phone": "+34600111000", "pin": "12", "close": "Ana Ruiz, +34600222333\n"}
    typed = "".join(f"{answers.get(each.id, '')}\n" for each in questions("es")) + "481516\n"
    told = init(tmp_path, typed=typed)
    assert "1/15  ¿Cómo se llama usted?" in told and "PIN is not 4 to 8 digits" in told
    office = read_office(tmp_path / "office")
    assert [each.name for each in office.contacts] == ["Irene Salas", "Ana Ruiz"]


def test_the_questions_are_asked_out_loud_and_what_was_heard_can_be_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None: ...

    async def answer_to(question: str, language: str, wire: object, engines: object) -> str:
        asked.append(question)
        return next(heard.get(question, iter(())), "")

    @asynccontextmanager
    async def engines(settings: object) -> AsyncGenerator[SimpleNamespace]:
        yield SimpleNamespace(ears=SimpleNamespace(warm=nothing), voice=SimpleNamespace(warm=nothing))

    monkeypatch.setattr("cli_init._first_call", nothing)
    monkeypatch.setattr("audio.question.answer_to", answer_to)
    monkeypatch.setattr("engines.open_its_sound", engines)
    monkeypatch.setattr("lines.microphone.load_sounddevice", lambda: None)
    monkeypatch.setenv("ANTESALA_MODEL", "house")
    by_id = {each.id: each.text for each in questions("es")}
    asked: list[str] = []
    heard = {
        by_id["executive"]: iter(["Irene Salaz."]),
        by_id["hours"]: iter(["De lunes a viernes de nueve a dos."]),
        by_id["press"]: iter(["Prensa arroba salas punto es."]),
        by_id["never"]: iter(["Negociamos con Lumen."]),
        "¿Algo más?": iter(["No.", "Que vendemos la fábrica.", "No, nada más."]),
    }
    typed = {"executive": "Irene Salas\n", "hours": "\n\n", "never": "\n\n\n"}
    told = init(tmp_path, "--voice", typed="".join(typed.get(each, "\n") for each in by_id))
    assert "[Prensa arroba salas punto es]" in told, "what was heard is shown before it counts"
    assert by_id["pin"] not in asked, "nobody is made to say a PIN"
    office = read_office(tmp_path / "office")
    assert office.policy.executive.name == "Irene Salas"
    assert office.policy.hours.open[0] == ((9 * 60, 14 * 60),)
    texts = {each.text["es"] for each in office.preferences if "es" in each.text}
    assert {"Negociamos con Lumen.", "Que vendemos la fábrica."} <= texts
    assert any("prensa@salas.es" in each for each in texts)


def test_answers_that_are_wrong_are_told(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text('executive: Irene Salas\npin: "12"\nphone: "+34600111000"\n')
    with pytest.raises(OfficeError, match="PIN is not 4 to 8 digits"):
        init(tmp_path, "--answers", str(tmp_path / "answers.yaml"))
    assert not (tmp_path / "office").exists()
