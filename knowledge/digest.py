"""The executive's daily page: decisions needed, done for you, promises at risk, at most three questions.

Readable in 90 seconds: never more than 300 words (200 words a minute). What does not fit is counted, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml

from calls.words import Language
from knowledge.days import say_day
from knowledge.proposals import Proposal

MOST_WORDS = 300
LINE_WORDS = 22
MOST_QUESTIONS = 3
SOON = timedelta(hours=24)
"""A promise that is due within this is at risk."""
MOST_SPOKEN = 3
_WORDS = Path(__file__).with_name("digest.yaml")
Section = Literal["decisions", "done", "at_risk", "questions"]
SECTIONS: tuple[Section, ...] = ("decisions", "at_risk", "questions", "done")
"""In the order in which they get their words."""
SHOWN: tuple[Section, ...] = ("decisions", "done", "at_risk", "questions")
Kind = Literal["message", "booking", "promise", "ready", "proposal", "question"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `ref`: what it is about; `number`: by which a reply names it, 0 for what asks for no answer."""

    kind: Kind
    ref: str
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """What a digest is made of: rows as the API spells them, and what is asked of the executive."""

    at: datetime
    zone: ZoneInfo
    calls: Sequence[Mapping[str, Any]] = ()
    messages: Sequence[Mapping[str, Any]] = ()
    promises: Sequence[Mapping[str, Any]] = ()
    bookings: Sequence[Mapping[str, Any]] = ()
    ready: Sequence[Mapping[str, Any]] = ()
    proposals: Sequence[Proposal] = ()
    reported: Callable[[str, str], bool] = field(default=lambda action, circle: True)
    """Whether what was done for this action and circle is to be told one by one."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One day's page in one language. `left_out`: lines of a section that did not fit."""

    day: date
    language: Language
    opening: str
    sections: dict[Section, tuple[Item, ...]]
    left_out: dict[Section, int]
    reply: str
    """How to answer it."""

    @property
    def words(self) -> int:
        return count_words(self.text)

    @property
    def subject(self) -> str:
        return words_of(self.language)["subject"].format(day=say_day(self.day, self.language))

    @property
    def numbered(self) -> dict[int, Item]:
        """What a reply can name."""
        return {item.number: item for items in self.sections.values() for item in items if item.number}

    @property
    def text(self) -> str:
        """As plain text, for a mail."""
        parts = [self.opening]
        for name, lines in self._shown():
            parts.append("\n".join([words_of(self.language)[name].upper(), *lines]))
        return "\n\n".join([*parts, self.reply]) + "\n"

    @property
    def html(self) -> str:
        """The same, for a mail program that shows it."""
        parts = [f"<p>{escape(self.opening)}</p>"]
        for name, lines in self._shown():
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            parts.append(f"<h2>{escape(words_of(self.language)[name])}</h2><ul style='list-style:none'>{items}</ul>")
        parts.append(f"<p>{escape(self.reply)}</p>")
        head = f"<meta charset='utf-8'><title>{escape(self.subject)}</title>"
        return f"<!doctype html><html lang='{self.language}'>{head}<body>{''.join(parts)}</body></html>"

    def told(self) -> dict[str, Any]:
        """As plain JSON: each section a list of ``{number, kind, ref, text}``, `number` null for what asks nothing."""
        sections: dict[str, Any] = {
            name: [
                {"number": item.number or None, "kind": item.kind, "ref": item.ref, "text": item.text} for item in items
            ]
            for name, items in self.sections.items()
        }
        return {"day": self.day.isoformat(), **sections, "left_out": dict(self.left_out)}

    def _shown(self) -> Iterator[tuple[Section, list[str]]]:
        for name in SHOWN:
            lines = [f"{item.number}. {item.text}" if item.number else f"- {item.text}" for item in self.sections[name]]
            if self.left_out[name]:
                lines.append(f"- {words_of(self.language)['more'].format(count=self.left_out[name])}")
            if lines:
                yield name, lines


def digest(day: Day, language: Language) -> Digest:
    """The page of one day; the most pressing lines get their words first."""
    words = words_of(language)
    made = Digest(
        day.at.astimezone(day.zone).date(),
        language,
        _opening(day, words),
        dict.fromkeys(SECTIONS, ()),
        dict.fromkeys(SECTIONS, 0),
        words["reply"],
    )
    wanted = {"decisions": _decisions, "at_risk": _at_risk, "questions": _questions, "done": _done}
    lines = {name: list(wanted[name](day, language)) for name in SECTIONS}
    left_out = {name: len(lines[name]) for name in SECTIONS}
    made = replace(made, left_out=left_out)
    number = 0
    for name in SECTIONS:
        for item in lines[name]:
            asks = name in ("decisions", "questions") and item.kind in ("ready", "proposal", "question")
            item = replace(item, text=shortened(item.text), number=number + 1 if asks else 0)
            longer = replace(
                made,
                sections=made.sections | {name: (*made.sections[name], item)},
                left_out=made.left_out | {name: made.left_out[name] - 1},
            )
            if longer.words > MOST_WORDS:
                break
            made, number = longer, number + asks
    return made


