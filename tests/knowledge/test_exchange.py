"""Many at once: files in each form, what is wrong in them, and taking an import back as one."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.errors import OfficeError
from calls.versions import Kind, NotOnFile
from calls.words import Circle
from knowledge.exchange import COLUMNS, written
from knowledge.office_folder import SAMPLE, BrokenOffice, read_office
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from knowledge.study import Study
from records.store import open_records
from tests.doubles import MemoryVersions
from tests.knowledge.quick import WordEncoder, write_office

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
CSV = """\
id,audience,topic,when,do,text_es,text_en,say_es,valid_until
coats,anyone,coats,,,"El guardarropa está abajo, a la derecha.",,,2026-12-31
press,known,press,a journalist calls,redirect,,Journalists write to us.,"Escriba,
por favor.",
"""
MARKDOWN = """\
# What callers may know
This is not a preference.

## coats
- topic: coats
- valid until: 2026-12-31

El guardarropa está abajo,
a la derecha.

## press
- audience: known
- when: a journalist calls
- do: redirect
- en: Journalists
  write to us.
- say es: Escriba.
"""
VCARD = """\
BEGIN:VCARD
VERSION:3.0
N:Soler;Ana;;;
FN:Ana Soler
TEL;TYPE=CELL:600 555 444
item1.TEL;VALUE=uri:tel:+44-7700-900156
EMAIL:ana@soler.example
ORG:Talleres Soler\\, S.A.;Compras
NOTE:Prefiere que la llamen
  por la mañana\\nsiempre
