"""The wording: phrases, prompts and example utterances, all in files beside this loader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from calls.words import LANGUAGES, Language

HERE = Path(__file__).parent
HOUSE_NAMES = frozenset({"executive", "assistant", "receptionist"})
"""Slots that are the same in every call of an office."""

_FORMS = re.compile(r"\[([^|\]]*)\|([^|\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_BREAK = re.compile(
    r"(?<=[.!?…])(?<!\bSr\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bSra\.)(?<!\bDra\.)(?<!\bMrs\.)\s+(?=[¿¡A-ZÁÉÍÓÚÑ])"
)
_CONTRACTED = re.compile(r"\b(de|a|De|A) el (?=\w)")
_TU = ".tu"
_TELLING = 8
"""This many characters of a sentence that was cut short tell which one it was."""
ASKING = ("ask_", "offer_", "confirm_")
"""How the keys of questions begin."""


def sentences(text: str) -> list[str]:
    """`text` cut after its full stops, question and exclamation marks, but not after "Ms." or "Sr."."""
    return [piece for piece in _BREAK.split(text.strip()) if piece]


class Phrasebook:
    """Every fixed line, in Spanish and English.

    A key ending in ``.tu`` asks for the familiar form (tú). ``.warm`` or ``.reserved`` before it asks for that manner,
    where the line has wordings of its own for it.
    """

    def __init__(self, phrases: Mapping[Language, Mapping[str, list[str]]]):
        self._phrases = phrases
        self._known: dict[tuple[Language, tuple[tuple[str, str], ...]], Wordings] = {}

    @classmethod
    def load(cls, folder: Path = HERE / "phrases") -> Phrasebook:
        """The phrasebook of this house, from ``es.yaml`` and ``en.yaml``."""
        return cls({language: _yaml(folder / f"{language}.yaml") for language in LANGUAGES})

    def keys(self, language: Language) -> frozenset[str]:
        return frozenset(self._phrases[language])

    def line(self, key: str, language: Language, **slots: str) -> str:
        """The usual way to say `key`; extra slots are ignored. Raises KeyError for an unknown key or a missing slot."""
        return self.variants(key, language, **slots)[0]

    def variants(self, key: str, language: Language, **slots: str) -> list[str]:
        """All the ways to say `key`, the usual one first. Raises KeyError like `line`."""
        return [self._fill(template, language, slots) for template in self.templates(key, language)]

    def templates(self, key: str, language: Language) -> list[str]:
        """The wordings of `key` with their slots open, in the form of address that the key asks for."""
        form = 2 if key.endswith(_TU) else 1
        bare, own = key.removesuffix(_TU), self._phrases[language]
        wordings = own[bare] if bare in own else own[_plain(bare)]
        return [_FORMS.sub(lambda found: found.group(form), wording) for wording in wordings]

    def recognise(self, text: str, language: Language, **names: str) -> list[tuple[str, dict[str, str]]]:
        """The keys behind a line that was said, sentence by sentence, with what filled their slots.

        A sentence that several keys share belongs to the one that asks; a sentence cut short is still recognised.
        """
        wordings = self._wordings(language, names)
        found = (wordings.find(sentence) for sentence in sentences(text))
        return [each for each in found if each]

    def _wordings(self, language: Language, names: dict[str, str]) -> Wordings:
        at = (language, tuple(sorted(names.items())))
        if at not in self._known:
            self._known[at] = Wordings(self._open_sentences(language, names))
        return self._known[at]

    def _open_sentences(self, language: Language, names: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Every sentence with its key, names filled in: first of keys that ask, then those that are a whole wording."""
        found: list[tuple[tuple[bool, bool], str, str]] = []
        for key in self._phrases[language]:
            for template in (*self.templates(key, language), *self.templates(key + _TU, language)):
                pieces = sentences(template)
                rank = (not key.startswith(ASKING), len(pieces) > 1)
                found += [(rank, piece, _plain(key)) for piece in pieces]
        for _, piece, key in sorted(found, key=lambda each: each[0]):
            kept = {slot: "{" + slot + "}" for slot in slots_of(piece)}
            yield self._fill(piece, language, kept | names), key

    def all_fixed(self, language: Language, manner: str = "", **names: str) -> list[str]:
        """Every sentence without slots other than the names of the house: first as usted, then what differs as tú.

        Of the wordings for one manner only those of `manner`.
        """
        found: dict[str, None] = {}
        for suffix in ("", _TU):
            for key in self._phrases[language]:
                if not key.startswith(("brief_", "circle_", "audience_")) and key.partition(".")[2] in ("", manner):
                    found |= dict.fromkeys(self._fixed(key + suffix, language, names))
        return list(found)

    def _fixed(self, key: str, language: Language, names: dict[str, str]) -> Iterator[str]:
        for template in self.templates(key, language):
            for sentence in sentences(template):
                if slots_of(sentence) <= HOUSE_NAMES & names.keys():
                    yield self._fill(sentence, language, names)

    def _fill(self, template: str, language: Language, slots: Mapping[str, str]) -> str:
        """Fills the slots, names of closed lists as words (circle, "trusted" -> "de confianza"), and mends "de el"."""
        values = {slot: self._word(slot, slots[slot], language) for slot in slots_of(template)}
        return tidy(_SLOT.sub(lambda found: values[found.group(1)], template), language)

    def _word(self, slot: str, value: str, language: Language) -> str:
        return self._phrases[language].get(f"{slot}_{value}", [value])[0]


