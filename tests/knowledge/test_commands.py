"""`antesala knowledge ...` as somebody types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from calls.errors import OfficeError
from cli import app
from tests.knowledge.quick import write_office


def typed(tmp_path: Path, *words: str) -> str:
    """What the command prints; what it raises on purpose is raised here too."""
    office = tmp_path / "office"
    if not office.exists():
        write_office(office)
    result = CliRunner().invoke(app, ["knowledge", *words, "--office", str(office), "--data", str(tmp_path)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_what_is_on_file_is_listed_and_written_out(tmp_path: Path) -> None:
    assert "parking" in typed(tmp_path, "list")
    typed(tmp_path, "export", str(tmp_path / "p.csv"))
    assert "entrada norte" in (tmp_path / "p.csv").read_text()
    typed(tmp_path, "export", str(tmp_path / "c.vcf"))
    assert "FN:Luis Prieto" in (tmp_path / "c.vcf").read_text()


def test_a_broken_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,text_es\nx,Tiene cáncer.\n")
    with pytest.raises(OfficeError, match=r"p\.csv, line 2.*health"):
        typed(tmp_path, "import", str(tmp_path / "p.csv"))
    assert " x " not in typed(tmp_path, "list")


@pytest.mark.slow
def test_an_import_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,text_es\ncoats,El guardarropa está abajo.\n")
    assert "1 new or changed" in typed(tmp_path, "import", str(tmp_path / "p.csv"))
    assert "coats" in typed(tmp_path, "list")
    assert "1 taken back" in typed(tmp_path, "undo")
    assert "coats" not in typed(tmp_path, "list")
    assert "made anew" in typed(tmp_path, "reindex")
