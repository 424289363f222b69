"""The first meeting: fifteen questions to the executive, whose answers make an office folder that works."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from calls.errors import OfficeError
from calls.versions import Fault, NotFit
from calls.words import Audience, Language, Texts
from knowledge.contacts import Contact
from knowledge.contacts_file import read_contacts
from knowledge.given import Given
from knowledge.numbers import e164
from knowledge.office_folder import BrokenOffice, read_office
from knowledge.orders import Person, order_in, people
from knowledge.plain import Plain
from knowledge.reported import reported
from knowledge.said import address, digits, hours, one_of
from knowledge.wishes import Phrase, Unclear, written
from knowledge.wording import guess_language, slug

_QUESTIONS = Path(__file__).with_name("meeting.yaml")
_NUMBER = re.compile(r"\+?\d[\d ().-]{5,}\d")
_ID = 40
Line = Callable[..., str]
Understand = Callable[[str, Language, str, date], Awaitable[Sequence[Plain]]]
"""Free words (text, language, the executive, today) as preferences, by a language model; none when it can't."""


async def understood(
    answers: Mapping[str, str], language: Language, today: date, understand: Understand
) -> dict[str, Sequence[Plain]]:
    """Those lines of the wishes that are no plain order, each with what a language model makes of it."""
    lines = filter(None, map(str.strip, answers.get("wishes", "").splitlines()))
    free = [line for line in lines if not order_in(line, today).wishes]
    executive = answers.get("spoken") or answers.get("executive", "")
    made = {line: await understand(line, guess_language(line, language), executive, today) for line in free}
    return {line: plains for line, plains in made.items() if plains}


@dataclass(frozen=True, slots=True)
class Question:
    """`kind`: text, phone, email, pin, lines or choice (one of `choices`); `usual` stands in for silence."""

    id: str
    text: str
    kind: str
    hint: str
    usual: str
    optional: bool
    choices: tuple[str, ...]


@cache
def questions(language: Language) -> tuple[Question, ...]:
    """All of them, in order."""
    return tuple(_question(each, language) for each in yaml.safe_load(_QUESTIONS.read_text(encoding="utf-8")))


def _question(plain: Mapping[str, Any], language: Language) -> Question:
    kind, usual = plain.get("kind", "text"), plain.get("usual", "")
    return Question(
        id=plain["id"],
        text=plain[language],
        kind="choice" if isinstance(kind, list) else kind,
        hint=plain.get("hint", {}).get(language, ""),
        usual=usual[language] if isinstance(usual, dict) else usual,
        optional=plain.get("optional", False),
        choices=tuple(kind) if isinstance(kind, list) else (),
    )


def office_from(
    answers: Mapping[str, str],
    language: Language,
    today: date,
    line: Line,
    free: Mapping[str, Sequence[Plain]] | None = None,
) -> dict[str, Any]:
    """The files of an office folder, by name, in plain form. Raises NotFit with everything that is missing or wrong.

    `line`: a line of the phrasebook, ``(key, language, **slots)``. `free`: what a model made of free wishes.
    """
    said = {
        each.id: _as_written(each, (answers.get(each.id) or "").strip()) or each.usual for each in questions(language)
    }
    missing = [each for each in questions(language) if not said[each.id] and not each.optional]
    if missing:
        raise NotFit([Fault(each.id, f"{each.text}", "") for each in missing])
    faults = [fault for each in questions(language) if (fault := _fault(each, said[each.id]))]
    if faults:
        raise NotFit(faults)
    spoken = _both(said["spoken"] or said["executive"], language, said["executive"])

    def phrase(key: str, language: Language | None = None, **slots: str) -> str:
        language = language or "es"
        return line(key, language, executive=spoken[language], **slots)

    contacts = [*_executive_contact(said), *_contacts(said["close"])]
    wished = _wished(said["wishes"], contacts, today, phrase, free or {})
    return {
        "voice.yaml": _voice(said, language),
        "contacts.yaml": contacts,
        "preferences.yaml": [*_preferences(said, language, phrase), *wished],
    }


