"""The office folder, which people edit: voice.yaml, preferences.yaml, contacts.yaml, calendar.ics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from icalendar import Calendar as ICalendar

from calls.errors import OfficeError
from calls.words import Preference, VoicePolicy
from knowledge.calendar import read_calendar
from knowledge.contacts import Contact
from knowledge.contacts_file import read_contacts
from knowledge.preferences_file import read_preferences
from knowledge.voice_file import read_voice
from knowledge.yaml_file import YamlFile

FILES = ("voice.yaml", "preferences.yaml", "contacts.yaml", "calendar.ics")
SAMPLE = Path(__file__).parent / "sample"
"""The office of Elena Vidal, CEO of Vidal Robotics: answers when no other office is given."""


@dataclass(frozen=True, slots=True)
class OfficeFolder:
    """All that an office folder holds. `region`: its country (ISO 3166)."""

    policy: VoicePolicy
    preferences: tuple[Preference, ...]
    contacts: tuple[Contact, ...]
    calendar: ICalendar | None
    region: str | None


class BrokenOffice(OfficeError):
    """Something in the folder cannot be used, so none of it is. `errors`: every fault with its file, line and mend."""

    def __init__(self, errors: Sequence[OfficeError]):
        first = errors[0]
        super().__init__(first.file, first.what, first.mend, first.line)
        self.errors = tuple(errors)
        self.args = ("\n".join(str(error) for error in errors),)


def read_office(folder: Path, pins: Mapping[str, str] | None = None) -> OfficeFolder:
    """Reads the folder. Raises BrokenOffice with every fault of every file; then nothing of it may be used.

    `pins`: by contact the hash that a PIN had before, which it keeps as long as it is the same.
    """
    if not folder.is_dir():
        mend = "Give another with --office, or make one with `antesala init`."
        raise BrokenOffice([OfficeError(folder, "There is no such office folder.", mend)])
    files = {name: YamlFile(folder / name) for name in FILES if name.endswith(".yaml")}
    faults: list[OfficeError] = []
    voice = read_voice(files["voice.yaml"])
    policy, region = voice or (None, None)
    language = policy.receptionist.languages[0] if policy else "es"
    preferences = read_preferences(files["preferences.yaml"], language) if _is_there(files["preferences.yaml"]) else ()
    people = files["contacts.yaml"]
    contacts = read_contacts(people, region or "ES", pins) if _is_there(people) else ()
    calendar = None
    try:
        calendar = read_calendar(folder / "calendar.ics")
    except OfficeError as error:
        faults.append(error)
    faults[:0] = [fault for file in files.values() for fault in file.faults]
    if faults or policy is None:
        raise BrokenOffice(faults)
    return OfficeFolder(policy, preferences, contacts, calendar, region)


def _is_there(file: YamlFile) -> bool:
    return file.path.exists()
