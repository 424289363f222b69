"""A call as it happens, for a terminal: what is said on the left, what is decided beneath it."""

from __future__ import annotations

from rich.text import Text

from calls.words import (
    Booking,
    Event,
    Failed,
    Follow,
    Greeted,
    HandOff,
    HangUp,
    Heard,
    Keys,
    Message,
    Ordered,
    Promise,
    Proved,
    Recalled,
    Recording,
    Said,
    ScreenedText,
    spell_time,
)


def shown(event: Event, receptionist: str) -> Text | None:
    """One line for `event`; None for what says nothing to a reader."""
    match event.body:
        case Greeted(text=text) | Said(text=text):
            return _line(receptionist, text, "bold cyan")
        case Heard(text=text, confidence=confidence):
            return _line("caller", text, "bold green", "" if confidence == 1 else f"  ({confidence:.0%} sure)")
        case Keys(digits=digits):
            return _line("caller", f"presses {digits}", "bold green")
    decided = _decided(event)
    return Text(f"{'':>10}  {decided}", style="dim") if decided else None


def _decided(event: Event) -> str:
    match event.body:
        case Recalled(preferences=found, unsure=unsure):
            best = ", ".join(f"{each['id']} {each['score']:.2f}" for each in found[:3])
            return f"recalls {best or 'nothing'}{', unsure' if unsure else ''}"
        case ScreenedText(direction=direction, verdict=verdict, topic=topic, reason=reason):
            return f"guard, {direction}: {verdict.value} {topic.value if topic else ''} {reason}".rstrip()
        case Message(from_name=name, company=company, number=number, reason=reason, urgency=urgency):
            return f"message: {reason} ({', '.join(filter(None, (name, company, number, urgency)))})"
        case Promise(owner=owner, text=text, due=due):
            return f"promise: {owner}, {text}{f', by {spell_time(due)}' if due else ''}"
        case Booking(start=start, with_=who):
            return f"booking: {spell_time(start)} with {who}"
        case HandOff(state=state, reason=reason, to=to):
            return f"hand-off to {to} ({reason.value}): {state.value}"
        case Follow(preference=preference, action=action):
            return f"follows {preference}: {action.value}"
        case Proved(circle=circle):
            return f"proved: {circle.value}"
        case Recording(state=state):
            return f"recording: {state}"
        case Ordered(preferences=changed, undone=undone):
            return "orders undone" if undone else f"orders: {', '.join(each['id'] for each in changed)}"
        case Failed(engine=engine, error=error, stand_in=stand_in):
            return f"failed: {engine}, {error}; stand-in: {stand_in}"
        case HangUp(by=by):
            return f"hung up by {by}"
    return ""


def _line(who: str, text: str, style: str, after: str = "") -> Text:
    return Text.assemble((f"{who:>10}  ", style), text, (after, "dim"))