def _as_written(question: Question, said: str) -> str:
    """An answer that may have been dictated, as one would write it."""
    match question.kind:
        case "email":
            return address(said)
        case "pin":
            return digits(said)
        case "choice":
            return one_of(said, question.choices)
    return said


def _fault(question: Question, said: str) -> Fault | None:
    """What is wrong with an answer that no file would tell."""
    if question.choices and said not in question.choices:
        return Fault(question.id, f"{said!r} is none of these.", ", ".join(question.choices))
    if question.kind == "email" and said and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", said):
        return Fault(question.id, f"{said!r} is not an e-mail address.", "Write it as name@company.example.")
    return None


def write_office(folder: Path, files: Mapping[str, Any], language: Language) -> None:
    """Writes an office folder that is known to be readable, or nothing.

    Raises NotFit with every fault, OfficeError when there is an office already.
    """
    if any((folder / name).exists() for name in files):
        raise OfficeError(folder, "There is an office here already.", "Choose another folder with --office.")
    with tempfile.TemporaryDirectory() as place:
        draft = Path(place) / "office"
        draft.mkdir()
        for name, plain in files.items():
            text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110)
            (draft / name).write_text(text, encoding="utf-8")
        try:
            read_office(draft)
        except BrokenOffice as broken:
            raise NotFit(
                [Fault(_asked_in(each.what, each.file), each.what, each.mend) for each in broken.errors]
            ) from None
        folder.mkdir(parents=True, exist_ok=True)
        for name in files:
            shutil.copy(draft / name, folder / name)


# --- voice.yaml ---------------------------------------------------------------------------------------


def _voice(said: Mapping[str, str], language: Language) -> Plain:
    name = said["executive"]
    role, _, company = said["company"].partition(",")
    spoken = said["spoken"] or name
    assistant, number = _name_and_number(said["assistant"])
    receptionist = said["receptionist"]
    return {
        "executive": {
            "name": name,
            "role": role.strip(),
            "company": company.strip(),
            **({"phone": said["phone"]} if said["phone"] else {}),
            "spoken": _both(spoken, language, name),
        },
        "assistant": {"name": assistant, **({"phone": number} if number else {})},
        "receptionist": {"name": receptionist, "languages": _ordered(language), "address": {"es": said["address"]}},
        "greeting": {
            "es": f"Despacho de {spoken if language == 'es' else name}. Le atiende {receptionist}, "
            "asistente de inteligencia artificial. ¿En qué puedo ayudarle?",
            "en": f"{spoken if language == 'en' else name}'s office. This is {receptionist}, an AI assistant. "
            "How may I help you?",
        },
        "hours": {"timezone": "Europe/Madrid", "open": dict(hours(said["hours"]))},
        "covers": [
            {
                "es": "En este momento no puede atender la llamada.",
                "en": "The call can't be taken at the moment.",
                "when": "any",
            },
            {
                "es": "A esta hora el despacho ya está cerrado.",
                "en": "The office is closed at this hour.",
                "when": "closed",
            },
        ],
        "recording": "ask",
        "listening": "greeting",
    }


def _both(spoken: str, language: Language, name: str) -> Texts:
    """How they are spoken of in their own language; in the other by name, since titles differ."""
    other: Language = "en" if language == "es" else "es"
    return {language: spoken, other: name}


def _ordered(language: Language) -> list[str]:
    return ["es", "en"] if language == "es" else ["en", "es"]


# --- contacts.yaml ------------------------------------------------------------------------------------


def _executive_contact(said: Mapping[str, str]) -> Iterator[Plain]:
    if said["phone"] and said["pin"]:
        yield {"name": said["executive"], "numbers": [said["phone"]], "circle": "inner", "pin": said["pin"]}


