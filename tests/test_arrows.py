"""Imports point one way: siblings never know each other, a call knows nothing of the house."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.loops import ROOT

MAY_IMPORT: dict[str, set[str]] = {
    "calls": set(),
    "prompts": {"calls"},
    **{
        name: {"calls", "prompts"} for name in ("agent", "knowledge", "audio", "lines", "notices", "records", "console")
    },
    "settings": {"calls"},
}
OURS = {
    *MAY_IMPORT,
    "server",
    "cli",
    "cli_eval",
    "cli_init",
    "cli_keeping",
    "cli_knowledge",
    "cli_line",
    "cli_office",
    "cli_people",
    "doctor",
    "engines",
    "house",
    "offices",
    "evals",
}
WITH_PIPECAT = {"audio", "lines", "evals"}
HEAVY = ("torch", "whisper", "pipecat", "langchain", "langgraph", "chromadb", "onnxruntime", "numba", "matplotlib")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Every module that `file` imports anywhere, with its line."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module


def files(package: str) -> list[Path]:
    single = ROOT / f"{package}.py"
    return [single] if single.exists() else sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    forbidden = OURS - MAY_IMPORT[package] - {package}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {module}"
        for file in files(package)
        for line, module in imported(file)
        if module.split(".")[0] in forbidden
    ]
    assert not wrong


def test_only_sound_and_lines_know_pipecat() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {module}"
        for package in OURS - WITH_PIPECAT
        for file in files(package)
        for line, module in imported(file)
        if module.split(".")[0] == "pipecat"
    ]
    assert not wrong


@pytest.mark.parametrize("module", ["calls.turn", "calls.desk", "settings", "cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    look = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_what_is_imported_is_declared() -> None:
    """Nothing is used that is there only because something else needs it."""
    declared = {Requirement(line).name.lower().replace("_", "-") for line in requires("antesala") or ()}
    provided_by = packages_distributions()
    undeclared = {
        f"{file.relative_to(ROOT)}:{line} imports {module}"
        for package in OURS
        for file in files(package)
        for line, module in imported(file)
        if (of := provided_by.get(module.split(".")[0]))
        and not {each.lower().replace("_", "-") for each in of} & (declared | {"antesala"})
    }
    assert not undeclared