class Wordings:
    """Which key a sentence belongs to, among those of one language and one office."""

    def __init__(self, open_sentences: Iterable[tuple[str, str]]):
        self._fixed: dict[str, str] = {}
        self._open: list[tuple[re.Pattern[str], str]] = []
        self._heads: list[tuple[str, str]] = []
        for sentence, key in open_sentences:
            if slots_of(sentence):
                self._open.append((_pattern(sentence), key))
                self._heads.append((sentence.split("{", 1)[0], key))
            else:
                self._fixed.setdefault(sentence, key)

    def find(self, sentence: str) -> tuple[str, dict[str, str]] | None:
        if key := self._fixed.get(sentence):
            return key, {}
        for pattern, key in self._open:
            if found := pattern.fullmatch(sentence):
                return key, found.groupdict()
        key = self._begun(sentence)
        return (key, {}) if key else None

    def _begun(self, sentence: str) -> str | None:
        """The key of a sentence that was cut short, in its fixed words or in what filled its first slot."""
        cut = sentence.rstrip(" .…,")
        if len(cut) < _TELLING:
            return None
        if key := next((key for whole, key in self._fixed.items() if whole.startswith(cut)), None):
            return key
        if sentence.rstrip().endswith((".", "?", "!")):
            return None
        heads = ((head, key) for head, key in self._heads if len(head) >= _TELLING)
        return next((key for head, key in heads if cut.startswith(head) or head.startswith(cut)), None)


def _plain(key: str) -> str:
    """The key without a manner."""
    return key.partition(".")[0]


def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", sentence)
    return re.compile(
        "".join(f"(?P<{piece}>.+)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces)), re.IGNORECASE
    )


def slots_of(template: str) -> frozenset[str]:
    """The names of the slots in `template`."""
    return frozenset(_SLOT.findall(template))


def tidy(text: str, language: Language) -> str:
    """Capitals at the start of sentences; in Spanish "de el señor" and "a el señor" contracted; no doubled stops."""
    if language == "es":
        text = _CONTRACTED.sub(lambda found: {"d": "del ", "a": "al "}[found.group(1)[0].lower()], text)
    text = re.sub(r"([.!?])\.(?=\s|$)", r"\1", text)
    return re.sub(r"(?:^|(?<=[.!?…] ))[¿¡]?\w", lambda found: found.group().upper(), text)


@dataclass(frozen=True, slots=True)
class Examples:
    """What callers say when they mean one intent, by language."""

    intent: str
    texts: dict[Language, tuple[str, ...]]


def load_intents(file: Path = HERE / "intents.yaml") -> list[Examples]:
    """The example utterances of every intent."""
    return [
        Examples(intent, {language: tuple(texts[language]) for language in LANGUAGES})
        for intent, texts in _yaml(file).items()
    ]


def system_prompt(language: Language, **slots: str) -> str:
    """The system prompt for an external model. Raises KeyError for a missing slot."""
    return _text(HERE / f"system.{language}.md").format_map(slots)


def wishes_prompt(**slots: str) -> str:
    """The prompt by which a model turns free words into preferences. Raises KeyError for a missing slot."""
    return _text(HERE / "wishes.md").format_map(slots)


def system_slots(language: Language) -> frozenset[str]:
    """The slots that `system_prompt` needs."""
    parsed = Formatter().parse(_text(HERE / f"system.{language}.md"))
    return frozenset(name for _, name, _, _ in parsed if name)


def alternatives(name: str) -> str:
    """A pattern of ``patterns.yaml`` as one group, to be built into a larger one."""
    return f"(?:{'|'.join(_yaml(HERE / 'patterns.yaml')[name].split(chr(10))).strip('|')})"


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A pattern of ``patterns.yaml``: whole words, any case."""
    return re.compile(rf"(?<!\w){alternatives(name)}(?!\w)", re.IGNORECASE | re.DOTALL)


@cache
def words(name: str) -> frozenset[str]:
    """A list of ``words.yaml``."""
    return frozenset(_yaml(HERE / "words.yaml")[name].split())


def table(name: str) -> dict[str, Any]:
    """A table of ``words.yaml``."""
    found: dict[str, Any] = _yaml(HERE / "words.yaml")[name]
    return found


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def _yaml(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_text(file))
    return loaded