def spoken(day: Day, language: Language) -> list[str]:
    """What the executive hears on the phone: short, the most pressing first."""
    words = words_of(language)
    messages = sorted(day.messages, key=lambda each: each["urgency"] != "high")
    count = {0: "spoken_none", 1: "spoken_message"}.get(len(messages), "spoken_messages")
    told = [_opening(day, words), words[count].format(count=len(messages))]
    told += [shortened(_of_message(each, words)) for each in messages[:MOST_SPOKEN]]
    risks = list(_at_risk(day, language))
    if risks:
        told.append(words["spoken_risk_one" if len(risks) == 1 else "spoken_risk"].format(count=len(risks)))
        told.append(shortened(risks[0].text))
    if day.proposals:
        told += [words["spoken_questions"], shortened(_of_proposal(day.proposals[0], words))]
    return told


def shortened(text: str) -> str:
    """At most LINE_WORDS words."""
    kept = re.sub(r"\s+", " ", text).strip().split(" ")
    return " ".join(kept) if len(kept) <= LINE_WORDS else " ".join(kept[: LINE_WORDS - 1]) + " …"


def count_words(text: str) -> int:
    """Words as a reader counts them."""
    return len(re.findall(r"\w[\w'’.,:@/+-]*", text))


@cache
def words_of(language: Language) -> dict[str, str]:
    """The words of the digest in one language."""
    words: dict[str, str] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))[language]
    return words


# --- the sections -------------------------------------------------------------------------------------


def _opening(day: Day, words: Mapping[str, str]) -> str:
    count = len(day.calls)
    alone = sum(1 for call in day.calls if call["outcome"] not in ("handed_off", None))
    key = {0: "no_calls", 1: "call"}.get(count, "calls")
    told = words[key].format(count=count, answered=alone)
    nothing = not (day.messages or day.promises or day.ready or day.proposals)
    return f"{told} {words['quiet']}" if nothing else told


def _decisions(day: Day, language: Language) -> Iterator[Item]:
    words = words_of(language)
    for each in day.messages:
        if each["urgency"] == "high":
            yield Item("message", each["id"], _of_message(each, words))
    for each in day.ready:
        slots = {"action": words[each["action"]], "circle": words[each["circle"]]}
        text = words["ready"].format(**slots, accepted=each["accepted"], reviewed=each["reviewed"])
        yield Item("ready", f"{each['action']}/{each['circle']}", text)


def _done(day: Day, language: Language) -> Iterator[Item]:
    words = words_of(language)
    for each in day.bookings:
        if day.reported("book", each.get("circle", "anyone")):
            when = _when(datetime.fromisoformat(each["start"]), day, language)
            yield Item("booking", each["id"], words["booking"].format(who=each["with"], when=when))
    for each in day.messages:
        if each["urgency"] != "high":
            yield Item("message", each["id"], _of_message(each, words))
    for each in day.promises:
        if not _risky(each, day):
            yield Item("promise", each["id"], words["promised"].format(what=_owed(each, words)))


def _at_risk(day: Day, language: Language) -> Iterator[Item]:
    words = words_of(language)
    risky = [each for each in day.promises if _risky(each, day)]
    for each in sorted(risky, key=lambda each: each["due"] or ""):
        due = datetime.fromisoformat(each["due"])
        key = "overdue" if due <= day.at else "due"
        what, when = _owed(each, words), _when(due, day, language)
        yield Item("promise", each["id"], words[key].format(what=what, when=when))


def _questions(day: Day, language: Language) -> Iterator[Item]:
    for each in day.proposals[:MOST_QUESTIONS]:
        kind: Kind = "question" if each.from_ == "unanswered" else "proposal"
        yield Item(kind, each.id, _of_proposal(each, words_of(language)))


def _risky(promise: Mapping[str, Any], day: Day) -> bool:
    due = promise["due"] and datetime.fromisoformat(promise["due"])
    return bool(due) and (due - day.at <= SOON or bool(promise.get("warned_at")))


def _of_message(message: Mapping[str, Any], words: Mapping[str, str]) -> str:
    key = "urgent" if message["urgency"] == "high" else "message"
    return words[key].format(who=_who(message, words), what=_sentence(message["reason"]))


def _of_proposal(proposal: Proposal, words: Mapping[str, str]) -> str:
    what = shortened(proposal.question)
    if proposal.from_ == "unanswered":
        key = "asked" if proposal.count > 1 else "asked_once"
        return words[key].format(what=what, count=proposal.count)
    answer = next(iter(proposal.draft["text"].values()))
    return words["told_by_staff"].format(what=what, answer=answer)


def _who(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    caller = row.get("caller") or {}
    return row.get("from_name") or caller.get("name") or row.get("number") or caller.get("number") or words["somebody"]


def _owed(promise: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """What was promised, and to whom unless the text says so."""
    who, text = _who(promise, words), _sentence(promise["text"])
    return text if who in text else f"{who}: {text}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _when(at: datetime, day: Day, language: Language) -> str:
    local, words = at.astimezone(day.zone), words_of(language)
    clock = f"{local:%H:%M}"
    if local.date() == day.at.astimezone(day.zone).date():
        return words["today"].format(clock=clock)
    return words["on_day"].format(day=say_day(local.date(), language), clock=clock)
