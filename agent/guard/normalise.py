"""Texts made comparable: what disguises a word (case, digits as letters, zero-width or spaced letters) undone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}
)
_DISGUISED = re.compile(r"(?=\w*[^\W\d_])[\w@$!]*(?:[0134578@$]|!(?=\w))[\w@$!]*")
"""A word with letters and at least one character that stands for one."""
_ORDINAL = re.compile(r"\d+\W*(?:st|nd|rd|th|am|pm|h|hs|a|o|ª|º|km|kg|s|k|m|g|v|w)?", re.IGNORECASE)
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]{1,2}){3,}[^\W\d_](?!\w)")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_SPACE = re.compile(r"\s+")
LONGEST = 2_000
"""Characters of a text that are judged from its start; as many more from its end."""


def tidy(text: str) -> str:
    """`text` in lower case with accents kept and disguises undone; what the embedders read."""
    if len(text) > 2 * LONGEST:
        text = f"{text[:LONGEST]} {text[-LONGEST:]}"
    text = unicodedata.normalize("NFKC", text)
    text = "".join(
        char for char in text if unicodedata.category(char) not in {"Cf", "Cc", "Cs", "Co", "Cn"} or char in "\n\t"
    )
    text = _SPACED.sub(lambda found: re.sub(r"[ .\-_*]+", "", found[0]), text)
    text = _DISGUISED.sub(lambda found: _letters(found[0]), text)
    text = _REPEATED.sub(r"\1\1", text)
    return _SPACE.sub(" ", text).strip().lower()


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """`tidy` without accents or punctuation, single spaces: what the word lists read."""
    bare = unaccented(tidy(text))
    return _SPACE.sub(" ", re.sub(r"[^\w@.+]+|(?<!\w)[.+]|[.](?!\w)", " ", bare)).strip()


def unaccented(text: str) -> str:
    """`text` without its accents; ñ becomes n."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _letters(word: str) -> str:
    if _ORDINAL.fullmatch(word) or 2 * sum(char.isdigit() for char in word) > len(word):
        return word
    return word.translate(_LEET)
