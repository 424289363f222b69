"""Preferences as a CSV table or as Markdown, read into the same tree as their YAML: one set of rules for all forms."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

import yaml

from knowledge.given import scalar
from knowledge.yaml_file import Node, YamlFile

COLUMNS = (
    "id", "audience", "topic", "when", "do", "text_es", "text_en", "say_es", "say_en", "valid_from", "valid_until",
    "status", "author", "callers",
)  # fmt: skip
Cell = tuple[str, str, int]
"""A column, what stands in it, and on which line."""
_MAP, _SEQ = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_BULLET = re.compile(r"[-*] +([\w ]+?) *: *(.*)")


class CsvFile(YamlFile):
    """A table with a head line; commas or semicolons between its cells."""

    def _tree(self, text: str) -> Node | None:
        head = text.split("\n", 1)[0]
        table = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
        try:
            return entries_node(self._rows(table))
        except csv.Error as error:
            self.fault(table.line_num, f"This is not a table: {error}.", "Check the quotes on this line and before it.")
            return None

    def _rows(self, table: Iterator[list[str]]) -> Iterator[tuple[list[Cell], int]]:
        names = [name.strip().lower().replace(" ", "_") for name in next(table, [])]
        for name in names:
            if name not in COLUMNS:
                self.fault(1, f"There is no column {name!r}.", f"Use these: {', '.join(COLUMNS)}.")
        line = 2
        for cells in table:
            if len(cells) > len(names):
                self.fault(line, f"This line has {len(cells)} cells.", f"The head has {len(names)}: quote commas.")
            elif any(cells) and not self.faults:
                yield [(name, cell, line) for name, cell in zip(names, cells, strict=False)], line
            line = int(getattr(table, "line_num", line)) + 1


class MarkdownFile(YamlFile):
    """``## id``, then a bullet ``- column: value`` a line, then the text itself if it has no bullet of its own."""

    def _tree(self, text: str) -> Node | None:
        return entries_node(self._sections(text.splitlines()))

    def _sections(self, lines: Iterable[str]) -> Iterator[tuple[list[Cell], int]]:
        section: list[Cell] = []
        for number, line in enumerate(lines, 1):
            if line.startswith("## "):
                if section:
                    yield section, section[0][2]
                section = [("id", line[3:].strip(), number)]
            elif section and line.strip():
                self._line(section, line, number)
        if section:
            yield section, section[0][2]

    def _line(self, section: list[Cell], line: str, number: int) -> None:
        """A bullet, the rest of one (indented), or a line of the text."""
        if found := _BULLET.match(line):
            name = found[1].strip().lower().replace(" ", "_")
            name = {"es": "text_es", "en": "text_en"}.get(name, name)
            if name in COLUMNS:
                section.append((name, found[2], number))
            else:
                self.fault(number, f"There is no field {found[1]!r}.", f"Use these: {', '.join(COLUMNS)}.")
        elif section[-1][0] == "text" or line.startswith("  "):
            name, before, first = section[-1]
            section[-1] = (name, f"{before}\n{line.strip()}", first)
        else:
            section.append(("text", line.strip(), number))


def entries_node(entries: Iterable[tuple[list[Cell], int]]) -> Node:
    """A list of entries as YAML would have it; empty cells are left out."""
    return yaml.SequenceNode(_SEQ, [entry_node(cells, line) for cells, line in entries], _mark(1))


def entry_node(cells: Iterable[Cell], line: int) -> Node:
    """One entry; ``text_es`` stands in `text` under `es`, ``valid_from`` in `valid` under `from`."""
    pairs: list[tuple[Node, Node]] = []
    inner: dict[str, yaml.MappingNode] = {}
    for name, value, number in cells:
        if not value.strip():
            continue
        outer, _, key = name.partition("_")
        leaf = scalar(value.strip(), _mark(number))
        if not key:
            pairs.append((scalar(name, _mark(number)), leaf))
            continue
        if outer not in inner:
            inner[outer] = yaml.MappingNode(_MAP, [], _mark(number))
            pairs.append((scalar(outer, _mark(number)), inner[outer]))
        inner[outer].value.append((scalar(key, _mark(number)), leaf))
    return yaml.MappingNode(_MAP, pairs, _mark(line))


def list_node(values: Iterable[str], line: int) -> Node:
    """A list of single values."""
    return yaml.SequenceNode(_SEQ, [scalar(value, _mark(line)) for value in values], _mark(line))


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line - 1, 0, None, 0)
