"""contacts.yaml: who the executive knows."""

from __future__ import annotations

from collections.abc import Mapping

from calls.words import LANGUAGES, Circle, Language
from knowledge.contacts import Contact, hash_pin
from knowledge.personal import personal_fact, refusal
from knowledge.voice_file import number_at
from knowledge.wording import slug
from knowledge.yaml_file import Node, YamlFile, is_empty, is_plain

_KEYS = ("id", "name", "numbers", "number", "circle", "language", "company", "email", "notes", "pin")


def read_contacts(file: YamlFile, region: str | None, pins: Mapping[str, str] | None = None) -> tuple[Contact, ...]:
    """All of them; none, with `file.faults`, when there is anything wrong. `region` reads numbers without a prefix.

    `pins`: by id the hash that each PIN had before, which it keeps as long as it is the same.
    """
    root = file.root()
    if root is None or is_empty(root):
        return ()
    ids: dict[str, int] = {}
    owners: dict[str, str] = {}
    found: list[Contact] = []
    for node in file.items(root):
        contact = _contact(file, node, region, pins or {})
        if contact is None:
            continue
        if contact.id in ids:
            what = f"{contact.name} is already here on line {ids[contact.id]}."
            file.fault(node, what, "Put all numbers of a person into one entry, or give each an `id`.")
        ids.setdefault(contact.id, node.start_mark.line + 1)
        for number in contact.numbers:
            if owners.setdefault(number, contact.name) != contact.name:
                what = f"{number} already belongs to {owners[number]}."
                file.fault(node, what, "Leave it with the person who answers it.")
        found.append(contact)
    return () if file.faults else tuple(found)


def _contact(file: YamlFile, node: Node, region: str | None, pins: Mapping[str, str]) -> Contact | None:
    fields = file.fields(node, _KEYS, ("name",))
    name = file.text(fields.get("name"))
    if not name:
        return None
    notes = file.text(fields.get("notes"))
    if private := personal_fact(notes):
        file.fault(fields["notes"], *refusal(*private))
    id_ = file.text(fields.get("id")) or slug(name)
    return Contact(
        id=id_,
        name=name,
        numbers=_numbers(file, fields, region),
        circle=file.word(fields.get("circle"), Circle) or Circle.KNOWN,
        language=_language(file, fields.get("language")),
        company=file.text(fields.get("company")),
        email=file.text(fields.get("email")),
        notes=notes,
        pin=_pin(file, fields.get("pin"), pins.get(id_)),
    )


def _numbers(file: YamlFile, fields: dict[str, Node], region: str | None) -> tuple[str, ...]:
    nodes = [fields["number"]] if "number" in fields else []
    if "numbers" in fields:
        listed = fields["numbers"]
        nodes += [listed] if is_plain(listed) else file.items(listed)
    numbers = (number_at(file, node, region) for node in nodes)
    return tuple(dict.fromkeys(number for number in numbers if number))


def _language(file: YamlFile, node: Node | None) -> Language | None:
    said = file.text(node)
    language: Language | None = next((known for known in LANGUAGES if known == said), None)
    if said and language is None and node is not None:
        file.wrong_word(node, said, list(LANGUAGES))
    return language


def _pin(file: YamlFile, node: Node | None, known: str | None) -> str | None:
    """The PIN, hashed. What was written is never repeated in a fault."""
    said = file.text(node)
    if not said:
        return None
    hashed = hash_pin(said, known)
    if hashed is None:
        file.fault(node, "This PIN is not 4 to 8 digits.", 'Write it in quotes, such as "4071".')
    return hashed
