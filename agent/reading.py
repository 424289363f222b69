"""A scene as a model reads it: the system prompt and the conversation so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from calls.words import Match, Scene, Step, as_json
from prompts import system_prompt

LINES = 40
"""How much of a long call a model reads; what was done before stays in its prompt as deeds."""
RINGING = "(ring)"
"""Stands for the caller before the greeting: some models insist on the human speaking first."""
_TU = re.compile(r"\b(?:tú|tutea\w*)\b", re.IGNORECASE)
_WARMTH = {"reserved": "reserved", "even": "", "warm": "warm"}
_PRIVATE = frozenset({"brief", "id", "call_id"})


def system_text(scene: Scene) -> str:
    """The system prompt with what this caller may know.

    Preferences, facts, deeds and hints are JSON with ``<`` escaped: data that can't close the tags around it. The
    caller's full number and the notes about them stay out.
    """
    policy, language = scene.policy, scene.language
    return system_prompt(
        language,
        **policy.names(language),
        role=policy.executive.role or "-",
        company=policy.executive.company or "-",
        address=_address(scene),
        tone=", ".join(filter(None, (_WARMTH[policy.receptionist.warmth], policy.receptionist.tone))) or "-",
        covers="; ".join(text for cover in policy.covers if (text := cover.text.get(language))) or "-",
        avoid=", ".join(policy.avoid) or "-",
        prefer=", ".join(policy.prefer) or "-",
        facts=_data(_facts(scene)),
        preferences=_lines(_preference(match) for match in scene.recall.matches),
        deeds=_lines(_deed(step) for step in scene.deeds),
        guidance=_lines(scene.guidance),
    )


def conversation(scene: Scene) -> list[AnyMessage]:
    """What was said, oldest first, one message a speaker's turn, ending with what the caller says now."""
    messages: list[AnyMessage] = [HumanMessage(RINGING)]
    for line in scene.transcript[-LINES:]:
        human = line.who == "caller"
        if human == isinstance(messages[-1], HumanMessage) and len(messages) > 1:
            messages[-1] = _message(human, f"{messages[-1].text}\n{line.text}")
        else:
            messages.append(_message(human, line.text))
    return [*messages, HumanMessage(scene.heard.text)]


def _message(human: bool, text: str) -> AnyMessage:
    return HumanMessage(text) if human else AIMessage(text)


def _facts(scene: Scene) -> dict[str, Any]:
    number = scene.caller.number
    return {
        "now": f"{scene.now:%A} {scene.now.isoformat(timespec='minutes')}",
        "open_now": scene.open_now,
        "callback_by": scene.callback_by and scene.callback_by.isoformat(timespec="minutes"),
        "caller": scene.caller.name,
        "circle": scene.caller.circle.value,
        "number_known": f"ends in {number[-3:]}" if number else False,
        "heard_confidence": round(scene.heard.confidence, 2),
        "suspicious": scene.suspicious,
    }


def _preference(match: Match) -> dict[str, Any]:
    preference = match.preference
    told = {
        "id": preference.id,
        "text": preference.text,
        "say": preference.say,
        "when": preference.when,
        "do": preference.do,
        "topic": preference.topic,
    }
    return {key: value for key, value in told.items() if value} | {"score": round(match.score, 2)}


def _deed(step: Step) -> dict[str, Any]:
    return {key: value for key, value in as_json(step).items() if value and key not in _PRIVATE}


def _address(scene: Scene) -> str:
    """The form of address, in Spanish tú if the contact's notes ask for it; nothing else of the notes is told."""
    if scene.language == "es" and _TU.search(scene.caller.notes):
        return "tú"
    return scene.policy.receptionist.address.get(scene.language, "-")


def _lines(items: Iterable[Any]) -> str:
    return "\n".join(_data(item) for item in items) or "-"


def _data(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