def _contacts(lines: str) -> Iterator[Plain]:
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, number = _name_and_number(line)
        about = _NUMBER.sub("", line).replace(name, "", 1).strip(" ,;")
        yield {"name": name, "numbers": [number] if number else [], "circle": "trusted", "notes": about}


def _name_and_number(text: str) -> tuple[str, str]:
    found = _NUMBER.search(text)
    number = found.group() if found else ""
    return re.split(r"[,;(]", text.replace(number, ""))[0].strip(), e164(number, "ES") or number


# --- preferences.yaml ---------------------------------------------------------------------------------


def _preferences(said: Mapping[str, str], language: Language, phrase: Phrase) -> Iterator[Plain]:
    for line in filter(None, map(str.strip, said["answers"].splitlines())):
        question, _, answer = line.partition("=")
        text = (answer or question).strip()
        rule = {"when": question.strip(), "do": "answer"} if answer else {}
        yield {"id": _slug(question), "text": {guess_language(text, language): text}, **rule}
    yield {
        "id": "sales-calls",
        "topic": "sales",
        "when": phrase("meeting_sales_when", "en"),
        "do": said["sales"],
        "text": {each: phrase(f"meeting_sales_{said['sales']}", each) for each in ("es", "en")},
    }
    if said["press"]:
        texts = {each: phrase("meeting_press", each, address=said["press"]) for each in ("es", "en")}
        when = phrase("meeting_press_when", "en")
        yield {"id": "press", "topic": "press", "when": when, "do": "redirect", "text": texts}
    for line in filter(None, map(str.strip, said["never"].splitlines())):
        data = {"text": {guess_language(line, language): line}, "audience": Audience.NOBODY.value}
        yield {"id": f"never-{_slug(line)}", **data}


def _wished(
    lines: str, contacts: Sequence[Plain], today: date, phrase: Phrase, free: Mapping[str, Sequence[Plain]]
) -> Iterator[Plain]:
    """What is wished for in free words, as by phone; a plain statement is something to tell."""
    known = _read(contacts)
    for number, line in enumerate(filter(None, map(str.strip, lines.splitlines())), 1):
        order = order_in(line, today)
        if line in free:
            yield from ({**plain, "id": f"wish-{number}-{each}"} for each, plain in enumerate(free[line], 1))
        elif not order.wishes:
            language = guess_language(line, "es")
            text = reported(line, language, phrase("order_executive", language))
            yield {"id": f"wish-{number}-{_slug(line)}", "text": {language: text}}
        for each, wish in enumerate(order.wishes, 1):
            meant = people(wish.who, known) if isinstance(wish, Person) else []
            try:
                made = written(wish, order, meant, today, phrase)
            except Unclear as unclear:
                what = phrase(unclear.key, guess_language(line, "es"), who=unclear.who)
                raise NotFit([Fault("wishes", what, "")]) from None
            yield {"id": f"wish-{number}-{each}", **_bare(made.data)}


def _read(contacts: Sequence[Plain]) -> tuple[Contact, ...]:
    """As they will be read from the file. Raises NotFit."""
    given = Given([dict(each) for each in contacts])
    found = read_contacts(given, "ES")
    if given.faults:
        raise NotFit([Fault(_asked_in(each.what, "close"), each.what, each.mend) for each in given.told])
    return found


def _bare(data: Plain) -> Plain:
    """Without what is empty."""
    valid = {end: day for end, day in data.get("valid", {}).items() if day}
    return {name: value for name, value in {**data, "valid": valid}.items() if value not in ("", None, {}, [])}


def _slug(text: str) -> str:
    return slug(text)[:_ID].strip("-") or "answer"


def _asked_in(fault: str, otherwise: str) -> str:
    """The question that a fault of a file goes back to."""
    places = {"PIN": "pin", "opening": "hours", "days": "hours", "telephone": "phone", "e-mail": "press"}
    return next((question for word, question in places.items() if word in fault), otherwise)
