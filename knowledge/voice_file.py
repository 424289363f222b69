"""voice.yaml: who the receptionist is and how they speak, as a VoicePolicy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from calls.disclosure import discloses
from calls.words import (
    LANGUAGES,
    Allowance,
    Circle,
    Cover,
    HandOffPolicy,
    Hours,
    Language,
    Person,
    Persona,
    Texts,
    VoicePolicy,
)
from knowledge.numbers import e164, region_of, region_of_timezone
from knowledge.personal import personal_fact, refusal
from knowledge.yaml_file import Node, YamlFile, is_empty, is_mapping, is_plain, pairs

_KEYS = (
    "executive", "assistant", "receptionist", "greeting", "hours", "hand_off", "covers", "recording", "listening",
    "avoid", "prefer", "budget",
)  # fmt: skip
_PERSON = ("name", "role", "company", "phone", "email", "spoken")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_COVERS = ["busy", "away", "closed", "holiday", "any"]
Warmth = Literal["reserved", "even", "warm"]
WARMTHS: tuple[Warmth, ...] = ("reserved", "even", "warm")
_DISCLOSURE_MEND: Texts = {
    "es": "Añada, por ejemplo, «soy la asistente virtual de ...» (EU AI Act, art. 50(1)).",
    "en": "Add, for example, “I'm ...'s AI assistant” (EU AI Act, art. 50(1)).",
}
_NO_ONE = Person("")


def read_voice(file: YamlFile) -> tuple[VoicePolicy, str | None] | None:
    """The policy and the office's country (ISO 3166); None, with `file.faults`, when anything is wrong with it."""
    root = file.root()
    if root is None or is_empty(root):
        if not file.faults:
            file.fault(None, "The file is empty.", "Write at least executive, assistant and greeting.")
        return None
    fields = file.fields(root, _KEYS, ("executive", "assistant", "greeting"))
    hours = _hours(file, fields.get("hours"))
    region = _region(file, fields, hours)
    receptionist = _receptionist(file, fields.get("receptionist"))
    policy = VoicePolicy(
        executive=_person(file, fields.get("executive"), region),
        assistant=_person(file, fields.get("assistant"), region),
        greeting=_greeting(file, fields.get("greeting"), receptionist),
        receptionist=receptionist,
        hours=hours,
        hand_off=_hand_off(file, fields.get("hand_off")),
        covers=_covers(file, fields.get("covers")),
        recording=_recording(file, fields.get("recording")),
        listening=_listening(file, fields.get("listening")),
        avoid=_list(file, fields.get("avoid")),
        prefer=_list(file, fields.get("prefer")),
        budget=_budget(file, fields.get("budget")),
    )
    return None if file.faults else (policy, region)


def number_at(file: YamlFile, node: Node, region: str | None) -> str | None:
    """A telephone number as E.164; a fault when it is none."""
    said = file.text(node)
    number = e164(said, region)
    if number is None:
        file.fault(node, f"{said!r} is not a telephone number.", 'Write it with its country, such as "+34600111222".')
    return number


def _region(file: YamlFile, fields: dict[str, Node], hours: Hours) -> str | None:
    """The country of the assistant's or executive's number, else of the time zone."""
    for who in ("assistant", "executive"):
        phone = _peek(fields.get(who), "phone")
        number = e164(phone, None) if phone else None
        if number and (region := region_of(number)):
            return region
    return region_of_timezone(hours.timezone)


def _peek(node: Node | None, key: str) -> str:
    """A value of a mapping, without judging it."""
    return next((str(value.value) for name, value in pairs(node) if name.value == key), "")


def _person(file: YamlFile, node: Node | None, region: str | None) -> Person:
    if node is None:
        return _NO_ONE
    fields = file.fields(node, _PERSON, ("name",))
    spoken = {each: file.text(fields.get("spoken")) for each in LANGUAGES} if is_plain(fields.get("spoken")) else None
    return Person(
        name=file.text(fields.get("name")),
        role=file.text(fields.get("role")),
        company=file.text(fields.get("company")),
        phone=number_at(file, fields["phone"], region) if "phone" in fields else None,
        email=_email(file, fields.get("email")),
        spoken=spoken or file.texts(fields.get("spoken"), "es"),
    )


def _email(file: YamlFile, node: Node | None) -> str | None:
    said = file.text(node)
    if said and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", said):
        file.fault(node, f"{said!r} is not an e-mail address.", "Write it as name@company.example.")
    return said or None