CATEGORIES:trusted,clientes
END:VCARD
BEGIN:VCARD
VERSION:2.1
N:Osei;Kofi
TEL:+447700900199
END:VCARD
"""


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    office = write_office(tmp_path / "office")
    opened = await open_knowledge(office, tmp_path, MemoryVersions(), [(WordEncoder(), 1.0)], clock=lambda: AT)
    yield opened
    await opened.close()


@pytest.fixture
def study(knowledge: OfficeKnowledge) -> Study:
    return Study(knowledge._versions, knowledge, lambda: AT)


@pytest.mark.parametrize(("name", "text"), [("p.csv", CSV), ("p.csv", CSV.replace(",", ";")), ("p.md", MARKDOWN)])
async def test_a_table_and_a_page_are_read_as_preferences(study: Study, name: str, text: str) -> None:
    batch, count = await study.bring_in("preference", name, text.encode("utf-8-sig"), "Marta")
    coats, press = study.one("preference", "coats"), study.one("preference", "press")
    assert count == 2 and (coats.author, coats.number, press.number, press.batch) == ("Marta", 1, 2, batch)
    assert "guardarropa" in coats.data["text"]["es"] and coats.data["valid"]["until"] == "2026-12-31"
    assert (press.data["audience"], press.data["do"], press.data["when"]) == ("known", "redirect", "a journalist calls")
    assert "write to us" in press.data["text"]["en"] and press.data["say"]["es"].startswith("Escriba")
    assert (await study.bring_in("preference", name, text.encode(), "Marta"))[1] == 0, "nothing new the second time"


async def test_cards_are_read_as_contacts(study: Study, knowledge: OfficeKnowledge) -> None:
    _, count = await study.bring_in("contact", "phone.vcf", VCARD.replace("\n", "\r\n").encode(), "Marta")
    assert count == 2
    ana = knowledge.caller("600555444")
    assert (ana.name, ana.circle) == ("Ana Soler", Circle.TRUSTED)
    kept = study.one("contact", "ana-soler").data
    assert (kept["company"], kept["email"]) == ("Talleres Soler, S.A.", "ana@soler.example")
    assert kept["notes"] == "Prefiere que la llamen por la mañana\nsiempre"
    assert kept["numbers"] == ["+34600555444", "+447700900156"]
    assert knowledge.caller("+447700900199").name == "Kofi Osei"


BROKEN: list[tuple[Kind, str, str, int | None, str]] = [
    ("preference", "p.csv", CSV.replace("redirect", "redirekt"), 3, "'redirect'"),
    ("preference", "p.csv", CSV.replace("2026-12-31", "31/12/2026"), 2, "2026-12-25"),
    ("preference", "p.csv", CSV.replace("topic,", "tema,"), 1, "Use these"),
    ("preference", "p.csv", CSV.replace('por favor."', "por favor."), 4, "quotes"),
    ("preference", "p.csv", CSV + "x,anyone,,,,a,b,c,,extra,cells\n", 5, "quote commas"),
    ("preference", "p.csv", CSV + "x,anyone,,,,Tiene cáncer,,,\n", 5, "Leave the fact out"),
    ("preference", "p.csv", CSV + "coats,anyone,,,,Otra vez,,,\n", 5, "id of its own"),
    ("preference", "p.md", MARKDOWN.replace("- do: redirect", "- does: redirect"), 14, "Use these"),
    ("preference", "p.md", MARKDOWN.replace("audience: known", "audience: friends"), 12, "trusted"),
    ("preference", "p.yaml", "- id: a\n  text: [\n", 3, "brackets"),
    ("preference", "p.docx", "x", None, ".csv"),
    ("contact", "c.vcf", VCARD.replace("600 555 444", "600"), 5, "+34600111222"),
    ("contact", "c.vcf", VCARD.replace("Prefiere", "Es católica y prefiere"), 9, "Leave the fact out"),
    ("contact", "c.vcf", VCARD + "BEGIN:VCARD\nFN:X\n", 19, "Export"),
    ("contact", "c.vcf", "<html>sign in</html>", 1, "Export"),
    ("contact", "c.vcf", VCARD.replace("+447700900199", "+34600111222"), None, "Leave it with"),
]


@pytest.mark.parametrize(("kind", "name", "text", "line", "mend"), BROKEN)
async def test_a_broken_file_names_its_line_and_mend_and_nothing_of_it_comes(
    study: Study, kind: Kind, name: str, text: str, line: int | None, mend: str
) -> None:
    before = await study.found(kind)
    with pytest.raises(OfficeError) as broke:
        await study.bring_in(kind, name, text.encode(), "Marta")
    told = getattr(broke.value, "errors", (broke.value,))
    assert any(each.file == name and each.line == line and mend in each.mend for each in told), str(broke.value)
    assert await study.found(kind) == before and await study.imports() == []


async def test_a_file_in_another_encoding_is_told(study: Study) -> None:
    with pytest.raises(BrokenOffice, match=r"p\.csv, line 2: This is not UTF-8"):
        await study.bring_in("preference", "p.csv", "id,text_es\na,guardarropa está\n".encode("latin-1"), "Marta")


@pytest.mark.parametrize("form", ["yaml", "csv", "md"])
async def test_what_is_written_out_reads_the_same_again(tmp_path: Path, form: str) -> None:
    opened = await open_knowledge(SAMPLE, tmp_path, MemoryVersions(), [(WordEncoder(), 1.0)], clock=lambda: AT)
    study = Study(opened._versions, opened, lambda: AT)
    text = {"es": 'Dos líneas:\n<b>"una"</b>, y otra; 😀', "en": "- not a bullet: # no title"}
    await study.add("preference", {"id": "odd", "text": text}, "Marta")
    out = await study.written("preference", form)
    assert (await study.bring_in("preference", f"again.{form}", out.encode(), "Marta"))[1] == 0
    assert len(await study.found("preference")) == len(read_office(SAMPLE).preferences) + 1
    await opened.close()


@pytest.mark.parametrize("form", ["yaml", "vcf"])
async def test_contacts_are_written_out_without_pins_and_keep_theirs(
    study: Study, knowledge: OfficeKnowledge, form: str
) -> None:
    out = await study.written("contact", form)
    assert "argon2" not in out and "pin" not in out and "Luis Prieto" in out
    assert (await study.bring_in("contact", f"again.{form}", out.encode(), "Marta"))[1] == 0
    assert knowledge.prove(knowledge.caller("+34600111333"), "0123") is Circle.INNER


async def test_an_import_is_taken_back_as_one_but_for_what_was_edited_since(study: Study) -> None:
    rows = "".join(f"new-{number},Texto {number}\n" for number in range(20))
    batch, count = await study.bring_in("preference", "p.csv", f"id,text_es\nparking,Sur\n{rows}".encode(), "Marta")
    assert count == 21 and [each.id for each in await study.imports()] == [batch]
    await study.change("preference", "new-3", {"topic": "kept"}, 1, "Elena")
    assert await study.take_back(batch, "Elena") == 20
    assert study.one("preference", "parking").data["text"] == {"es": "Puede aparcar en la entrada norte."}
    assert {each.id for each in await study.found("preference") if each.id.startswith("new")} == {"new-3"}
    assert await study.take_back(batch, "Elena") == 0, "once is enough"
    with pytest.raises(NotOnFile):
        await study.take_back("nothing", "Elena")


async def test_ten_thousand_come_and_go_while_the_house_answers(tmp_path: Path) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["id", "topic", "text_es"])
    table.writerows([f"row-{number}", "stock", f"La pieza {number} cuesta {number} euros."] for number in range(10_000))
    office = write_office(tmp_path / "office")
    async with open_records(f"sqlite:///{tmp_path}/records.sqlite") as store:
        knowledge = await open_knowledge(office, tmp_path, store.versions, [(WordEncoder(), 1.0)])
        study = Study(store.versions, knowledge, lambda: AT)
        batch, count = await study.bring_in("preference", "stock.csv", text.getvalue().encode(), "Marta")
        assert count == 10_000 and len(knowledge.preferences) == 10_006
        recall = await knowledge.recall("¿dónde puedo aparcar?", Circle.ANYONE, "es", AT)
        assert recall.matches[0].preference.id == "parking"
        assert await study.take_back(batch, "Marta") == 10_000
        assert len(knowledge.preferences) == 6
        await knowledge.close()


def test_every_column_is_written() -> None:
    assert written("preference", "csv", []).strip() == ",".join(COLUMNS)
