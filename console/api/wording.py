"""What the API itself words for staff, from a call's events alone: nothing is said that no event says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from calls.words import Language

Event = Mapping[str, Any]
LONGEST = 200
"""Characters quoted of what a caller said."""


def summary(call: Mapping[str, Any], language: Language, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Sentences about a call, ``{text, seq}`` each: `seq` is the event that it stands on."""
    return [{"text": text, "seq": seq} for seq, text in _told(call, _Words(language, zone))]


def notice(promise: Mapping[str, Any], executive: str, zone: ZoneInfo) -> str:
    """A note to the caller that what was promised is under way, in their language; for a person to send."""
    caller = promise["caller"]
    words = _Words(caller["language"], zone)
    name = f", {caller['name']}" if caller["name"] else ""
    return words("notice", name=name, executive=executive, what=promise["text"], when=words.when(promise["due"]))


class _Words:
    def __init__(self, language: Language, zone: ZoneInfo):
        self._texts, self._zone = _catalogue()[language], zone

    def __call__(self, key: str, **slots: Any) -> str:
        return self._texts[key].format(**slots)

    def when(self, at: str) -> str:
        local = datetime.fromisoformat(at).astimezone(self._zone)
        return self("when", day=local.day, month=local.month, time=f"{local:%H:%M}")


def _told(call: Mapping[str, Any], words: _Words) -> Iterator[tuple[int, str]]:
    events: Sequence[Event] = call["events"]
    if events:
        who = call["name"] or call["number"]
        yield events[0]["seq"], words("who", who=who) if who else words("who_unknown")
    heard = [event for event in events if event["kind"] == "heard"]
    if heard:
        longest = max(heard[:3], key=lambda event: len(event["text"]))
        yield longest["seq"], words("asked", what=_short(longest["text"]))
    for event in events:
        if told := _deed(event, words):
            yield event["seq"], told


def _deed(event: Event, words: _Words) -> str | None:
    match event["kind"]:
        case "message":
            return words("message", what=event["reason"])
        case "promise" if event["due"]:
            return words("promise_due", what=event["text"], when=words.when(event["due"]))
        case "promise":
            return words("promise", what=event["text"])
        case "booking":
            return words("booking", when=words.when(event["start"]))
        case "hand_off" if event["state"] in ("bridged", "declined", "timed_out"):
            return words(event["state"])
        case "followed":
            return words("followed", what=event["preference"])
        case "failed":
            return words("failed")
    return None


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]}…"


@cache
def _catalogue() -> dict[Language, dict[str, str]]:
    texts: dict[Language, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("wording.yaml").read_text())
    return texts
