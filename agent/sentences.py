"""Sentences out of a stream of tokens, each as soon as the next one begins. Spanish and English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calls.words import Language, Sentence

_MARK = re.compile(r"\[\[(es|en)\]\]")
_END = re.compile(r"(?:(?P<stop>[.!?…]+)[\"'”’»)\]]*(?=\s)|\n)(?=\s*\S)")
_LAST_WORD = re.compile(r"[^\s(¿¡\"'«“]*$")
_NEVER_LAST = re.compile(
    r"[sd]ra?|srta|sr[ae]s|dras|dña|[uv]ds?|m[rs]s?|messrs|prof|lic|ing|arq|rev|capt|sgt|dept|st|avda?|ctra|pza|págs?"
    r"|tel|tfno|aprox|approx|dpto|admón|ee|vs|ej"
)
"""Abbreviations that something always follows: their full stop never ends a sentence."""
_BEFORE_DIGITS = re.compile(r"nos?|nº|núm|ext|vol|cap|ref")
"""Abbreviations when digits follow ("No. 5"), words otherwise ("No. I can't.")."""
_PERHAPS_LAST = re.compile(r"etc|uu|inc|ltd|co|corp|jr|hnos|cía|(?:\w\.)+\w")
"""Abbreviations that may also close a sentence: what comes next decides."""
_MARKUP = re.compile(
    r"[*`#~|<>]+|_+(?!\w)|(?<!\w)_+|^\s*(?:[-•–]|\d+[.)])\s+|[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]"
)
_GAP = re.compile(r" (?=[.,;:!?…])")
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
"""What some models think aloud before they answer."""
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


class Sentences:
    """Cuts streamed text into sentences.

    A line in another language than `language` starts with ``[[es]]`` or ``[[en]]``; the mark is taken off. Markup that
    can't be spoken is dropped.
    """

    def __init__(self, language: Language):
        self._usual: Language = language
        self._here: Language = language
        self._text = ""

    def feed(self, text: str) -> list[Sentence]:
        """Takes the next piece of text; returns the sentences that it completes."""
        self._text = _THOUGHT.sub("", self._text + text)
        return [] if "<think>" in self._text else list(self._whole())

    def rest(self) -> list[Sentence]:
        """What is left when the stream has ended: one sentence at most."""
        sentence = self._spoken(self._text.partition("<think>")[0])
        self._text, self._here = "", self._usual
        return [sentence] if sentence else []

    def _whole(self) -> Iterator[Sentence]:
        while (cut := self._cut()) is not None:
            text, rest = self._text[:cut], self._text[cut:]
            self._text = rest.lstrip()
            if sentence := self._spoken(text):
                yield sentence
            if "\n" in text[-1] + rest[: len(rest) - len(self._text)]:
                self._here = self._usual

    def _cut(self) -> int | None:
        """Where the first sentence ends; None while that is open."""
        mark = _MARK.search(self._text, 1)
        for end in _END.finditer(self._text):
            if mark and mark.start() < end.start():
                break
            before, after = self._text[: end.start()], self._text[end.end() :].lstrip()
            if end["stop"] is None or _ends(before, end["stop"], after):
                return end.end()
        return mark.start() if mark and self._text[: mark.start()].strip() else None

    def _spoken(self, text: str) -> Sentence | None:
        text = text.strip()
        if mark := _MARK.match(text):
            self._here = "es" if mark[1] == "es" else "en"
            text = text[mark.end() :]
        text = _GAP.sub("", " ".join(_MARKUP.sub("", text).split()))
        return Sentence(text, self._here) if _LETTER_OR_DIGIT.search(text) else None


def _ends(before: str, stop: str, after: str) -> bool:
    """Whether `stop` between `before` and `after` ends a sentence."""
    if "!" in stop or "?" in stop:
        return True
    if len(stop) > 1 or stop == "…":
        return not after[0].islower()
    found = _LAST_WORD.search(before)
    word = found[0] if found else ""
    short = word.lower()
    if (
        _NEVER_LAST.fullmatch(short)
        or (len(word) == 1 and word.isalpha() and word not in "IyY")
        or before.strip().isdigit()
    ):
        return False
    if _BEFORE_DIGITS.fullmatch(short):
        return not after[0].isdigit()
    if _PERHAPS_LAST.fullmatch(short):
        return after[0].isupper() or after[0] in "¿¡["
    return True
