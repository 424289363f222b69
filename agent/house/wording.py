"""How the house model puts things: which variant, which form of address, which approved cover."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from zlib import crc32

from agent.house.dialogue import Situation, names_of
from calls.words import Language, Match, Scene, Sentence, Texts, VoicePolicy
from prompts import Phrasebook, pattern, sentences


class Wording:
    """The words for one turn. Deterministic: the call's id and what was said before choose among variants."""

    def __init__(self, situation: Situation, book: Phrasebook, language: Language | None = None):
        self._situation = situation
        self._scene = situation.scene
        self._book = book
        self._said = Counter(situation.said)
        self.language: Language = language or situation.scene.language

    def in_other_language(self) -> Wording:
        """The same words in the caller's other language."""
        return Wording(self._situation, self._book, "en" if self.language == "es" else "es")

    def say(self, key: str, **slots: str) -> Iterator[Sentence]:
        """One way to say `key` that was not used lately, sentence by sentence."""
        for sentence in sentences(self.text(key, **slots)):
            yield Sentence(sentence, self.language)

    def text(self, key: str, **slots: str) -> str:
        """As `say`, in one piece."""
        variants = self.all(key, **slots)
        turn = crc32(f"{self._scene.call_id} {key}".encode())
        if pattern("brief_tone").search(self._scene.policy.receptionist.tone):
            variants, turn = sorted(variants, key=len), 0
        turn += self._said[key]
        self._said[key] += 1
        return variants[turn % len(variants)]

    def in_order(self, key: str, **slots: str) -> Iterator[Sentence]:
        """As `say`, but the variants come in the order of the phrasebook: each asks in a plainer way."""
        variants = self.all(key, **slots)
        text = variants[min(self._said[key], len(variants) - 1)]
        self._said[key] += 1
        for sentence in sentences(text):
            yield Sentence(sentence, self.language)

    def all(self, key: str, **slots: str) -> list[str]:
        """Every way to say `key` to this caller."""
        manner, form = self._scene.policy.receptionist.warmth, ".tu" if familiar(self._scene) else ""
        variants = self._book.variants(
            f"{key}.{manner}{form}", self.language, **names_of(self._scene, self.language), **slots
        )
        return _to_taste(variants, self._scene.policy)

    def on_file(self, match: Match) -> Iterator[Sentence]:
        """The wording of a preference; if it is only in the other language, after a word of warning."""
        yield from self._quoted(*match.preference.wording(self.language))

    def rule(self, match: Match) -> Iterator[Sentence]:
        """What a rule wants said, if it is meant for callers' ears: its `say`, or a `text` that is no instruction."""
        if match.preference.say or not pattern("instruction").match(match.preference.wording(self.language)[0]):
            yield from self.on_file(match)

    def own_words(self, match: Match) -> Iterator[Sentence]:
        """Only the `say` of a rule."""
        if match.preference.say:
            yield from self.on_file(match)

    def not_there(self) -> Iterator[Sentence]:
        """That the executive is not available: an approved cover that is true now, else words without a reason."""
        covers = self._scene.policy.covers
        fitting = next((found for when in _times(self._scene) if (found := [c for c in covers if c.when in when])), [])
        if fitting:
            cover = fitting[crc32(self._scene.call_id.encode()) % len(fitting)]
            yield from self._quoted(*_worded(cover.text, self.language))
        else:
            yield from self.say("cover_neutral" if self._scene.open_now else "cover_closed")

    def _quoted(self, text: str, language: Language) -> Iterator[Sentence]:
        if language != self.language:
            yield from self.say("other_language_lead")
        for sentence in sentences(text):
            yield Sentence(sentence, language)


def covers_of(scene: Scene) -> set[str]:
    """Every sentence by which this office says that the executive is not available."""
    return {piece for cover in scene.policy.covers for text in cover.text.values() for piece in sentences(text)}


def familiar(scene: Scene) -> bool:
    """Whether the caller is to be addressed as tú: the policy says so, or the contact's notes do."""
    if pattern("not_familiar").search(scene.caller.notes):
        return False
    address = scene.policy.receptionist.address.get("es", "")
    return bool(pattern("familiar").search(address)) or bool(pattern("familiar").search(scene.caller.notes))


def _to_taste(variants: list[str], policy: VoicePolicy) -> list[str]:
    """Those that have a word the office likes, else those without one that it avoids, else all."""
    liked = [each for each in variants if _has(each, policy.prefer) and not _has(each, policy.avoid)]
    return liked or [each for each in variants if not _has(each, policy.avoid)] or variants


def _has(text: str, expressions: Iterable[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.IGNORECASE) for each in expressions)


def _times(scene: Scene) -> tuple[frozenset[str], ...]:
    """The `when` of covers that hold now; only where the office has none for the first is the next looked at."""
    always = frozenset({"any"})
    if not scene.open_now:
        closed = "holiday" if scene.now.date() in scene.policy.hours.holidays else "closed"
        return frozenset({closed}), frozenset({"closed"}), always
    if scene.away_today:
        return frozenset({"away"}), always
    return (frozenset({"busy", "any"}),) if scene.busy_now else (always,)


def _worded(texts: Texts, language: Language) -> tuple[str, Language]:
    written: Language = language if language in texts else next(iter(texts))
    return texts[written], written
