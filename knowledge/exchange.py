"""Bringing many preferences or contacts in from a file, taking them back as one, and writing them out."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import yaml

from calls.errors import OfficeError
from calls.versions import Key, Kind, NotOnFile, Status, Version, Versions
from calls.words import Language
from knowledge.contacts_file import read_contacts
from knowledge.intake import Files, next_version
from knowledge.office_folder import BrokenOffice
from knowledge.plain import Plain, plain_contact, plain_policy, plain_preference
from knowledge.preferences_file import read_preferences
from knowledge.tables_file import COLUMNS, CsvFile, MarkdownFile
from knowledge.vcard import VcardFile, card_of
from knowledge.voice_file import read_voice
from knowledge.yaml_file import YamlFile

FORMS: dict[Kind, dict[str, type[YamlFile]]] = {
    "preference": {"yaml": YamlFile, "yml": YamlFile, "csv": CsvFile, "md": MarkdownFile},
    "contact": {"yaml": YamlFile, "yml": YamlFile, "vcf": VcardFile},
}
"""By kind, the endings of the files that can be read, and how."""


Entry = tuple[str, Plain, Status]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file of many entries: whose hand brings it, when, under which batch."""

    kind: Kind
    file: YamlFile
    author: str
    at: datetime
    batch: str

    def entries(self, language: Language, region: str | None) -> list[Entry]:
        """Id, plain form and status of each."""
        if self.kind == "preference":
            return [(each.id, plain_preference(each), each.status) for each in read_preferences(self.file, language)]
        return [(each.id, plain_contact(each), "approved") for each in read_contacts(self.file, region)]


def open_file(kind: Kind, path: Path | str, content: bytes | None = None) -> YamlFile:
    """The file in the form that its ending tells. Raises OfficeError for one that cannot be read."""
    ending = PurePath(path).suffix.lstrip(".").lower()
    reader = FORMS.get(kind, {}).get(ending)
    if reader is None:
        known = ", ".join(f".{each}" for each in FORMS[kind])
        raise OfficeError(
            PurePath(path).name, f"A {kind} cannot be read from this.", f"Use a file that ends in {known}."
        )
    return reader(Path(path), content)


def incoming(brought: Incoming, files: Files, language: Language, region: str | None) -> list[Version]:
    """The versions to add; what is on file already in the same words is left out.

    Raises BrokenOffice with every fault of the file; then nothing of it may be used.
    """
    new: list[Version] = []
    entries = brought.entries(language, region)
    faults = [*brought.file.faults, *(_taken(brought, entries, files) if brought.kind == "contact" else ())]
    if faults:
        raise BrokenOffice(faults)
    for id, data, status in entries:
        key: Key = (brought.kind, id)
        known = files.get(key)
        if known and data.get("pin") is None and "pin" in data:
            data = {**data, "pin": known.data["pin"]}
        if known is None or (known.data, known.status) != (data, status):
            new.append(next_version(known, key, data, status, brought.author, brought.at, batch=brought.batch))
    return new


def _taken(brought: Incoming, entries: Iterable[Entry], files: Files) -> Iterator[OfficeError]:
    """Numbers that belong to somebody on file who is not in the file."""
    people = [each for each in files.values() if each.kind == "contact" and each.status != "archived"]
    owners = {number: each for each in people for number in each.data["numbers"]}
    coming = {id for id, _, _ in entries}
    for id, data, _ in entries:
        for number in data["numbers"]:
            owner = owners.get(number)
            if owner and owner.id != id and owner.id not in coming:
                what = f"{number} of {data['name']} already belongs to {owner.data['name']}."
                yield OfficeError(brought.file.path.name, what, "Leave it with the person who answers it.")


def new_batch() -> str:
    """An id for an import, short enough to be typed."""
    return secrets.token_hex(4)


async def undone(versions: Versions, files: Files, batch: str, author: str, at: datetime) -> list[Version]:
    """The versions that undo an import; what was edited since stays as it is. Raises NotOnFile."""
    brought = await versions.batch(batch)
    if not brought:
        raise NotOnFile("import", batch)
    new: list[Version] = []
    for each in brought:
        known = files[each.key]
        if known.number != each.number:
            continue
        if each.number > 1:
            old = (await versions.history(*each.key))[each.number - 2]
            new.append(next_version(known, known.key, old.data, old.status, author, at))
        elif known.status != "archived":
            new.append(next_version(known, known.key, known.data, "archived", author, at))
    return new


def written(kind: Kind, form: str, versions: Sequence[Version]) -> str:
    """What is on file as a file of that form, ready to be read again; PINs stay here. Raises OfficeError."""
    rows = [_bare({"id": each.id, **each.data, "status": each.status, "author": each.author}) for each in versions]
    if kind == "contact":
        if form == "vcf":
            return "".join(card_of(each.data) for each in versions)
        rows = [{name: value for name, value in row.items() if name not in ("status", "author")} for row in rows]
    match form:
        case "yaml" | "yml":
            return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=110) if rows else "[]\n"
        case "csv" if kind == "preference":
            return _csv(rows)
        case "md" if kind == "preference":
            return "# Preferences\n" + "".join(_section(row) for row in rows)
    raise OfficeError(f".{form}", f"A {kind} cannot be written as this.", f"Use one of: {', '.join(FORMS[kind])}.")


def policy_file(data: Plain) -> str:
    """The voice policy as voice.yaml."""
    return yaml.safe_dump(_bare(data), allow_unicode=True, sort_keys=False, width=110)


def policy_in(text: str) -> Plain:
    """The voice policy that voice.yaml tells. Raises BrokenOffice with every fault."""
    file = YamlFile(Path("voice.yaml"), text.encode())
    read = read_voice(file)
    if read is None:
        raise BrokenOffice(file.faults)
    return plain_policy(read[0])


def _bare(row: Plain) -> Plain:
    """Without what is empty, and without the PIN."""
    cut = {name: _bare(value) if isinstance(value, dict) else value for name, value in row.items() if name != "pin"}
    return {name: value for name, value in cut.items() if value not in (None, "", {}, [])}


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    """One row of a table: ``text.es`` in the column ``text_es``."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        inner = {f"{name}_{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
        if isinstance(value, list):
            inner = {name: ", ".join(value)}
        cells.update(inner)
    return cells


def _csv(rows: Iterable[Plain]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    table.writerows(_cells(row) for row in rows)
    return text.getvalue()


def _section(row: Plain) -> str:
    cells = _cells(row)
    lines = [
        f"- {name.replace('_', ' ')}: " + cells[name].replace("\n", "\n  ") for name in COLUMNS[1:] if name in cells
    ]
    return f"\n## {row['id']}\n\n" + "\n".join(lines) + "\n"
