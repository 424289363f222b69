"""What is required may be used with anything: no licence that would ask the rest of a house for its source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement

from tests.loops import ROOT

STRONG = re.compile(r"(?<![L\w])(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
PAGE = (ROOT / "docs" / "licences.md").read_text()


def licence(name: str) -> str:
    """What a package says of itself."""
    told = metadata.metadata(name)
    classes = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or [] if each.startswith("License")]
    first = (told.get("License-Expression") or told.get("License") or "").strip().split("\n")[0]
    return " ".join([first[:80], *classes])


def required() -> set[str]:
    """Every package that an installation without extras has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting, seen = list(project["dependencies"]), set()
    while waiting:
        wanted = Requirement(waiting.pop())
        name = wanted.name.lower().replace("_", "-")
        if name in seen or (wanted.marker and not _applies(wanted)):
            continue
        seen.add(name)
        waiting += list(_needs(name, wanted.extras))
    return seen


def _needs(name: str, extras: set[str]) -> Iterator[str]:
    try:
        needs = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for need in needs:
        marker = Requirement(need).marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield need.split(";")[0]


def _applies(wanted: Requirement) -> bool:
    assert wanted.marker
    return wanted.marker.evaluate({"extra": ""})


def test_no_required_package_is_under_the_gpl() -> None:
    found = required()
    assert len(found) > 100
    told = {}
    for name in found:
        try:
            told[name] = licence(name)
        except metadata.PackageNotFoundError:
            continue
    assert {name: text for name, text in told.items() if STRONG.search(text)} == {}


def test_what_is_under_the_gpl_is_told() -> None:
    for name in ("espeak-ng", "piper-tts", "phonemizer"):
        assert name in PAGE
    direct = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    missing = {Requirement(each).name for each in direct} - set(re.findall(r"^\| ([\w.-]+) \|", PAGE, re.MULTILINE))
    assert not missing, f"docs/licences.md does not name {missing}"
