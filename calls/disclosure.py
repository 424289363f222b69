"""Whether a text tells the caller that an artificial intelligence is speaking.

EU AI Act, Regulation (EU) 2024/1689, art. 50(1).
"""

import hashlib
import re

from calls.words import Language

_SAYS_SO: dict[Language, re.Pattern[str]] = {
    "es": re.compile(
        r"\b(inteligencia artificial|asistente (virtual|autom[áa]tic[ao]|digital)|recepcionista virtual"
        r"|(una?|soy|de|por) I\.?A\b)",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(artificial intelligence|A\.?I\.? |AI\b|virtual (assistant|receptionist)|automated assistant)",
        re.IGNORECASE,
    ),
}


def discloses(text: str, language: Language) -> bool:
    """True if `text`, in `language`, says that the speaker is an AI."""
    return bool(_SAYS_SO[language].search(text))


def with_notice(greeting: str, notice: str) -> str:
    """`greeting` with `notice` in it, before the question that it ends in."""
    before, mark, question = greeting.rpartition("¿") if "¿" in greeting else _last_sentence(greeting)
    asks = question.rstrip().endswith("?")
    return f"{before.rstrip()} {notice} {mark}{question}".strip() if asks else f"{greeting} {notice}"


def _last_sentence(text: str) -> tuple[str, str, str]:
    *_, (begins, _) = [(0, 0), *(found.span() for found in re.finditer(r"(?<=[.!?])\s+", text))]
    return text[:begins], "", text[begins:].lstrip()


def disclosure_version(greeting: str) -> str:
    """A short, stable name for the exact wording that was spoken, for the record."""
    return hashlib.sha256(greeting.encode()).hexdigest()[:12]
