"""Names and words that a caller is likely to say: Whisper hears them better when it has read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from calls.words import Caller, Preference, VoicePolicy

MOST, MOST_READ = 60, 300
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
    """At most 60, most likely first: the caller, the house, contacts, names in what this caller may hear.

    Asked for at every pause of every caller, so it reads no more than the first preferences.
    """
    house = [policy.executive.name, policy.executive.company, policy.assistant.name, policy.receptionist.name]
    spoken = [*policy.executive.spoken.values(), *policy.assistant.spoken.values()]
    read = islice((each for each in preferences if caller.circle.may_hear(each.audience)), MOST_READ)
    named = (name for each in read for text in each.text.values() for name in _names(text))
    words = dict.fromkeys(word for word in (caller.name, *house, *contacts, *spoken) if word)
    for name in named:
        if len(words) >= MOST:
            break
        words[name] = None
    return tuple(words)[:MOST]


@lru_cache(maxsize=4 * MOST_READ)
def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in _NAME.findall(text) if name not in _NOT_NAMES)
