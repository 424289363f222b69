"""Facts that are never kept: a person's beliefs, politics, health or sex life (GDPR art. 9(1), special categories).

What is looked for is a statement about somebody (``tiene cáncer``, ``is a Catholic``), not the word: a parish, a union,
a town hall, a board election or a hospital that buys robots are everyday business.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

Kind = Literal["health", "belief", "politics", "sex life"]

_SIGNS = Path(__file__).with_name("personal.yaml")
_SPELLED = {"health": "health", "belief": "beliefs", "politics": "politics", "sex life": "sex life"}


def personal_fact(text: str) -> tuple[Kind, str] | None:
    """The kind of private fact that `text` states of a person and the words that do; None for ordinary business."""
    flat = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text.replace("\u2019", "'")))
    for kind, pattern in _patterns().items():
        if found := pattern.search(flat):
            return kind, found.group(0)
    return None


def refusal(kind: Kind, words: str) -> tuple[str, str]:
    """What is wrong with such a fact, and the mend."""
    what = f"{words!r} states a fact about a person's {_SPELLED[kind]}, which is never kept (GDPR art. 9)."
    return what, "Leave the fact out; say only what callers need, such as when she is back."


@cache
def _patterns() -> dict[Kind, re.Pattern[str]]:
    lists = yaml.safe_load(_SIGNS.read_text(encoding="utf-8"))
    found: dict[Kind, re.Pattern[str]] = {}
    for kind, signs in lists["signs"].items():
        whole = "|".join(signs)
        for name, part in lists["parts"].items():
            whole = whole.replace(f"{{{name}}}", part)
        found[kind] = re.compile(whole, re.IGNORECASE)
    return found
