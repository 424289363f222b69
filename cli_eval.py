"""`antesala eval`: how good the receptionist is, by scenarios."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from calls.errors import SettingsError
from cli_office import OfficeDir, err
from settings import Settings


def evaluate(
    reports: Annotated[Path, typer.Option("--out", help="Write eval.json and eval.html to this folder.")] = Path("out"),
    against: Annotated[Path | None, typer.Option(help="Compare with the eval.json of an earlier run.")] = None,
    only: Annotated[str, typer.Option(help="Only scenarios whose id holds this.")] = "",
    office: OfficeDir = None,
) -> None:
    """Plays every scenario three times by text, prints what failed and why, writes a report; fails under 90 %."""
    from evals.scenarios import load
    from evals.suite import run

    if against and not against.is_file():
        raise SettingsError(f"{against} is not there. Give the eval.json of an earlier run.")
    with (
        tempfile.TemporaryDirectory() as data,
        typer.progressbar(length=sum(only in each.id for each in load()), file=sys.stderr) as bar,
    ):
        settings = Settings.read(office=office, data=Path(data), voice="pyttsx3")
        missed = run(settings, reports, against, only, lambda: bar.update(1))
    if missed:
        err.print("Fewer than 90 % of the scenarios pass every time.", style="red")
        raise typer.Exit(1)
