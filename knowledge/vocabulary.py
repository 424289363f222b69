"""Names and words that a caller is likely to say: Whisper hears them better when it has read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from calls.words import Caller, Preference, VoicePolicy

MOST = 60
_NAME = re.compile(
    r"(?<![.?!¿¡:]\s)(?<!^)\b[A-ZÁÉÍÓÚÑ][\w'’-]*[a-záéíóúñ][\w'’-]*(?: (?:de |del |la )*[A-ZÁÉÍÓÚÑ][\w'’-]+)*"
)
_NOT_NAMES = {
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    *("I", "English", "Spanish", "Ms", "Mr", "Mrs"),
}


def vocabulary(
    policy: VoicePolicy, preferences: Iterable[Preference], contacts: Sequence[str], caller: Caller
) -> tuple[str, ...]:
    """At most 60, most likely first: the caller, the house, contacts, names in what this caller may hear."""
    house = [policy.executive.name, policy.executive.company, policy.assistant.name, policy.receptionist.name]
    spoken = [*policy.executive.spoken.values(), *policy.assistant.spoken.values()]
    said = [text for each in preferences if caller.circle.may_hear(each.audience) for text in each.text.values()]
    names = [name for text in said for name in _NAME.findall(text) if name not in _NOT_NAMES]
    caller_name = [caller.name] if caller.name else []
    wanted = [*caller_name, *house, *contacts, *names, *spoken]
    return tuple(dict.fromkeys(word for word in wanted if word))[:MOST]
