"""The office folder as people write it: what it becomes, and how each mistake is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from calls.words import Action, Audience, Circle
from knowledge.office_folder import SAMPLE, BrokenOffice, read_office
from tests.knowledge.quick import CONTACTS, PREFERENCES, VOICE, write_office


def test_a_folder_becomes_the_words_of_a_call(tmp_path: Path) -> None:
    office = read_office(write_office(tmp_path))
    assert office.policy.executive.named("en") == "Ms. Vidal"
    assert office.policy.hours.open[4] == ((540, 840), (960, 1140)) and 5 not in office.policy.hours.open
    assert office.policy.recording == "off"
    assert office.region == "ES"
    press, parking, *_, open_day = office.preferences
    assert (press.do, press.when) == (Action.REDIRECT, "a journalist or the press calls")
    assert parking.text == {"es": "Puede aparcar en la entrada norte."}, "the language of a plain text is found out"
    assert (open_day.valid_from, open_day.valid_until) == (None, date(2026, 12, 12))
    luis, andres, *_ = office.contacts
    assert luis.numbers == ("+34600111222",), "a number without its country is one of the office's country"
    assert andres.circle is Circle.INNER and andres.pin and andres.pin.startswith("$argon2id$")


def test_the_sample_office_shows_everything() -> None:
    office = read_office(SAMPLE)
    assert len(office.preferences) >= 48 and len(office.contacts) >= 12
    assert {each.audience for each in office.preferences} == set(Audience)
    assert {each.do for each in office.preferences} >= set(Action) - {Action.ANSWER}
    assert {tuple(each.text) for each in office.preferences} == {("es", "en"), ("es",), ("en",)}
    assert {each.circle for each in office.contacts} == set(Circle) - {Circle.ANYONE}
    assert {cover.when for cover in office.policy.covers} == {"busy", "away", "closed", "holiday", "any"}
    assert max(len(text) for each in office.preferences for text in each.text.values()) < 130


def test_only_voice_yaml_is_needed(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text(VOICE, encoding="utf-8")
    office = read_office(tmp_path)
    assert office.preferences == () and office.contacts == () and office.calendar is None


@pytest.mark.parametrize("written", ["off", "Off", "false", "no", '"off"', "ask"])
def test_recording_off_is_off_however_a_yaml_program_wrote_it(tmp_path: Path, written: str) -> None:
    office = read_office(write_office(tmp_path, voice=VOICE.replace("recording: off", f"recording: {written}")))
    assert office.policy.recording == ("ask" if written == "ask" else "off")


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [
        ("sat-sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("wed", {2}),
        ("mon, thu-fri", {0, 3, 4}),
        ("Mon-Sun", set(range(7))),
    ],
)
def test_hours_take_any_range_of_days(tmp_path: Path, days: str, weekdays: set[int]) -> None:
    voice = VOICE.replace('mon-fri: "09:00-14:00, 16:00-19:00"', f'"{days}": "10:00-24:00"')
    hours = read_office(write_office(tmp_path, voice=voice)).policy.hours
    assert set(hours.open) == weekdays and hours.open[min(weekdays)] == ((600, 1440),)


def broken(file: str, old: str, new: str) -> dict[str, str]:
    text = {"voice": VOICE, "preferences": PREFERENCES, "contacts": CONTACTS}[file]
    assert old in text
    return {file: text.replace(old, new, 1)}


MISTAKES = [
    (broken("voice", "Clara, asistente virtual de", "Clara, del despacho de"), "voice.yaml", 5, "asistente virtual"),
    (broken("voice", "Ms. Vidal's AI assistant", "Ms. Vidal's assistant"), "voice.yaml", 6, "AI assistant"),
    (broken("voice", "  en: \"This is Clara, Ms. Vidal's AI assistant.\"\n", ""), "voice.yaml", 5, "en: ..."),
    (broken("voice", "[es, en]", "[es, fr]"), "voice.yaml", 3, "Use one of: es, en"),
    (broken("voice", "Europe/Madrid", "Europe/Madird"), "voice.yaml", 7, "Europe/Madrid"),
    (broken("voice", "16:00-19:00", "16:00-9:00"), "voice.yaml", 7, "from-until"),
    (broken("voice", "16:00-19:00", "13:00-19:00"), "voice.yaml", 7, "one range"),
    (broken("voice", "mon-fri", "mon-fry"), "voice.yaml", 7, "such as mon-fri"),
    (broken("voice", "2026-12-25", "25/12/2026"), "voice.yaml", 7, "2026-12-25"),
    (broken("voice", "recording: off", "recording: always"), "voice.yaml", 9, "off, ask"),
    (broken("voice", "when: busy", "when: bussy"), "voice.yaml", 8, "busy"),
    (broken("voice", "Está reunida", "Está enferma"), "voice.yaml", 8, "Leave the fact out"),
    (broken("voice", "executive:", "executiv:"), "voice.yaml", 1, "'executive'"),
    (broken("voice", "marta@vidal.example", "marta at vidal"), "voice.yaml", 2, "name@company.example"),
    (broken("voice", '"+34910000001"', '"12"'), "voice.yaml", 2, "+34600111222"),
    (broken("preferences", "do: redirect", "do: redirekt"), "preferences.yaml", 5, "'redirect'"),
    (broken("preferences", "audience: trusted", "audience: everyone"), "preferences.yaml", 10, "trusted"),
    (broken("preferences", "id: parking", "id: press"), "preferences.yaml", 6, "id of its own"),
    (broken("preferences", "- id: parking", "- topic: parking"), "preferences.yaml", 6, "id: ..."),
    (broken("preferences", "until: 2026-12-12", "from: 2026-12-13, until: 2026-12-12"), "preferences.yaml", 19, "Swap"),
    (broken("preferences", "until: 2026-12-12", "until: 2026-02-30"), "preferences.yaml", 19, "2026-12-25"),
    (broken("preferences", "Puede aparcar en", "Ella tiene cáncer, en"), "preferences.yaml", 7, "Leave"),
    (broken("preferences", "  do: redirect", "\tdo: redirect"), "preferences.yaml", 5, "spaces, not tabs"),
    (broken("preferences", 'text: "Puede', "text: a: Puede"), "preferences.yaml", 7, "quotes"),
    (broken("contacts", "600 111 222", "600 111"), "contacts.yaml", 1, "+34600111222"),
    (broken("contacts", "circle: known", "circle: friend"), "contacts.yaml", 3, "Use one of"),
    (broken("contacts", 'pin: "0123"', 'pin: "12"'), "contacts.yaml", 2, "4071"),
    (broken("contacts", "+34600111888", "+34600111333"), "contacts.yaml", 4, "Leave it with"),
    (broken("contacts", "inversor; prefiere tú", "inversor; vota al PSOE"), "contacts.yaml", 1, "Leave the fact out"),
    (broken("contacts", "Henry Osei", "Luis Prieto"), "contacts.yaml", 3, "id"),
    ({"calendar": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"}, "calendar.ics", 3, "Export it again"),
    ({"calendar": "<html>please sign in</html>"}, "calendar.ics", 1, "Export it again"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "file", "line", "mend"), MISTAKES)
def test_a_mistake_names_its_file_its_line_and_its_mend(
    tmp_path: Path, files: dict[str, str], file: str, line: int, mend: str
) -> None:
    with pytest.raises(BrokenOffice) as broke:
        read_office(write_office(tmp_path, **files))
    told = [error for error in broke.value.errors if error.file == file and error.line == line]
    assert told and any(mend in error.mend for error in told), str(broke.value)
    assert f"{file}, line {line}" in str(broke.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    files = broken("voice", "2026-12-25", "soon") | broken("preferences", "do: redirect", "do: x") | {"contacts": "- 5"}
    with pytest.raises(BrokenOffice) as broke:
        read_office(write_office(tmp_path, **files))
    assert {error.file for error in broke.value.errors} == {"voice.yaml", "preferences.yaml", "contacts.yaml"}


def test_a_pin_is_never_repeated_in_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BrokenOffice) as broke:
        read_office(write_office(tmp_path, **broken("contacts", 'pin: "0123"', 'pin: "90210x"')))
    assert "90210" not in str(broke.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    write_office(tmp_path)
    (tmp_path / "preferences.yaml").write_bytes(b"- id: a\n  text: caf\xe9\n")
    with pytest.raises(BrokenOffice, match=r"preferences\.yaml, line 2: This is not UTF-8"):
        read_office(tmp_path)


def test_a_missing_folder_and_a_missing_voice_are_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenOffice, match="no such office folder"):
        read_office(tmp_path / "nowhere")
    with pytest.raises(BrokenOffice, match=r"voice\.yaml: The file cannot be read"):
        read_office(tmp_path)


def test_markup_and_other_scripts_are_text(tmp_path: Path) -> None:
    text = "<script>alert(1)</script> 🎉 שלום \u202eabc"
    office = read_office(write_office(tmp_path, preferences=f'- {{id: odd, text: {{en: "{text}"}}}}\n'))
    assert office.preferences[0].text == {"en": text}
