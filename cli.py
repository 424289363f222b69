"""The command line. Each command calls the part of the house that does it; heavy parts are loaded only then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import AntesalaError
from settings import Settings

app = typer.Typer(
    name="antesala",
    help="A voice receptionist for an executive's phone line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
models = typer.Typer(help="The weights of the ears and the voice.", no_args_is_help=True)
app.add_typer(models, name="models")

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Office = Annotated[Path | None, typer.Option(help="The office folder; else ANTESALA_OFFICE, ./office, the sample.")]
Data = Annotated[Path | None, typer.Option(help="The data folder; else ANTESALA_DATA, the user's own.")]


def main() -> None:
    """Runs the command; whatever goes wrong on purpose is one red message and exit code 2."""
    try:
        app()
    except AntesalaError as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
        raise SystemExit(2) from None


@app.command()
def doctor(office: Office = None, data: Data = None) -> None:
    """Looks at every part and says what is missing and how to mend it."""
    from doctor import examine

    table = Table("", "part", "", box=None, pad_edge=False)
    with err.status("Looking at every part..."):
        findings = examine(Settings.read(office=office, data=data))
    for finding in findings:
        sign = "[green]ok[/]" if finding.well else "[red]missing[/]" if finding.part.needed else "[yellow]optional[/]"
        table.add_row(sign, finding.part.name, finding.found)
    out.print(table)
    if any(finding.part.needed and not finding.well for finding in findings):
        raise typer.Exit(1)


@models.command("list")
def list_models(office: Office = None, data: Data = None) -> None:
    """Lists the models that can be had, and where those are that are here."""
    from audio.ears.models import listing

    for model in listing(Settings.read(office=office, data=data).data):
        out.print(f"{model.name:24} {model.where or 'not here'}")


@models.command("fetch")
def fetch_models(
    name: Annotated[str, typer.Argument(help="`default`, or one that `antesala models list` names.")] = "default",
    office: Office = None,
    data: Data = None,
) -> None:
    """Makes a model ready: checked, and written into the data folder once."""
    from audio.ears.models import fetch
    from audio.weights import bar

    folder = Settings.read(office=office, data=data).data
    with bar() as report:
        for each in ["whisper:base"] if name == "default" else [name]:
            where = fetch(each, folder, report)
            out.print(f"{each:24} {where}")


if __name__ == "__main__":
    main()
