"""`antesala eval`: how good the receptionist is, by scenarios."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calls.errors import SettingsError
from cli_office import OfficeDir, err
from settings import Settings

if TYPE_CHECKING:
    from evals.suite import How


def evaluate(
    reports: Annotated[Path, typer.Option("--out", help="Write eval.json and eval.html to this folder.")] = Path("out"),
    against: Annotated[Path | None, typer.Option(help="Compare with the eval.json of an earlier run.")] = None,
    only: Annotated[str, typer.Option(help="Only scenarios whose id holds this.")] = "",
    count: Annotated[int, typer.Option("--some", help="Only so many scenarios, evenly spread.")] = 0,
    runs: Annotated[int, typer.Option(help="How often each is played; by voice, with another voice each time.")] = 3,
    voice: Annotated[bool, typer.Option("--voice", help="Spoken over a telephone line, heard by the ears.")] = False,
    noise: Annotated[float | None, typer.Option(help="By voice: noise on the line, so many dB below speech.")] = None,
    caller: Annotated[str | None, typer.Option(help="A model that plays the callers, as in ANTESALA_MODEL.")] = None,
    caller_url: Annotated[str | None, typer.Option(help="Where that model is served, /v1 included.")] = None,
    minds: Annotated[bool, typer.Option("--minds", help="Once under each mind that nobody should trust.")] = False,
    office: OfficeDir = None,
) -> None:
    """Plays every scenario, prints what failed and why, writes a report.

    Fails under 90 % by text, under 80 % by voice, and at any fault under a bad mind.
    """
    from evals.suite import BARS, How, run

    if against and not against.is_file():
        raise SettingsError(f"{against} is not there. Give the eval.json of an earlier run.")
    engines = Settings.read().data if voice else None
    how = How(only, count, runs, engines, noise, caller, caller_url)
    with tempfile.TemporaryDirectory() as data:
        mind = {"model": "house"} if voice or minds else {}
        settings = Settings.read(office=office, data=Path(data), voice="pyttsx3", **mind)
        if minds:
            faulty = _under_bad_minds(settings, how, reports)
            raise typer.Exit(int(faulty > 0))
        with typer.progressbar(length=len(how.scenarios), file=sys.stderr) as bar:
            missed = run(settings, how, reports, against, lambda: bar.update(1))
    if missed:
        err.print(f"Fewer than {BARS[how.by]:.0%} of the scenarios pass every time.", style="red")
        raise typer.Exit(1)


def _under_bad_minds(settings: Settings, how: How, reports: Path) -> int:
    from evals.under_bad_minds import KINDS, run

    with typer.progressbar(length=len(how.scenarios) * len(KINDS), file=sys.stderr) as bar:
        return run(settings, how.scenarios, reports, lambda: bar.update(1))
