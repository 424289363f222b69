"""`antesala knowledge ...`: what may be known, and by whom, from the terminal."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table
from rich.text import Text

from calls.errors import SettingsError
from calls.words import Circle, Language
from cli_office import DataDir, OfficeDir, Tongue, err, opening, out
from settings import Settings

if TYPE_CHECKING:
    from calls.versions import Key, Kind, Version
    from knowledge.index import Report
    from records.store import Store

knowledge = typer.Typer(help="What may be known, and by whom.", no_args_is_help=True)


class What(StrEnum):
    """What a file is about."""

    PREFERENCES = "preferences"
    CONTACTS = "contacts"

    @property
    def kind(self) -> Kind:
        return "contact" if self is What.CONTACTS else "preference"


About = Annotated[What, typer.Option("--of", help="What it is about; a .vcf is always about contacts.")]


@knowledge.command("list")
def list_preferences(office: OfficeDir = None, data: DataDir = None) -> None:
    """Lists the preferences: who may hear each, and what its rule does."""
    table = Table("id", "audience", "topic", "does", "status", "text", box=None, pad_edge=False)
    for each in asyncio.run(_listed(Settings.read(office=office, data=data))):
        data_ = each.data
        text = Text(next(iter(data_["text"].values())))
        table.add_row(each.id, data_["audience"], Text(data_["topic"]), data_["do"] or "", each.status, text)
    out.print(table)


async def _listed(settings: Settings) -> list[Version]:
    async with _files(settings) as (_, files):
        return [each for each in files.values() if each.kind == "preference" and each.status != "archived"]


@knowledge.command("ask")
def ask(
    question: Annotated[str, typer.Argument(help="What a caller would ask.")],
    circle: Annotated[Circle, typer.Option(help="How close the caller is.")] = Circle.ANYONE,
    language: Tongue = None,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Asks as a caller of a circle would; nothing is kept or done."""
    asyncio.run(_asked(Settings.read(office=office, data=data), question, circle, language))


async def _asked(settings: Settings, question: str, circle: Circle, language: Language | None) -> None:
    from console.api.sandbox import rehearse
    from console.terminal import shown

    async with opening(settings) as house:
        office = house.front.office
        persona = office.knowledge.policy.receptionist
        spoken = language or office.language_of(question, persona.languages, persona.languages[0])
        _, call = await rehearse(office, question, circle, spoken)
        for event in call.events[1:]:
            if line := shown(event, persona.name):
                out.print(line)


@knowledge.command("import")
def bring_in(
    file: Annotated[
        Path | None, typer.Argument(help="YAML, CSV or Markdown; vCard for contacts. Else the office folder.")
    ] = None,
    of: About = What.PREFERENCES,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Takes over the office folder, or all of one file; a file with any fault is not taken over at all."""
    asyncio.run(_brought_in(Settings.read(office=office, data=data), file, of.kind))


async def _brought_in(settings: Settings, file: Path | None, kind: Kind) -> None:
    from knowledge.exchange import Incoming, incoming, new_batch, open_file
    from knowledge.plain import policy_of

    async with _files(settings) as (store, files):
        if file is None:
            out.print(f"{settings.office} is taken over.", soft_wrap=True)
        else:
            kind = "contact" if file.suffix.lower() == ".vcf" else kind
            policy, region = policy_of(files["voice", "voice"])
            brought = Incoming(kind, open_file(kind, file), getpass.getuser(), datetime.now(UTC), new_batch())
            with err.status(f"Reading {file.name}..."):
                new = incoming(brought, files, policy.receptionist.languages[0], region or "ES")
                await store.versions.add(new)
            undo = f" Undo it with: antesala knowledge undo {brought.batch}" if new else ""
            out.print(f"{len(new)} new or changed from {file.name}.{undo}", soft_wrap=True)
        await _index(settings, store)


@knowledge.command("undo")
def undo(
    batch: Annotated[str | None, typer.Argument(help="The import to undo; else the latest.")] = None,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Undoes an import as one; what was edited since stays as it is."""
    asyncio.run(_undone(Settings.read(office=office, data=data), batch))


async def _undone(settings: Settings, batch: str | None) -> None:
    from knowledge.exchange import undone

    async with _files(settings) as (store, files):
        imports = await store.versions.batches()
        if batch is None and not imports:
            raise SettingsError("Nothing was imported from a file yet, so there is nothing to undo.")
        batch = batch or imports[0].id
        new = await undone(store.versions, files, batch, getpass.getuser(), datetime.now(UTC))
        await store.versions.add(new)
        out.print(f"{len(new)} taken back from import {batch}.")
        await _index(settings, store)


@knowledge.command("export")
def write_out(
    file: Annotated[Path, typer.Argument(help="Where to; .yaml, .csv or .md, and .vcf for contacts.")],
    of: About = What.PREFERENCES,
    office: OfficeDir = None,
    data: DataDir = None,
) -> None:
    """Writes what is on file to a file that can be imported again; PINs are left out."""
    kind = "contact" if file.suffix.lower() == ".vcf" else of.kind
    text = asyncio.run(_written(Settings.read(office=office, data=data), kind, file.suffix.lstrip(".").lower()))
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"{file} could not be written ({error.strerror}). Give another place.") from None
    out.print(f"Written to {file}.", soft_wrap=True)


async def _written(settings: Settings, kind: Kind, form: str) -> str:
    from knowledge.exchange import written

    async with _files(settings) as (_, files):
        return written(kind, form, [each for each in files.values() if each.kind == kind and each.status != "archived"])


@knowledge.command("reindex")
def reindex(office: OfficeDir = None, data: DataDir = None) -> None:
    """Makes the index anew from the records; the server has to be stopped for it."""
    asyncio.run(_reindexed(Settings.read(office=office, data=data)))


async def _reindexed(settings: Settings) -> None:
    from knowledge.index import erase
    from records.alone import alone

    with alone(settings.data):
        await asyncio.to_thread(erase, settings.data / "chroma", settings.chroma_url)
    async with _files(settings) as (store, files):
        await _index(settings, store)
        out.print(f"The index is made anew from {len(files)} entries.")


@asynccontextmanager
async def _files(settings: Settings) -> AsyncGenerator[tuple[Store, Mapping[Key, Version]]]:
    """The records, and the newest version of everything after the office folder was taken over."""
    from knowledge.intake import take_over
    from records.store import open_records

    async with open_records(settings.records_url) as store:
        await take_over(settings.office, store.versions, datetime.now(UTC))
        yield store, {each.key: each for each in await store.versions.after(0)}


async def _index(settings: Settings, store: Store) -> None:
    """Brings the index in step with a bar, unless a server runs, which does it by itself."""
    from knowledge.office_knowledge import open_knowledge
    from records.alone import alone

    try:
        with alone(settings.data), _bar("Indexing") as report:
            opened = await open_knowledge(
                settings.office, settings.data, store.versions, chroma_url=settings.chroma_url, report=report
            )
            await opened.close()
    except SettingsError:
        out.print("The server that runs takes it over within a second or two.")


@contextmanager
def _bar(title: str) -> Iterator[Report]:
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=err) as progress:
        task = progress.add_task(title, total=None, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)
