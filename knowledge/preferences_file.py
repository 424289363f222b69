"""preferences.yaml: what the executive wants known or done."""

from __future__ import annotations

from datetime import date
from typing import Literal

from calls.words import Action, Audience, Language, Preference, Texts
from knowledge.personal import personal_fact, refusal
from knowledge.wording import guess_language
from knowledge.yaml_file import Node, YamlFile, is_empty, is_plain

MOST_SIGNS = 4000
"""The longest wording, in characters: some five minutes of speech."""
_KEYS = ("id", "text", "audience", "topic", "when", "do", "say", "valid", "status", "author", "callers")
_STATES: tuple[Literal["draft", "approved", "archived"], ...] = ("approved", "draft", "archived")


def read_preferences(file: YamlFile, language: Language) -> tuple[Preference, ...]:
    """All of them in the file's order; none, with `file.faults`, when anything is wrong. `language`: the usual one."""
    root = file.root()
    if root is None or is_empty(root):
        return ()
    lines: dict[str, int] = {}
    found: list[Preference] = []
    for node in file.items(root):
        preference = _preference(file, node, language)
        if preference is None:
            continue
        if preference.id in lines:
            what = f"The id {preference.id!r} is already used on line {lines[preference.id]}."
            file.fault(node, what, "Give each preference an id of its own.")
        lines.setdefault(preference.id, node.start_mark.line + 1)
        found.append(preference)
    return () if file.faults else tuple(found)


def _preference(file: YamlFile, node: Node, language: Language) -> Preference | None:
    fields = file.fields(node, _KEYS, ("id", "text"))
    if "id" not in fields or "text" not in fields:
        return None
    text, say = _wording(file, fields["text"], language), _wording(file, fields.get("say"), language)
    if not text:
        file.fault(fields["text"], "The text is empty.", "Write what callers should know, in es or en.")
        return None
    when = file.text(fields.get("when"))
    _check_wording(file, fields.get("when"), when)
    since, until = _validity(file, fields.get("valid"))
    return Preference(
        id=file.text(fields["id"]),
        text=text,
        audience=file.word(fields.get("audience"), Audience) or Audience.ANYONE,
        topic=file.text(fields.get("topic")),
        when=when or None,
        do=file.word(fields.get("do"), Action),
        say=say,
        valid_from=since,
        valid_until=until,
        status=_status(file, fields.get("status")),
        author=file.text(fields.get("author")),
        callers=_callers(file, fields.get("callers")),
    )


def _wording(file: YamlFile, node: Node | None, language: Language) -> Texts:
    """Texts by language; a private fact in any of them is a fault."""
    plain = file.text(node) if is_plain(node) else ""
    texts = file.texts(node, guess_language(plain, language))
    for text in texts.values():
        _check_wording(file, node, text)
    return texts


def _check_wording(file: YamlFile, node: Node | None, text: str) -> None:
    if node is None or not text:
        return
    if len(text) > MOST_SIGNS:
        file.fault(node, f"This is {len(text)} characters long.", f"Say it in at most {MOST_SIGNS}.")
    elif private := personal_fact(text):
        file.fault(node, *refusal(*private))


def _validity(file: YamlFile, node: Node | None) -> tuple[date | None, date | None]:
    """First and last day; either may be open."""
    if node is None:
        return None, None
    fields = file.fields(node, ("from", "until"))
    since, until = file.day(fields.get("from")), file.day(fields.get("until"))
    if since and until and until < since:
        file.fault(node, f"It ends on {until}, before it begins on {since}.", "Swap the two dates.")
    return since, until


def _callers(file: YamlFile, node: Node | None) -> tuple[str, ...]:
    """The ids of contacts, as a list or with commas."""
    if node is None or is_empty(node):
        return ()
    if is_plain(node):
        return tuple(file.text(node).replace(",", " ").split())
    return tuple(file.text(each) for each in file.items(node))


def _status(file: YamlFile, node: Node | None) -> Literal["draft", "approved", "archived"]:
    said = file.text(node) or "approved"
    for known in _STATES:
        if said == known:
            return known
    if node is not None:
        file.wrong_word(node, said, list(_STATES))
    return "draft"
