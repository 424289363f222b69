"""What becomes a notice, and how it is worded; from events alone, in the language of whoever gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from calls.notices import Channel, Kind, Letter, Matter, News, Told
from calls.words import LANGUAGES, Language

TOLD_OF = ("hand_off", "message", "promise", "failed", "hung_up")
"""Kinds of events that may become notices."""
URGENT_REASONS = ("distress", "emergency")
LONGEST = 300
"""Characters quoted of what a caller said."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that some people want to be told of. `key` is the same however often it is looked at."""

    kind: Kind
    key: str
    call_id: str
    at: datetime
    urgent: bool = False
    seq: int | None = None
    promise: str | None = None


def occasions(news: News) -> Iterator[Occasion]:
    """What in the news is worth a notice."""
    for event in news.events:
        if found := _kind_of(event):
            kind, urgent = found
            call_id, seq = event["call_id"], event["seq"]
            key = f"failure {call_id}" if kind == "failure" else f"{call_id} {seq}"
            yield Occasion(kind, key, call_id, datetime.fromisoformat(event["at"]), urgent, seq)
    for promise in news.warned:
        at = datetime.fromisoformat(promise["warned_at"])
        key = f"warning {promise['id']} {promise['warned_at']}"
        yield Occasion("warning", key, promise["call_id"], at, urgent=True, promise=promise["id"])


def _kind_of(event: dict[str, Any]) -> tuple[Kind, bool] | None:
    match event["kind"]:
        case "hand_off" if event["state"] == "ringing":
            return "hand_off", True
        case "hand_off" if event["state"] == "timed_out":
            return "missed", event["reason"] in URGENT_REASONS
        case "message":
            return "message", event["urgency"] == "high"
        case "promise":
            return "promise", False
        case "failed":
            return "failure", False
        case "hung_up":
            return "call", False
    return None


def out_of_date(letter: Letter, matter: Matter) -> bool:
    """Whether nobody needs to be told any more."""
    if letter.kind == "hand_off":
        return matter.state != "ringing"
    return letter.kind == "warning" and matter.state != "open"


def told(letter: Letter, matter: Matter, channel: Channel, zone: ZoneInfo, desk: str | None) -> Told:
    """The notice in words; where words may not go, only its kind and the way to the desk at `desk`."""
    texts = catalogue()[channel.language]
    call, event = matter.call, matter.event
    place = desk and f"{desk}/desk/calls#{call['id']}" + (f"/{letter.seq}" if letter.seq else "")
    data = {"call_id": call["id"], "urgent": letter.urgent, "url": place}
    subject = texts[f"{letter.kind}_plain"]
    body = ""
    if channel.words:
        who = call["name"] or call["number"] or texts["unknown"]
        subject = texts[letter.kind].format(who=who)
        body = "\n".join(_lines(letter.kind, call, event, texts, zone))
        data |= {"call": call, "event": event}
    body = "\n\n".join(part for part in (body, place and texts["see"].format(place=place)) if part)
    return Told(letter.id, letter.kind, letter.made, _one_line(subject), body, data)


def trial(channel: Channel, id: str, at: datetime) -> Told:
    """A notice that only shows that the way is open."""
    texts = catalogue()[channel.language]
    return Told(id, "trial", at, texts["trial"], texts["trial_body"], {})


def _lines(
    kind: Kind, call: dict[str, Any], event: dict[str, Any], texts: dict[str, str], zone: ZoneInfo
) -> Iterator[str]:
    if call["number"]:
        yield texts["number"].format(number=call["number"])
    match kind:
        case "hand_off" | "missed":
            yield _short(event["brief"])
        case "message":
            names = " · ".join(filter(None, (event["from_name"], event["company"], event["number"])))
            yield from filter(None, (names, _short(event["reason"])))
        case "promise" | "warning":
            yield _short(event["text"])
            if event["due"]:
                due = datetime.fromisoformat(event["due"]).astimezone(zone)
                yield texts["due"].format(when=f"{due.day}/{due.month} {due:%H:%M}")
        case "failure":
            yield texts["failed"].format(engine=event["engine"])
        case "call":
            yield texts[f"outcome_{call['outcome'] or 'answered'}"]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


@cache
def catalogue() -> dict[Language, dict[str, str]]:
    """The wording by language."""
    texts = yaml.safe_load(Path(__file__).with_name("wording.yaml").read_text())
    return {language: texts[language] for language in LANGUAGES}
