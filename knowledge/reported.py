"""What executives say of themselves, as it is said of them: "vuelvo el lunes" -> "La señora Vidal vuelve el lunes."."""

from __future__ import annotations

import re

from calls.words import Language
from knowledge.orders import word_lists
from knowledge.wording import fold

_ENGLISH_I = re.compile(r"\bI(?P<short>['’](?:m|ll|ve|d))?\b(?: (?P<verb>[a-z'’]+))?", re.IGNORECASE)
_SHORT = {"m": " is", "ll": " will", "ve": " has", "d": " would"}
_AS_IS = frozenset({"will", "won't", "can", "can't", "could", "should", "would", "might", "may", "must"})


def reported(text: str, language: Language, executive: str) -> str:
    """A whole sentence with a full stop, in the third person where it was in the first."""
    text = re.sub(r"\s+", " ", text).strip(" .")
    text = (
        _spanish(text, executive)
        if language == "es"
        else _ENGLISH_I.sub(lambda found: _english(found, executive), text)
    )
    for own, theirs in word_lists()["own"][language].items():
        text = re.sub(rf"\b{own}\b", theirs, text, flags=re.IGNORECASE)
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(("?", "!", "…")) else ".")


def _spanish(text: str, executive: str) -> str:
    """The first verb in the first person, with its subject before it; after a word that must stay first, behind it."""
    known = word_lists()["first_person"]["es"]
    words = [word for word in text.split(" ") if fold(word) != "yo"]
    named = False
    for at, word in enumerate(words):
        if (verb := known.get(fold(word.strip(",;")))) is None:
            continue
        tail = word[len(word.rstrip(",;")) :]
        if named:
            words[at] = verb + tail
        elif all(fold(each) in ("no", "ya", "me", "le", "les", "lo", "la", "os", "te") for each in words[:at]):
            words[at] = verb + tail
            words.insert(0, executive)
        else:
            words[at] = f"{verb} {executive}{tail}"
        named = True
        if words[0] == executive:
            break
    return " ".join(words)


def _english(found: re.Match[str], executive: str) -> str:
    verb = found["verb"] or ""
    if found["short"]:
        return f"{executive}{_SHORT[found['short'][1:].lower()]}{' ' + verb if verb else ''}"
    known = word_lists()["first_person"]["en"]
    plain = verb.replace("’", "'")
    if not verb or plain in _AS_IS or plain.endswith("ed"):
        return f"{executive} {verb}".strip()
    return f"{executive} {known.get(plain) or verb + 's'}"
