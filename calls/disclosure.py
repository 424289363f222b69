"""What the greeting has to say: that an artificial intelligence is speaking, and who may listen.

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

_SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bDra\.)(?<!\bSr\.)(?<!\bSra\.)\s+(?=[¿¡A-ZÁÉÍÓÚÑ])"
)


def discloses(text: str, language: Language) -> bool:
    """True if `text`, in `language`, says that the speaker is an AI."""
    return bool(_SAYS_SO[language].search(text))


def sentences(text: str) -> list[str]:
    """`text` cut after its full stops, question and exclamation marks, but not after "Ms." or "Sr."."""
    return [piece for piece in _SENTENCE_END.split(text.strip()) if piece]


def with_notice(greeting: str, notice: str) -> str:
    """`greeting` with `notice` in it, before the question that it ends in."""
    told, question = _question_apart(greeting)
    return " ".join(filter(None, (told, notice, question)))


def without_question(greeting: str) -> str:
    """`greeting` without the question that it ends in, where another is put instead; a bare question stays."""
    told, question = _question_apart(greeting)
    return told or question


def _question_apart(greeting: str) -> tuple[str, str]:
    *told, last = sentences(greeting) or [""]
    return (" ".join(told), last) if last.endswith("?") else (greeting, "")


def disclosure_version(greeting: str) -> str:
    """A short, stable name for the exact wording that was spoken, for the record."""
    return hashlib.sha256(greeting.encode()).hexdigest()[:12]
