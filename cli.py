"""The command line. Each command calls the part of the house that does it; heavy parts are loaded only then."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import aclosing, suppress
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from calls.errors import AntesalaError, SettingsError, WeightsError
from calls.words import Event, Language
from cli_eval import evaluate
from cli_init import init
from cli_keeping import backup, erase, export, key, receipt, restore
from cli_knowledge import knowledge
from cli_line import line
from cli_office import DataDir, Number, OfficeDir, Tongue, err, opening, out
from cli_people import log, token, user
from settings import PREFIX, Settings

if TYPE_CHECKING:
    from calls.ports import Office
    from house import OpenOffice


class Bench(StrEnum):
    """What can be measured, each by the module of its name in `evals`."""

    CAPACITY = "capacity"
    CLUSTER = "cluster"
    CRASH = "crash"
    DESK = "desk"
    EARS = "ears"
    FAULTS = "faults"
    FUZZ = "fuzz"
    GUARD = "guard"
    KNOWLEDGE = "knowledge"
    LATENCY = "latency"
    LINES = "lines"
    LOAD = "load"
    SIP = "sip"
    TURNS = "turns"
    VOICE = "voice"


app = typer.Typer(
    name="antesala",
    help="A voice receptionist for an executive's phone line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
models = typer.Typer(help="The weights of ears and voice.", no_args_is_help=True)
app.add_typer(models, name="models")
app.add_typer(knowledge, name="knowledge")
app.add_typer(line, name="line")
app.add_typer(user, name="users")
app.add_typer(token, name="token")
app.add_typer(log, name="audit")
app.add_typer(key, name="key")
app.command("eval")(evaluate)
app.command()(init)
for each in (export, erase, receipt, backup, restore):
    app.command()(each)

REHEARSE_S = 90.0


def main() -> None:
    """Runs the command; whatever goes wrong on purpose is one red message and exit code 2."""
    os.environ.setdefault("LOGURU_LEVEL", "WARNING")  # or pipecat greets at import
    try:
        app()
    except AntesalaError as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
        raise SystemExit(2) from None


@app.command()
def serve(
    office: OfficeDir = None,
    data: DataDir = None,
    offices: Annotated[Path | None, typer.Option(help="A folder of office folders: each is answered for.")] = None,
) -> None:
    """Answers calls: from the browser, over Twilio Media Streams, and in writing."""
    settings = Settings.read(office=office, data=data)
    if offices:
        from offices import open_offices

        asyncio.run(open_offices(offices, settings))
        return
    from server import serve

    serve(settings)


@app.command()
def call(
    text: Annotated[bool, typer.Option("--text", help="Type instead of speaking; #1 presses the key 1.")] = False,
    number: Number = None,
    language: Tongue = None,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Calls the receptionist with this machine's microphone and loudspeaker, or by typing."""
    settings = Settings.read(office=office, data=data)
    asyncio.run(_typed(settings, number, language) if text else _spoken(settings, number, language))


async def _typed(settings: Settings, number: str | None, language: Language | None) -> None:
    from calls.wire import Arrival
    from lines.typed import lines_of_stdin, type_call

    async with opening(settings) as house, aclosing(lines_of_stdin()) as lines:
        arrival = Arrival("text", number, language=language)
        await type_call(house.front.switchboard, lines, arrival, _shower(house.front.office))


