"""An encoder that needs no weights: two texts are near when they share words or concepts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.lexical import terms

VOICE = """\
executive: {name: Elena Vidal, role: CEO, company: Vidal Robotics, spoken: {es: la señora Vidal, en: Ms. Vidal}}
assistant: {name: Marta Ríos, phone: "+34910000001", email: marta@vidal.example}
receptionist: {name: Clara, languages: [es, en], address: {es: usted}, tone: warm and brief}
greeting:
  es: "Le atiende Clara, asistente virtual de la señora Vidal."
  en: "This is Clara, Ms. Vidal's AI assistant."
hours: {timezone: Europe/Madrid, open: {mon-fri: "09:00-14:00, 16:00-19:00"}, holidays: [2026-12-25]}
covers: [{es: "Está reunida.", en: "She's in a meeting.", when: busy}]
recording: off
"""
PREFERENCES = """\
- id: press
  text: {en: "Journalists write to press@vidal.example.", es: "La prensa escribe a prensa@vidal.example."}
  topic: press
  when: a journalist or the press calls
  do: redirect
- id: parking
  text: "Puede aparcar en la entrada norte."
- id: board
  text: {en: "The board meets on December 15."}
  audience: trusted
- id: hotel
  text: {es: "Se aloja en el hotel Skeppsbron."}
  audience: inner
- id: sale
  text: {es: "Vidal Robotics negocia la compra de Lumen."}
  audience: nobody
- id: open-day
  text: {es: "La jornada de puertas abiertas es el 12 de diciembre."}
  valid: {until: 2026-12-12}
"""
CONTACTS = """\
- {name: Luis Prieto, numbers: ["600 111 222"], circle: trusted, language: es, notes: "inversor; prefiere tú"}
- {name: Andrés Vidal, numbers: ["+34600111333"], circle: inner, language: es, pin: "0123"}
- {name: Henry Osei, numbers: ["+447700900155"], circle: known, language: en}
- {name: Óscar Bravo, numbers: ["+34600111888"], circle: blocked}
"""
CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:weekly@vidal.example
DTSTAMP:20260901T080000Z
DTSTART;TZID=Europe/Madrid:20260907T093000
DTEND;TZID=Europe/Madrid:20260907T110000
RRULE:FREQ=WEEKLY;BYDAY=MO
SUMMARY:Negociación secreta con Lumen
END:VEVENT
END:VCALENDAR
"""


@cache
def _row(text: str) -> NDArray[np.float32]:
    row = np.zeros(256, dtype=np.float32)
    for term in {term for word in terms(text) for term in word}:
        row[crc32(term.encode()) % 256] += 1
    return row / max(float(np.linalg.norm(row)), 1.0)


class WordEncoder:
    """256 dimensions, one or more for each word or concept of a text."""

    name = "words"

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([_row(text) for text in texts], dtype=np.float32).reshape(len(texts), 256)

    def passage(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self(texts)


def write_office(folder: Path, **files: str) -> Path:
    """An office folder; give `voice`, `preferences`, `contacts` or `calendar` to have another."""
    folder.mkdir(parents=True, exist_ok=True)
    usual = {"voice": VOICE, "preferences": PREFERENCES, "contacts": CONTACTS, "calendar": CALENDAR}
    for name, text in (usual | files).items():
        (folder / f"{name}.{'ics' if name == 'calendar' else 'yaml'}").write_text(text, encoding="utf-8")
    return folder
