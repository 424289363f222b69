"""A YAML file read with its line numbers, so that every fault can name its place and its mend.

Scalars are taken as they are written (``off``, ``0123``, ``+34600111222``): what they mean is for the reader to say,
not for YAML 1.1's guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from calls.errors import OfficeError
from calls.words import LANGUAGES, Language, Texts

Node = yaml.Node
Word = TypeVar("Word", bound=StrEnum)
_BIGGEST = 32 * 1024 * 1024
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten thousand entries in a second."""


class YamlFile:
    """One file being read. Faults are collected in `faults`; a method that finds one returns None or nothing."""

    def __init__(self, path: Path, content: bytes | None = None):
        """`content`: what the file holds, for one that was sent; else it is read from `path`."""
        self.path = path
        self.faults: list[OfficeError] = []
        self._content = content

    def fault(self, at: Node | int | None, what: str, mend: str) -> None:
        line = at.start_mark.line + 1 if isinstance(at, yaml.Node) else at
        self.faults.append(OfficeError(self.path.name, what, mend, line))

    def root(self) -> Node | None:
        """The document, or None when the file is empty or cannot be parsed."""
        text = self._text()
        return None if text is None else self._tree(text)

    def _text(self) -> str | None:
        content = self._content
        try:
            if content is None:
                content = self.path.read_bytes() if self.path.stat().st_size <= _BIGGEST else bytes(_BIGGEST + 1)
            if len(content) <= _BIGGEST:
                return content.decode("utf-8-sig")
            self.fault(None, "The file is larger than 32 MB.", "Split it up, or remove what does not belong here.")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.fault(line, "This is not UTF-8 text.", "Save the file as UTF-8.")
        except OSError as error:
            what = f"The file cannot be read ({error.strerror})."
            self.fault(None, what, "Check that it exists and its permissions.")
        return None

    def _tree(self, text: str) -> Node | None:
        try:
            return yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = f"This is not valid YAML: {error.problem or error.context}."
            self.fault(mark.line + 1 if mark else None, what, _yaml_mend(error.problem or ""))
        except (yaml.YAMLError, RecursionError) as error:
            what = f"This is not valid YAML: {str(error).splitlines()[0]}."
            self.fault(None, what, "Check the file in a text editor.")
        return None

    def fields(self, node: Node, known: Iterable[str], needed: Iterable[str] = ()) -> dict[str, Node]:
        """The keys of a mapping. Unknown, doubled and missing ones are faults; keys without a value are left out."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, "A list of `name: value` lines is needed here.", f"Write {', '.join(known)} as keys.")
            return {}
        known, found = list(known), dict[str, Node]()
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                close = get_close_matches(name, known, 1)
                mend = f"Did you mean {close[0]!r}?" if close else f"Use one of: {', '.join(known)}."
                self.fault(key, f"{name!r} is not known here.", mend)
            elif name in found:
                self.fault(key, f"{name!r} is here twice.", "Remove one of the two.")
            elif not is_empty(value):
                found[name] = value
        for name in needed:
            if name not in found:
                self.fault(node, f"{name!r} is missing.", f"Add a line `{name}: ...`.")
        return found

    def items(self, node: Node) -> Iterator[Node]:
        """The items of a list."""
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        else:
            self.fault(node, "A list is needed here.", "Start each item with `- `.")

    def text(self, node: Node | None) -> str:
        """A single value as written, trimmed; empty when there is none."""
        if node is None or is_empty(node):
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value).strip()
        self.fault(node, "A single text is needed here.", "Write it on one line, in quotes if it holds `: ` or `#`.")
        return ""

    def texts(self, node: Node | None, written_in: Language) -> Texts:
        """A wording: ``{es: ..., en: ...}``, or a plain text, which is taken to be in `written_in`."""
        if node is None:
            return {}
        if isinstance(node, yaml.ScalarNode):
            return {written_in: self.text(node)}
        found = self.fields(node, LANGUAGES)
        texts: Texts = {language: self.text(found[language]) for language in LANGUAGES if language in found}
        return {language: text for language, text in texts.items() if text}

    def word(self, node: Node | None, words: type[Word]) -> Word | None:
        """One word of a closed list."""
        said = self.text(node)
        if not said or node is None:
            return None
        try:
            return words(said)
        except ValueError:
            self.wrong_word(node, said, [word.value for word in words])
            return None

    def wrong_word(self, node: Node, said: str, words: list[str]) -> None:
        close = get_close_matches(said, words, 1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        self.fault(node, f"{said!r} is not known here.", f"{hint}Use one of: {', '.join(words)}.")

    def day(self, node: Node | None) -> date | None:
        """A date, ``2026-12-25``."""
        said = self.text(node)
        if not said:
            return None
        try:
            return date.fromisoformat(said)
        except ValueError:
            self.fault(node, f"{said!r} is not a date.", "Write it as year-month-day, such as 2026-12-25.")
            return None

    def number(self, node: Node | None, low: float, high: float) -> float | None:
        """A number between `low` and `high`."""
        said = self.text(node)
        if not said:
            return None
        try:
            value = float(said)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
        self.fault(node, f"{said!r} is not a number from {low:g} to {high:g}.", "Write it in digits.")
        return None


def is_plain(node: Node | None) -> bool:
    """Whether it is a single value."""
    return isinstance(node, yaml.ScalarNode)


def is_mapping(node: Node | None) -> bool:
    """Whether it holds keys and values."""
    return isinstance(node, yaml.MappingNode)


def pairs(node: Node | None) -> list[tuple[Node, Node]]:
    """The keys and values of a mapping as they stand, without judging them; none of anything else."""
    return list(node.value) if isinstance(node, yaml.MappingNode) else []


def is_empty(node: Node) -> bool:
    """Whether nothing, or a bare `null`, was written."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _yaml_mend(problem: str) -> str:
    if "\\t" in problem or "a tab" in problem:
        return "Indent with spaces, not tabs."
    if "mapping values are not allowed" in problem:
        return "Put texts that hold `: ` in quotes, and check the indentation."
    return "Check indentation, quotes and brackets on this line and the one above."
