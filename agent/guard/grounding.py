"""Where the names, numbers, times, addresses and reasons of a sentence come from; from nowhere, it is not said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from agent.guard.normalise import plain, unaccented
from agent.guard.patterns import patterns
from agent.guard.spoken import addresses, numbers, streams
from calls.words import Booking, Cover, HandOff, Message, Preference, Promise, Scene, Step

_DAYS = (
    ("lunes", "monday"), ("martes", "tuesday"), ("miercoles", "wednesday"), ("jueves", "thursday"),
    ("viernes", "friday"), ("sabado", "saturday"), ("domingo", "sunday"),
)  # fmt: skip
_MONTHS = (
    ("enero", "january"), ("febrero", "february"), ("marzo", "march"), ("abril", "april"), ("mayo", "may"),
    ("junio", "june"), ("julio", "july"), ("agosto", "august"), ("septiembre", "september"), ("octubre", "october"),
    ("noviembre", "november"), ("diciembre", "december"),
)  # fmt: skip
_CALENDAR = {word: pair for pair in (*_DAYS, *_MONTHS) for word in pair if word != "may"}
_ALWAYS_KNOWN = frozenset(
    {
        "ia", "ai", "sr", "sra", "srta", "don", "dona", "mr", "mrs", "ms",
        "dr", "dra", "usted", "ustedes", "ud", "i'm", "i'll", "i've", "i'd", "antesala",
        "espana", "english", "spanish", "espanol", "ingles", "ok", "ceo",
    }
)  # fmt: skip
_SMALL = 2
"""Numbers up to this one are also articles and turns of phrase ("una", "one moment", "los dos")."""
_HELP_NUMBERS = frozenset({"112", "911", "999"})
_NAME = re.compile(r"(?<![.!?…:«\"“]\s)(?<!^)(?<![¿¡\w])[A-ZÁÉÍÓÚÑ][\w'’-]+")


class Ground:
    """All that a sentence of this turn may draw on."""

    def __init__(self, scene: Scene, deeds: Iterable[Step]):
        self._scene = scene
        preferences = [match.preference for match in scene.recall.matches]
        self.on_file = [text for preference in preferences for text in _texts(preference)]
        covers = [text for cover in scene.policy.covers if _holds(cover, scene) for text in cover.text.values()]
        own = [line.text for line in scene.transcript if line.who == "caller"] + [scene.heard.text]
        staff = [line.text for line in scene.transcript if line.who == "staff"]
        wordings = [text for each in preferences for text in (*each.text.values(), *each.say.values())]
        self._reasons = [*wordings, *covers, *scene.guidance, *staff]
        times = list(_times(scene, deeds))
        texts = [
            *self._reasons,
            *self.on_file,
            *own,
            *_house(scene),
            *_done(deeds),
            *(_spelled(time) for time in times),
        ]
        self._times = times
        self._words = {word for text in texts for word in plain(text).split()} | _ALWAYS_KNOWN
        self._numbers = {value for text in texts for value, _ in numbers(text)}
        self._streams = streams(texts)
        self._addresses = {address for text in texts for address in addresses(text)}

    def quotes(self, sentence: str) -> bool:
        """Whether `sentence` is wording on file that was shown for this turn."""
        words = plain(sentence)
        return any(
            fuzz.partial_ratio(words, plain(text)) >= 95 for text in self.on_file if len(text) >= len(sentence) - 4
        )

    def misses(self, sentence: str, language: str) -> bool:
        """Whether `sentence` has a name, number, time or address that comes from nowhere."""
        if addresses(sentence) - self._addresses:
            return True
        asks = "?" in sentence
        if any(not self._knows_number(value, digits, asks) for value, digits in numbers(sentence, language)):
            return True
        return (not asks and self._unknown_day(sentence)) or any(self._unknown_names(sentence))

    def unfounded_absence(self, sentence: str) -> bool:
        """Whether `sentence` gives a reason why someone is not there that no cover or shown preference gives."""
        words = plain(re.sub(r"¿[^?]*\?", " ", sentence))
        if not patterns("grounding")["absent"].search(words):
            return False
        return bool(_reasons(words) - {kind for text in self._reasons for kind in _reasons(plain(text))})

    def _knows_number(self, value: int, digits: str, asks: bool) -> bool:
        if (value <= _SMALL and len(digits) == 1) or {digits, str(value)} & _HELP_NUMBERS:
            return True
        if len(digits) >= 5:
            return (
                any(digits in stream or (len(stream) >= 5 and stream in digits) for stream in self._streams)
                or value in self._numbers
            )
        return asks or value in self._numbers or any(digits in stream for stream in self._streams if len(stream) >= 5)

    def _unknown_day(self, sentence: str) -> bool:
        words = plain(sentence)
        days = [_CALENDAR[word] for word in words.split() if word in _CALENDAR]
        if any(not self._words.intersection(pair) for pair in days):
            return True
        return bool(patterns("grounding")["tomorrow"].search(words)) and not self._tomorrow_known()

    def _tomorrow_known(self) -> bool:
        tomorrow = (self._scene.now + timedelta(days=1)).date()
        return any(time.date() == tomorrow for time in self._times) or bool(self._words & {"manana", "tomorrow"})

    def _unknown_names(self, sentence: str) -> Iterator[str]:
        for found in _NAME.findall(sentence):
            word = plain(re.sub(r"['’]s$", "", found))
            known = all(part in self._words or part in _CALENDAR or part == "may" for part in word.split())
            if not known and unaccented(found.lower()) not in _ALWAYS_KNOWN and not found.startswith(("I'", "I’")):
                yield found


def _holds(cover: Cover, scene: Scene) -> bool:
    """Whether `cover` is true now."""
    if cover.when == "busy":
        return scene.busy_now
    if cover.when == "away":
        return scene.away_today
    return cover.when == "any" or not scene.open_now


def _reasons(words: str) -> set[str]:
    """The kinds of reason for an absence that plain `words` give."""
    return {kind for kind, pattern in patterns("absence").items() if pattern.search(words)}


def _texts(preference: Preference) -> list[str]:
    return [*preference.text.values(), *preference.say.values(), *([preference.when] if preference.when else [])]


def _house(scene: Scene) -> list[str]:
    """What the voice policy lets anybody know."""
    policy, caller = scene.policy, scene.caller
    people = [f"{person.name} {person.role} {person.company}" for person in (policy.executive, policy.assistant)]
    spoken = [text for person in (policy.executive, policy.assistant) for text in person.spoken.values()]
    hours = [
        f"{minute // 60} {minute // 60 % 12} {minute % 60}"
        for spans in policy.hours.open.values()
        for span in spans
        for minute in span
    ]
    days = [" ".join(_DAYS[day]) for day in policy.hours.open]
    languages = ["Español inglés Spanish English castellano"]
    return [*people, *spoken, *policy.greeting.values(), policy.receptionist.name, *hours, *days, *languages,
            caller.name or "", caller.number or ""]  # fmt: skip


def _done(deeds: Iterable[Step]) -> Iterator[str]:
    for step in deeds:
        match step:
            case Message():
                yield " ".join(filter(None, (step.reason, step.from_name, step.company, step.number)))
            case Promise():
                yield f"{step.text} {step.quote}"
            case Booking():
                yield step.with_
            case HandOff():
                yield step.to


def _times(scene: Scene, deeds: Iterable[Step]) -> Iterator[datetime]:
    zone = scene.now.tzinfo
    yield scene.now
    if scene.callback_by:
        yield scene.callback_by
    for step in deeds:
        match step:
            case Promise(due=datetime() as due):
                yield due.astimezone(zone)
            case Booking(start=start, end=end):
                yield from (start.astimezone(zone), end.astimezone(zone))


def _spelled(time: datetime) -> str:
    """Every number and word that may be used to say `time`."""
    day, month = " ".join(_DAYS[time.weekday()]), " ".join(_MONTHS[time.month - 1])
    return f"{day} {month} {time.day} , a {time.hour} b {time.hour % 12 or 12} c {time.minute} d {time.year}"