def _list(file: YamlFile, node: Node | None) -> tuple[str, ...]:
    """A list of texts; a single one may stand alone."""
    if node is None:
        return ()
    nodes = [node] if is_plain(node) else file.items(node)
    return tuple(text for each in nodes if (text := file.text(each)))


def _receptionist(file: YamlFile, node: Node | None) -> Persona:
    if node is None:
        return Persona()
    fields = file.fields(node, ("name", "languages", "address", "tone", "warmth"))
    languages = _languages(file, fields.get("languages"))
    address = file.texts(fields.get("address"), "es")
    if "es" in address and address["es"] not in ("usted", "tú", "tu"):
        file.fault(fields["address"], f"{address['es']!r} is not a form of address.", "Use usted or tú.")
    return Persona(
        name=file.text(fields.get("name")) or Persona().name,
        languages=languages,
        address=address or Persona().address,
        tone=file.text(fields.get("tone")),
        warmth=_warmth(file, fields.get("warmth")),
    )


def _warmth(file: YamlFile, node: Node | None) -> Warmth:
    said = file.text(node) or "even"
    warmth: Warmth | None = next((known for known in WARMTHS if known == said), None)
    if node is not None and warmth is None:
        file.wrong_word(node, said, list(WARMTHS))
    return warmth or "even"


def _languages(file: YamlFile, node: Node | None) -> tuple[Language, ...]:
    found: list[Language] = []
    nodes = () if node is None else [node] if is_plain(node) else list(file.items(node))
    for each in nodes:
        said = file.text(each)
        language: Language | None = next((known for known in LANGUAGES if known == said), None)
        if language is None:
            file.wrong_word(each, said, list(LANGUAGES))
        elif language not in found:
            found.append(language)
    return tuple(found) or LANGUAGES


def _greeting(file: YamlFile, node: Node | None, receptionist: Persona) -> Texts:
    if node is None:
        return {}
    greeting = file.texts(node, receptionist.languages[0])
    for language in receptionist.languages:
        if language not in greeting:
            file.fault(
                node, f"There is no greeting in {language!r}.", f"Add `{language}: ...`, or take it out of languages."
            )
        elif not discloses(greeting[language], language):
            what = f"The greeting in {language!r} does not say that an artificial intelligence is speaking."
            file.fault(_value(node, language), what, _DISCLOSURE_MEND[language])
        elif private := personal_fact(greeting[language]):
            file.fault(_value(node, language), *refusal(*private))
    return greeting


def _value(node: Node, key: str) -> Node:
    """The value under `key`, for its line; the node itself when there is none."""
    return next((value for name, value in pairs(node) if name.value == key), node)


def _hours(file: YamlFile, node: Node | None) -> Hours:
    if node is None:
        return Hours()
    fields = file.fields(node, ("timezone", "open", "holidays"))
    days = (file.day(each) for each in file.items(fields["holidays"])) if "holidays" in fields else ()
    holidays = tuple(day for day in days if isinstance(day, date))
    return Hours(_timezone(file, fields.get("timezone")), _open(file, fields.get("open")), holidays)


def _timezone(file: YamlFile, node: Node | None) -> str:
    said = file.text(node) or Hours().timezone
    try:
        return ZoneInfo(said).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        file.fault(node, f"{said!r} is not a time zone.", "Use a name of the tz database, such as Europe/Madrid.")
        return Hours().timezone


def _open(file: YamlFile, node: Node | None) -> dict[int, tuple[tuple[int, int], ...]]:
    """``{mon-fri: "09:00-14:00, 16:00-19:00"}`` as minutes by weekday."""
    by_day: dict[int, tuple[tuple[int, int], ...]] = {}
    if node is not None and not is_mapping(node):
        file.fault(node, "Days and their hours are needed here.", 'Write for example `mon-fri: "09:00-18:30"`.')
    for key, value in pairs(node):
        ranges = _ranges(file, value)
        for day in _days(file, key):
            if day in by_day:
                file.fault(key, f"{_DAYS[day]} is here twice.", "Give each day its hours once, separated by commas.")
            by_day[day] = ranges
    return by_day


