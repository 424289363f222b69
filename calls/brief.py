"""The brief: what a human reads or hears before taking a call. Private: callers never hear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calls.words import Message, Promise, Reason

if TYPE_CHECKING:
    from calls.call import Call

LAST_LINES = 3
"""Of the caller's: who they are and why they call is seldom in the last."""


def brief_of(call: Call, reason: Reason) -> str:
    """Who, why, what was promised and the last lines, in the call's language."""
    caller = call.caller
    messages = [step for step in call.deeds if isinstance(step, Message)]
    name = caller.name or next((each.from_name for each in messages if each.from_name), None)
    who = name or call.phrase("brief_unknown_caller")
    parts = [call.phrase("brief_who", who=who, number=caller.number or "-", circle=caller.circle.value)]
    parts.append(call.phrase(f"brief_{reason.value}"))
    parts += [call.phrase("brief_message", reason=each.reason) for each in messages]
    parts += [call.phrase("brief_promise", text=step.text) for step in call.deeds if isinstance(step, Promise)]
    said = [f"«{line.text}»" for line in call.transcript() if line.who == "caller"][-LAST_LINES:]
    if said:
        parts.append(call.phrase("brief_last", words=" ".join(said)))
    return " ".join(parts)