async def _spoken(settings: Settings, number: str | None, language: Language | None) -> None:
    from calls.wire import Arrival
    from lines.microphone import Microphone, load_sounddevice

    load_sounddevice()
    async with opening(settings) as house:
        await house.converse(
            Microphone(), Arrival("microphone", number, language=language), _shower(house.front.office)
        )


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(help="A WAV or FLAC file: what the caller says.")],
    reply: Annotated[Path | None, typer.Option(help="Write what the receptionist says to this WAV file.")] = None,
    log: Annotated[Path | None, typer.Option(help="Write the whole call to this JSON file.")] = None,
    number: Number = None,
    language: Tongue = None,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Plays a recorded caller to the receptionist, in real time through the telephone path."""
    asyncio.run(_replayed(Settings.read(office=office, data=data), recording, reply, log, number, language))


async def _replayed(
    settings: Settings,
    recording: Path,
    reply: Path | None,
    log: Path | None,
    number: str | None,
    language: Language | None,
) -> None:
    from calls.wire import Arrival
    from lines.replay import Recording, load

    wire = Recording(load(recording))

    async with opening(settings) as house:
        await _rehearsed(house)
        row = await house.converse(wire, Arrival("replay", number, language=language), _shower(house.front.office))
        if log:
            _write(log, json.dumps(await house.store.call(row.id), ensure_ascii=False, indent=2))
        if reply:
            wire.save(reply)


async def _rehearsed(house: OpenOffice) -> None:
    """Gives the natural voice some time to make ready what it will often say, so that it never has to be waited for."""
    from server import often_said

    with Progress(console=err, transient=True) as progress, suppress(TimeoutError):
        task = progress.add_task("The voice rehearses what it will often say")
        async with asyncio.timeout(REHEARSE_S):
            await house.sound.voice.prepare(
                often_said(house.front), lambda done, total: progress.update(task, completed=done, total=total)
            )


@app.command()
def doctor(office: OfficeDir = None, data: DataDir = None) -> None:
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
def list_models(office: OfficeDir = None, data: DataDir = None) -> None:
    """Lists the models that can be had, and where those are that are here."""
    from audio.ears.models import listing
    from audio.voice.kokoro_weights import MODEL, why_not_natural

    folder = Settings.read(office=office, data=data).data
    rows = [(model.name, model.where) for model in listing(folder)]
    for name, where in [*rows, ("kokoro", None if why_not_natural(folder) else MODEL.target(folder))]:
        out.print(f"{name:24} {where or 'not here'}", soft_wrap=True)


@models.command("fetch")
def fetch_models(
    name: Annotated[str, typer.Argument(help="`default`, or one that `antesala models list` names.")] = "default",
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Makes a model ready: checked, and written into the data folder once."""
    from audio.ears import models as ears
    from audio.voice import kokoro_weights as kokoro
    from audio.weights import bar

    folder = Settings.read(office=office, data=data).data
    with bar() as report:
        if name != "kokoro":
            out.print(f"Ready: {ears.fetch('whisper:base' if name == 'default' else name, folder, report)}")
        if name == "kokoro" or (name == "default" and find_spec("kokoro_onnx")):
            try:
                kokoro.fetch(folder, report)
                out.print(f"Ready: {kokoro.MODEL.target(folder)}")
            except WeightsError as error:
                if name != "default":
                    raise
                err.print(f"The natural voice is left out. {error}", style="yellow", markup=False, soft_wrap=True)


@app.command()
def bench(
    names: Annotated[list[Bench] | None, typer.Argument(help="What to measure; else everything.")] = None,
    reports: Annotated[Path, typer.Option("--out", help="Write reports and plots to this folder.")] = Path("out"),
    minutes: Annotated[float, typer.Option(help="For how long `desk` has twenty calls on its page.")] = 5.0,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Measures, prints tables, writes reports; fails when a figure misses its bar."""
    settings = Settings.read(office=office, data=data)
    os.environ |= {f"{PREFIX}OFFICE": str(settings.office), f"{PREFIX}DATA": str(settings.data)}
    missed = [name for name in names or Bench if not _holds(name, reports, settings, minutes)]
    if missed:
        err.print(f"Bars were missed: {', '.join(missed)}.", style="red")
        raise typer.Exit(1)


def _holds(name: Bench, reports: Path, settings: Settings, minutes: float) -> bool:
    """Measures one thing; whether every bar holds."""
    if name is Bench.EARS:
        from evals import ears
        from evals.speech import SHARED

        return not SHARED.is_dir() or ears.run(SHARED, reports, settings.data).holds
    if name is Bench.DESK:
        from evals import desk

        return desk.run(reports, minutes) == 0
    missed: int = import_module(f"evals.{name}").run(reports)
    return missed == 0


def _shower(office: Office) -> Callable[[Event], None]:
    """Prints each event of a call as it happens."""
    from console.terminal import shown

    name = office.knowledge.policy.receptionist.name

    def show(event: Event) -> None:
        if line := shown(event, name):
            out.print(line, soft_wrap=True)

    return show


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} could not be written ({error.strerror}). Give another place.") from None


if __name__ == "__main__":
    main()
