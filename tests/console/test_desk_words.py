"""The words of the desk's pages: both languages say the same, and a thing is never shown by its inner name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from calls.words import LANGUAGES, CallOutcome, Circle, HandOffState, Language, Reason, Topic
from console import desk, look
from console.desk import PAGES
from console.look import Pages

DESK, LOOK = Path(desk.__file__).parent, Path(look.__file__).parent
LINES = ("text", "microphone", "replay", "browser", "sip", "audiosocket", "asterisk", "twilio", "telnyx", "plivo")
"""What `Arrival.line` can be."""
MADE_UP: dict[str, Iterable[str]] = {
    "line": LINES,
    "lang": get_args(Language),
    "circle": Circle,
    "reason": Reason,
    "state": HandOffState,
    "outcome": get_args(CallOutcome),
    "topic": Topic,
    "held": ("leak", "undone", "cover", "ungrounded", "topic"),
    "engine": ("mind", "ears", "voice", "rules", "records", "recording", "knowledge"),
}
"""Words that the scripts put together: what comes before the underscore, and all that can follow."""
READS = re.compile(r'words\.(\w+)|\bword\("(\w+)"')


@pytest.mark.parametrize("page", PAGES.values())
def test_both_languages_have_every_word_that_the_page_shows(page: str) -> None:
    words = Pages(DESK).words(page)
    assert list(words["es"]) == list(words["en"])
    assert all(text and text == text.strip() for texts in words.values() for text in texts.values())
    sources = [DESK / f"{page}.html", DESK / f"{page}.js", DESK / "telling.js", LOOK / "house.js", LOOK / "frame.html"]
    shown = {one or other for source in sources for one, other in READS.findall(source.read_text())}
    assert shown <= set(words["en"])


@pytest.mark.parametrize("before", MADE_UP)
def test_whatever_there_is_has_a_word(before: str) -> None:
    words = Pages(DESK).words()
    for language in LANGUAGES:
        assert {f"{before}_{each}" for each in MADE_UP[before]} <= set(words[language])


@pytest.mark.parametrize("file", sorted([*DESK.glob("*.yaml"), *LOOK.glob("*.yaml")]), ids=lambda file: file.name)
def test_no_word_is_said_twice(file: Path) -> None:
    """YAML would take the last one without a word."""
    for section in re.split(r"^\w+:$", file.read_text(), flags=re.M):
        names = Counter(re.findall(r"^  (\w+):", section, flags=re.M))
        assert [name for name, times in names.items() if times > 1] == []
