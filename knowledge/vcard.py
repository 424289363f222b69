"""Contacts as vCards (RFC 6350; also reads the older 3.0 and 2.1 of most telephones), read like their YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from knowledge.given import scalar
from knowledge.tables_file import list_node
from knowledge.yaml_file import Node, YamlFile

_LINE = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_MEND = "Export the contacts again as vCard (.vcf)."
Field = tuple[str, str, int]
"""A property in capitals, its value, its line."""


class VcardFile(YamlFile):
    """`X-ANTESALA-CIRCLE` or a category that names a circle tells the circle; PINs are neither read nor written."""

    def _tree(self, text: str) -> Node | None:
        cards = [self._entry(card) for card in self._cards(text)]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", cards, _mark(1))

    def _cards(self, text: str) -> Iterator[list[Field]]:
        card: list[Field] | None = None
        last = 1
        for number, line in unfolded(text):
            last = number
            found = _LINE.fullmatch(line)
            if found is None:
                self.fault(number, "This is not a line of a vCard.", _MEND)
                return
            name, value = found[1].upper(), found[3].strip()
            if name == "BEGIN":
                if card is not None:
                    self.fault(number, "A card begins before the one above has ended.", _MEND)
                card = [("", "", number)]
            elif card is None:
                self.fault(number, "This stands outside of a card: BEGIN:VCARD is missing.", _MEND)
                return
            elif name == "END":
                yield card
                card = None
            else:
                card.append((name, value, number))
        if card is not None:
            self.fault(last, "The last card does not end: END:VCARD is missing.", _MEND)

    def _entry(self, card: list[Field]) -> Node:
        first = card[0][2]
        one = {name: (plain(value), line) for name, value, line in reversed(card)}
        numbers = [(plain(value).removeprefix("tel:"), line) for name, value, line in card if name == "TEL"]
        said: dict[str, tuple[str, int]] = {
            "name": one.get("FN") or _from_parts(card) or ("", first),
            "circle": _circle(card),
            "language": (one.get("LANG", ("", first))[0][:2].lower(), first),
            "company": (one.get("ORG", ("", first))[0].split(";")[0], first),
            "email": one.get("EMAIL", ("", first)),
            "notes": one.get("NOTE", ("", first)),
        }
        if said["language"][0] not in ("es", "en"):
            del said["language"]
        pairs: list[tuple[Node, Node]] = [
            (scalar(key, _mark(line)), scalar(value, _mark(line))) for key, (value, line) in said.items() if value
        ]
        if numbers:
            line = numbers[0][1]
            pairs.append((scalar("numbers", _mark(line)), list_node((number for number, _ in numbers), line)))
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, _mark(first))


def unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Whole lines with the number of their first: a line that begins with a blank goes on from the one before."""
    whole, first = "", 0
    for number, line in enumerate(re.split(r"\r?\n", text), 1):
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
            continue
        if whole.strip():
            yield first, whole
        whole, first = line, number
    if whole.strip():
        yield first, whole


def plain(value: str) -> str:
    """A value without its escapes (RFC 6350, section 3.4)."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def card_of(contact: Mapping[str, Any]) -> str:
    """One contact, in its plain form, as a vCard 4.0."""
    lines = [("FN", contact["name"]), ("ORG", contact["company"]), ("EMAIL", contact["email"])]
    lines += [("TEL;VALUE=uri", f"tel:{number}") for number in contact["numbers"]]
    lines += [("LANG", contact["language"]), ("NOTE", contact["notes"]), ("X-ANTESALA-CIRCLE", contact["circle"])]
    body = "".join(f"{name}:{_escaped(value)}\r\n" for name, value in lines if value)
    return f"BEGIN:VCARD\r\nVERSION:4.0\r\n{body}END:VCARD\r\n"


def _escaped(value: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", value).replace("\n", "\\n")


def _from_parts(card: list[Field]) -> tuple[str, int] | None:
    """``N:Prieto;Luis`` as Luis Prieto."""
    for name, value, line in card:
        if name == "N":
            family, given, *_ = [plain(part) for part in re.split(r"(?<!\\);", value + ";")]
            return f"{given} {family}".strip(), line
    return None


def _circle(card: list[Field]) -> tuple[str, int]:
    for name, value, line in card:
        if name == "X-ANTESALA-CIRCLE":
            return value.lower(), line
        if name == "CATEGORIES" and (found := re.search(r"\b(blocked|known|trusted|inner)\b", value.lower())):
            return found[1], line
    return "", card[0][2]


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line - 1, 0, None, 0)
