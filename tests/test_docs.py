"""The pages say what is true: words, settings, commands, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from calls import words
from cli import app
from prompts import Phrasebook
from settings import PREFIX, Settings
from tests.loops import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text()
DEFAULTS = {"office": "", "data": ""}
"""Defaults that depend on where one is; their description says which."""


def settings_table() -> str:
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = DEFAULTS.get(name, "" if field.default is None else f"`{field.default}`")
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_true() -> None:
    written = README.split("keeps this table true -->\n")[1].split("\n<!-- /settings -->")[0]
    assert written == settings_table(), f"README.md should have:\n{settings_table()}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_read_by_something(name: str) -> None:
    sources = [ROOT / f"{each}.py" for each in ("engines", "house", "server", "cli", "doctor", "settings")]
    everything = "\n".join(file.read_text() for file in sources if file.exists())
    assert re.findall(rf"\b(?:settings|self)\.{name}\b", everything), f"nobody reads {PREFIX}{name.upper()}"


def test_every_word_is_in_the_glossary() -> None:
    defined = {
        name for name, value in vars(words).items() if isinstance(value, type) and value.__module__ == words.__name__
    }
    glossary = set(re.findall(r"\*\*(\w+)\*\*", (ROOT / "docs" / "glossary.md").read_text()))
    assert defined - glossary == set()


def commands() -> set[str]:
    """Every command as it is typed: ``models fetch``."""
    found = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found |= {name, *(f"{name} {sub}" for sub in getattr(command, "commands", {}))}
    return found


def code(page: Path) -> str:
    """What stands in code on a page, fenced or not, a piece a line."""
    text = page.read_text()
    fenced = re.findall(r"^```.*?^```", text, re.M | re.S)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    known = commands()
    for first, second in re.findall(r"antesala ([a-z]+)(?: ([a-z]+))?", code(page)):
        subcommands = {each.split()[1] for each in known if each.startswith(f"{first} ")}
        assert first in known, f"{page.name} names `antesala {first}`"
        assert not (subcommands and second) or second in subcommands, f"{page.name} names `antesala {first} {second}`"


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in commands() if f"antesala {name}" not in README]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z]+)\b", code(page), re.M)) <= targets


def test_what_is_said_in_one_language_is_said_in_the_other() -> None:
    phrases = Phrasebook.load()
    assert phrases.keys("es") == phrases.keys("en")
