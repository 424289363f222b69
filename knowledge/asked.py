"""What callers asked, turn by turn, read back from the record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from calls.words import LANGUAGES, Circle, Language
from prompts import pattern, tidy

KINDS = ("heard", "recalled", "said", "hand_off", "staff", "guidance", "screened", "ordered", "proved")
"""The events that it is read from."""
_NOT_KNOWN = re.compile(
    r"\b(?:no lo sé|no lo tengo|no tengo (?:ese|esa|esta)|no dispongo|no me consta|don['’]t know"
    r"|don['’]t have (?:that|any)|not sure|no information)\b",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"\b(?:reunid[ao]|reunión|ocupad[ao]|in a meeting|busy|on another call|otra llamada)\b", re.IGNORECASE
)
_AWAY = re.compile(
    r"\b(?:de viaje|vacaciones|fuera|no está|travell?ing|holiday|vacation|away|out of the office|not in)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing a caller said, and what came of it."""

    call_id: str
    seq: int
    at: str
    text: str
    language: Language
    circle: Circle
    started: datetime
    unsure: bool | None
    """Whether nothing on file fitted; None when nothing was looked up."""
    unanswered: bool
    """The receptionist said that it does not know, or rang a person for that reason."""
    by_staff: str
    """What a person said or had said to it; empty when nobody did."""
    cover: Literal["", "busy", "away"] = ""
    """Why the executive could not come to the phone, if that is what the person said to whoever asked for them."""


def turns(calls: Iterable[Mapping[str, Any]]) -> Iterator[Turn]:
    """Every turn of `calls` (as the record tells them), in order; the executive's own calls are left out."""
    for call in calls:
        if call["circle"] == Circle.BLOCKED or any(event["kind"] == "ordered" for event in call["events"]):
            continue
        turn: list[Mapping[str, Any]] = []
        for event in call["events"]:
            if event["kind"] == "heard" and turn:
                yield _turn(call, turn)
                turn = []
            if event["kind"] == "heard" or turn:
                turn.append(event)
        if turn:
            yield _turn(call, turn)


def _turn(call: Mapping[str, Any], events: list[Mapping[str, Any]]) -> Turn:
    heard, rest = events[0], events[1:]
    recalled = next((event["unsure"] for event in rest if event["kind"] == "recalled"), None)
    blocked = any(event["kind"] == "screened" and event["verdict"] == "block" for event in rest)
    rung = any(event["kind"] == "hand_off" and event["reason"] == "not_known" for event in rest)
    lost = any(event["kind"] == "said" and _NOT_KNOWN.search(event["text"]) for event in rest)
    told = " ".join(filter(None, map(_told, rest)))
    return Turn(
        call["id"],
        heard["seq"],
        heard["at"],
        heard["text"],
        heard["language"],
        Circle(call["circle"]),
        call["started"],
        recalled,
        (lost or rung) and bool(recalled) and not blocked,
        told,
        _cover(heard["text"], told),
    )


def _told(event: Mapping[str, Any]) -> str:
    """What a person said to the caller, or had said to them ("dígale que ...")."""
    if event["kind"] == "staff" and event["action"] in ("spoke", "say"):
        return str(event["text"])
    if event["kind"] == "guidance":
        found = next(filter(None, (pattern(f"tell_{each}").match(event["text"].strip()) for each in LANGUAGES)), None)
        return tidy(found["what"].strip().rstrip(".") + ".", "es") if found else ""
    return ""


def _cover(asked: str, told: str) -> Literal["", "busy", "away"]:
    if not any(pattern(each).search(asked) for each in ("asks_executive", "where_is", "asks_for")):
        return ""
    return "busy" if _BUSY.search(told) else "away" if _AWAY.search(told) else ""
