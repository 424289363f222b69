"""What is on file in its plain form, in which it is kept and spoken of over the API, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from hashlib import sha256
from typing import Any

from calls.versions import Change, NotFit, Version
from calls.words import Action, Allowance, Audience, Circle, Hours, Person, Preference, VoicePolicy
from knowledge.contacts import Contact
from knowledge.given import Given
from knowledge.voice_file import read_voice

Plain = dict[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plain_preference(preference: Preference) -> Plain:
    """``{text, audience, topic, when, do, say, valid}``, and `callers` where it is for these alone."""
    since, until = preference.valid_from, preference.valid_until
    callers = {"callers": list(preference.callers)} if preference.callers else {}
    return callers | {
        "text": dict(preference.text),
        "audience": preference.audience.value,
        "topic": preference.topic,
        "when": preference.when,
        "do": preference.do and preference.do.value,
        "say": dict(preference.say),
        "valid": {"from": since and since.isoformat(), "until": until and until.isoformat()},
    }


def preference_of(version: Version) -> Preference:
    """The preference that a version is of."""
    data, valid = version.data, version.data["valid"]
    return Preference(
        id=version.id,
        text=data["text"],
        audience=Audience(data["audience"]),
        topic=data["topic"],
        when=data["when"],
        do=Action(data["do"]) if data["do"] else None,
        say=data["say"],
        valid_from=date.fromisoformat(valid["from"]) if valid["from"] else None,
        valid_until=date.fromisoformat(valid["until"]) if valid["until"] else None,
        status=version.status,
        version=version.number,
        author=version.author,
        updated=version.at,
        callers=tuple(data.get("callers", ())),
    )


def plain_contact(contact: Contact) -> Plain:
    """All but the id; the PIN only as its hash."""
    plain = {**asdict(contact), "numbers": list(contact.numbers), "circle": contact.circle.value}
    return {name: value for name, value in plain.items() if name != "id"}


def contact_of(version: Version) -> Contact:
    """The contact that a version is of."""
    data = version.data
    numbers, circle = tuple(data["numbers"]), Circle(data["circle"])
    return Contact(**{**data, "id": version.id, "numbers": numbers, "circle": circle})


def plain_policy(policy: VoicePolicy) -> Plain:
    """The voice policy in the form of voice.yaml."""
    hand_off = policy.hand_off
    return {
        "executive": _person(policy.executive),
        "assistant": _person(policy.assistant),
        "receptionist": asdict(policy.receptionist) | {"languages": list(policy.receptionist.languages)},
        "greeting": dict(policy.greeting),
        "hours": _hours(policy.hours),
        "hand_off": asdict(hand_off) | {"to": list(hand_off.to)},
        "covers": [{**cover.text, "when": cover.when} for cover in policy.covers],
        "recording": policy.recording,
        "listening": policy.listening,
        "avoid": list(policy.avoid),
        **({"prefer": list(policy.prefer)} if policy.prefer else {}),
        **({"budget": _budget(policy.budget)} if policy.budget else {}),
    }


def policy_of(version: Version) -> tuple[VoicePolicy, str | None]:
    """The voice policy that a version is of, and the office's country."""
    given = Given(version.data)
    read = read_voice(given)
    if read is None:
        raise NotFit(given.told)
    policy, region = read
    return replace(policy, version=str(version.number)), region


def fingerprint(data: Plain, status: str = "approved") -> str:
    """Changes with anything that an entry says (of a PIN its hash, after a colon)."""
    bare = {name: value for name, value in data.items() if name != "pin"}
    digest = sha256(json.dumps([bare, status], sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
    return f"{digest}:{data['pin']}" if data.get("pin") else digest


def changes(before: Plain, after: Plain) -> tuple[Change, ...]:
    """The fields that differ, each by its path, in the order of their names."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    )


def _leaves(plain: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(plain, dict) and plain:
        for key, value in plain.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif path and plain not in ({}, []):
        yield path, plain


def _person(person: Person) -> Plain:
    return {**asdict(person), "spoken": dict(person.spoken)}


def _budget(budget: Mapping[Circle, Allowance]) -> Plain:
    kept = {
        circle.value: {what: much for what, much in asdict(each).items() if much is not None}
        for circle, each in budget.items()
    }
    return {circle: each for circle, each in kept.items() if each}


def _hours(hours: Hours) -> Plain:
    open_days = {
        DAYS[day]: ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in spans)
        for day, spans in sorted(hours.open.items())
        if spans
    }
    return {"timezone": hours.timezone, "open": open_days, "holidays": [day.isoformat() for day in hours.holidays]}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
