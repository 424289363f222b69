"""The word lists in words/: regular expressions by name, read once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

WORDS = Path(__file__).with_name("words")
_PART = re.compile(r"<(\w+)>")


@cache
def patterns(name: str, **parts: str) -> dict[str, re.Pattern[str]]:
    """The lists of ``words/<name>.yaml``, each as one pattern of whole words for plain text.

    ``<part>`` in a pattern stands for an entry of the file's own ``parts`` or of `parts`.
    """
    read: dict[str, Any] = yaml.safe_load((WORDS / f"{name}.yaml").read_text(encoding="utf-8"))
    known = {**read.pop("parts", {}), **parts}
    return {key: any_of([_filled(each, known) for each in alternatives]) for key, alternatives in read.items()}


def any_of(alternatives: list[str]) -> re.Pattern[str]:
    """One pattern for all `alternatives`, each matched as whole words; with none it matches nothing."""
    return re.compile(r"(?<!\w)(?:" + ("|".join(f"(?:{each})" for each in alternatives) or r"(?!)") + r")(?!\w)")


def _filled(pattern: str, parts: dict[str, str]) -> str:
    return _PART.sub(lambda found: _filled(parts[found.group(1)], parts), pattern)
