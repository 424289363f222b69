"""What is kept, in the operator's hands: `antesala export`, `erase`, `receipt`, `backup`, `restore` and `key`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calls.errors import SettingsError
from calls.sealing import Keys, new_key
from cli_office import DataDir, OfficeDir, err, out
from settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

key = typer.Typer(help="The key that seals what is kept of calls.", no_args_is_help=True)

Whose = Annotated[str | None, typer.Argument(metavar="NUMBER", help="The number, as in +34600111222.")]
AlsoWhose = Annotated[str | None, typer.Option("--number", help="The same.", hidden=True)]


def export(
    number: Whose = None,
    also: AlsoWhose = None,
    data: DataDir = None,
    sound: Annotated[Path | None, typer.Option(help="A folder to copy the recordings to, to be played.")] = None,
) -> None:
    """Prints all that is on record of a number, as JSON."""
    from records.recordings import recorded
    from records.subject import gathered

    settings = Settings.read(data=data)
    with _records(settings) as engine, engine.connect() as connection:
        found = gathered(_number(number or also), connection)
    if heard := recorded(settings.data, (call["id"] for call in found.get("calls", ()))):
        found["recordings"] = [{"file": str(_playable(file, sound, settings.keys))} for file in heard]
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def erase(number: Whose = None, also: AlsoWhose = None, office: OfficeDir = None, data: DataDir = None) -> None:
    """Erases all that is on record of a number and prints a signed receipt. Stop `antesala serve` for it."""
    from knowledge.index import erase as forget_index
    from records.ahead import AHEAD, put_in_waiting
    from records.alone import alone
    from records.erasure import Erasures

    settings, whose = Settings.read(office=office, data=data), _number(number or also)
    with alone(settings.data), _records(settings) as engine:
        put_in_waiting(settings.data / AHEAD, engine, settings.keys)
        receipt = Erasures(settings.data).erase(whose, engine, datetime.now(UTC))
    if receipt.erased.get("versions"):
        forget_index(settings.data / "chroma", settings.chroma_url)
    typer.echo(json.dumps(receipt.as_json(), indent=2))
    for place in _named_in(settings.office, whose):
        err.print(f"{place} names this number and is yours to edit: it would be read in again.", style="yellow")


def receipt(file: Annotated[Path, typer.Argument(help="A receipt of `antesala erase`.")]) -> None:
    """Tells whether a receipt is genuine; fails when it is not."""
    from records.erasure import genuine

    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read as a receipt ({error}).") from None
    if not isinstance(told, dict) or not genuine(told):
        raise SettingsError(f"{file} is no genuine receipt: it was changed, or never signed.")
    out.print(f"Genuine: signed at {told['at']} with the key {told['public_key']}.")


def backup(
    to: Annotated[Path | None, typer.Argument(help="Where to; else a new file in the data folder.")] = None,
    data: DataDir = None,
) -> None:
    """Copies all that is on record into one file, also while `antesala serve` runs."""
    from records.backup import back_up

    settings = Settings.read(data=data)
    out.print(f"All that is on record is in {back_up(settings.records_url, settings.data, to)}.", soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `antesala backup` made.")], data: DataDir = None
) -> None:
    """Puts a backup back. Whoever was erased since then is erased again. Stop `antesala serve` for it."""
    from records.alone import alone
    from records.backup import restore as put_back

    settings = Settings.read(data=data)
    with alone(settings.data):
        again = put_back(file, settings.records_url, settings.data, settings.keys)
    out.print("The records are as they were then" + (f", but for {again} numbers erased since." if again else "."))


@key.command("new")
def key_new() -> None:
    """Prints a new key for ANTESALA_SEAL_KEY. Keep it where the data folder and its backups are not."""
    typer.echo(new_key())


@key.command("use")
def key_use(data: DataDir = None) -> None:
    """Seals all that is on record with the first of the keys that are set. Stop `antesala serve` for it."""
    settings = Settings.read(data=data)
    if settings.keys.sealing is None:
        raise SettingsError("No key is set. Make one with `antesala key new` and set ANTESALA_SEAL_KEY to it.")
    _reseal(settings, settings.keys, "sealed with the first key")


@key.command("off")
def key_off(data: DataDir = None) -> None:
    """Opens all that is on record; then the key may go. Stop `antesala serve` for it."""
    settings = Settings.read(data=data)
    _reseal(settings, settings.keys.no_more(), "open again, and the key may go")


def _reseal(settings: Settings, keys: Keys, how: str) -> None:
    from records.ahead import AHEAD, put_in_waiting
    from records.alone import alone
    from records.reseal import reseal

    with alone(settings.data), _records(settings, keys) as engine:
        put_in_waiting(settings.data / AHEAD, engine, settings.keys)
        done = reseal(engine, settings.data, keys)
    out.print(f"{done.rows} rows and {done.recordings} recordings are {how}.", soft_wrap=True)
    if any((settings.data / "backups").glob("*")):
        err.print("Earlier backups are as they were: delete those that should not be read.", style="yellow")


def _playable(file: Path, folder: Path | None, keys: Keys) -> Path:
    """Where the recording is that can be played: in the folder asked for, if any."""
    if folder is None:
        return file
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / file.name
    copy.write_bytes(keys.open_file(file.read_bytes()))
    return copy


def _number(given: str | None) -> str:
    from knowledge.numbers import e164

    number = e164(given, None) if given else None
    if number is None:
        raise SettingsError("Which number? Write it with its country code, like +34600111222.")
    return number


def _named_in(office: Path, number: str) -> Iterator[str]:
    """Files of the office folder in which the number stands, with the line; spaces and dashes aside."""
    digits = number.removeprefix("+")
    for file in sorted(each for each in office.rglob("*") if each.suffix in (".yaml", ".yml", ".ics", ".csv", ".vcf")):
        for at, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if digits in "".join(each for each in line if each.isdigit()):
                yield f"{file}, line {at}"


@contextmanager
def _records(settings: Settings, keys: Keys | None = None) -> Iterator[Engine]:
    from records.engine import open_engine

    engine = open_engine(settings.records_url, keys=keys or settings.keys)
    try:
        yield engine
    finally:
        engine.dispose()