def _days(file: YamlFile, node: Node) -> Iterator[int]:
    """The weekdays of ``mon-fri``, ``fri-mon`` (over the weekend), ``sat`` or ``mon, wed``."""
    for part in str(node.value).lower().split(","):
        ends = [each.strip()[:3] for each in re.split(r"[-–]", part)]
        if len(ends) > 2 or any(each not in _DAYS for each in ends):
            file.fault(node, f"{node.value!r} is no range of days.", f"Use {', '.join(_DAYS)}, such as mon-fri.")
            return
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        yield from ((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))


def _ranges(file: YamlFile, node: Node) -> tuple[tuple[int, int], ...]:
    """Minutes of the day from ``09:00-14:00, 16:00-19:00``, in order."""
    found: list[tuple[int, int]] = []
    for text in _list(file, node):
        for part in (each.strip() for each in text.split(",")):
            span = _opening(part)
            if span:
                found.append(span)
            else:
                mend = 'Write from-until within a day, such as "09:00-18:30".'
                file.fault(node, f"{part!r} is no opening of one day.", mend)
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        file.fault(node, "These hours overlap.", "Make one range of them.")
    return tuple(found)


def _opening(text: str) -> tuple[int, int] | None:
    span = _RANGE.fullmatch(text)
    if span is None:
        return None
    hour, minute, last_hour, last_minute = map(int, span.groups())
    since, until = hour * 60 + minute, last_hour * 60 + last_minute
    return (since, until) if minute < 60 and last_minute < 60 and since < until <= 24 * 60 else None


def _hand_off(file: YamlFile, node: Node | None) -> HandOffPolicy:
    if node is None:
        return HandOffPolicy()
    fields, usual = file.fields(node, ("unclear_turns", "ring_seconds", "to")), HandOffPolicy()
    to = _list(file, fields.get("to"))
    for place in to:
        if place not in ("console", "phone"):
            file.wrong_word(fields["to"], place, ["console", "phone"])
    return HandOffPolicy(
        unclear_turns=int(file.number(fields.get("unclear_turns"), 1, 10) or usual.unclear_turns),
        ring_seconds=file.number(fields.get("ring_seconds"), 1, 120) or usual.ring_seconds,
        to=to or usual.to,
    )


def _covers(file: YamlFile, node: Node | None) -> tuple[Cover, ...]:
    covers: list[Cover] = []
    for each in file.items(node) if node is not None else ():
        fields = file.fields(each, (*LANGUAGES, "when"))
        when = file.text(fields.get("when")) or "any"
        if when not in _COVERS:
            file.wrong_word(fields["when"], when, _COVERS)
        texts: Texts = {language: file.text(fields[language]) for language in LANGUAGES if language in fields}
        if not texts:
            file.fault(each, "This cover has no wording.", "Add `es: ...` and `en: ...`.")
        for language, text in texts.items():
            if private := personal_fact(text):
                file.fault(fields[language], *refusal(*private))
        covers.append(Cover(texts, when))
    return tuple(covers)


def _budget(file: YamlFile, node: Node | None) -> dict[Circle, Allowance]:
    """``{anyone: {minutes: 30, interruptions: 2}}``, by the week."""
    if node is None or is_empty(node):
        return {}
    names = tuple(each.value for each in Circle if each is not Circle.BLOCKED)
    return {Circle(name): _allowance(file, each) for name, each in file.fields(node, names).items()}


def _allowance(file: YamlFile, node: Node) -> Allowance:
    fields = file.fields(node, ("minutes", "interruptions"))
    minutes = file.number(fields.get("minutes"), 0, 7 * 24 * 60)
    interruptions = file.number(fields.get("interruptions"), 0, 1000)
    return Allowance(None if minutes is None else int(minutes), None if interruptions is None else int(interruptions))


def _recording(file: YamlFile, node: Node | None) -> Literal["off", "ask"]:
    """``off`` or ``ask``; YAML 1.1 programs rewrite a bare off as false or no."""
    said = file.text(node).lower()
    if said in ("", "off", "false", "no"):
        return "off"
    if said != "ask" and node is not None:
        file.wrong_word(node, said, ["off", "ask"])
    return "ask"


def _listening(file: YamlFile, node: Node | None) -> Literal["off", "greeting", "joining"]:
    """``off``, ``greeting`` or ``joining``; a bare off may come as false or no."""
    said = file.text(node).lower() or "greeting"
    if said in ("off", "false", "no"):
        return "off"
    if node is not None and said not in ("greeting", "joining"):
        file.wrong_word(node, said, ["off", "greeting", "joining"])
    return "joining" if said == "joining" else "greeting"
