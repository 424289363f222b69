"""Notices to people who are not at the desk: their vocabulary, and what they need from the rest of the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from calls.errors import AntesalaError
from calls.words import Language

Kind = Literal["hand_off", "missed", "message", "promise", "warning", "failure", "call"]
"""A person is wanted; nobody came; a message; something promised; a promise's time runs out; a failure; a call over."""
Medium = Literal["email", "webhook", "slack", "sms"]
LetterState = Literal["waiting", "sent", "failed", "dropped"]


class NotSent(AntesalaError):
    """It did not arrive. `again`: it may later, not before `after` has passed."""

    def __init__(self, what: str, again: bool, after: timedelta = timedelta()):
        self.what, self.again, self.after = what, again, after
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the office's day without notices; they may go past midnight."""

    begin: time
    end: time

    def over(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When a notice that is ready at `at` may go out: at once outside these hours, else at their end."""
        local = at.astimezone(zone)
        clock = local.time().replace(tzinfo=None)
        wraps = self.begin > self.end
        inside = (clock >= self.begin or clock < self.end) if wraps else self.begin <= clock < self.end
        if not inside:
            return at
        day = local.date() + timedelta(days=1) if clock >= self.end else local.date()
        return datetime.combine(day, self.end, zone)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notices of some kinds go. `words`: whether what callers said, their names and numbers may go there."""

    id: str
    medium: Medium
    to: str
    """An e-mail address, a web address, or an E.164 number."""
    kinds: tuple[Kind, ...]
    language: Language = "es"
    words: bool = True
    quiet: Quiet | None = None
    made: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """All but `id` and `made`, as plain values."""
        quiet = self.quiet and {"from": f"{self.quiet.begin:%H:%M}", "until": f"{self.quiet.end:%H:%M}"}
        plain = {"medium": self.medium, "to": self.to, "kinds": list(self.kinds), "language": self.language}
        return {**plain, "words": self.words, "quiet": quiet}

    @classmethod
    def from_json(cls, id: str, made: datetime, data: dict[str, Any]) -> Channel:
        """What `as_json` made."""
        hours = data["quiet"]
        quiet = hours and Quiet(time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"]))
        return cls(id, **{**data, "kinds": tuple(data["kinds"]), "quiet": quiet}, made=made)


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice on its way to one channel. It holds no words: these are read from the records when it is sent."""

    id: str
    channel: str
    kind: Kind
    key: str
    """What it is about: a channel gets one letter for each key."""
    call_id: str
    urgent: bool
    made: datetime
    due: datetime
    """Not sent before."""
    seq: int | None = None
    promise: str | None = None
    tries: int = 0
    state: LetterState = "waiting"


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last look: events with their `call_id`, promises whose owner was warned."""

    cursor: int
    events: Sequence[dict[str, Any]]
    warned: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter is about, as it stands on record now. `state`: that of the hand-off or the promise."""

    call: dict[str, Any]
    event: dict[str, Any]
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in words. `data`: the same for programs."""

    id: str
    kind: str
    at: datetime
    subject: str
    body: str
    data: dict[str, Any]


class Outbox(Protocol):
    """The queue; it survives restarts. Every method raises EngineError("records")."""

    async def channels(self) -> Sequence[Channel]:
        """In the order they were made."""
        ...

    async def keep(self, channel: Channel) -> None:
        """A new one, or one that was changed."""
        ...

    async def remove(self, channel_id: str) -> bool:
        """With all that was for it. False when there is none."""
        ...

    async def news(self) -> News:
        """What was not looked at yet, oldest first, at most a page of it."""
        ...

    async def queue(self, letters: Sequence[Letter], cursor: int) -> None:
        """Takes them all, but for those that are there already, and moves on to `cursor`, at once or not at all."""
        ...

    async def due(self, now: datetime) -> Sequence[Letter]:
        """Those that wait and may go out, oldest first, at most a page of them."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next one that waits may go out."""
        ...

    async def claim(self, letter: Letter, until: datetime) -> bool:
        """Takes it in hand until then; False if somebody else has."""
        ...

    async def matter(self, letter: Letter) -> Matter | None:
        """What it is about; None when that is no longer on record."""
        ...

    async def settle(self, letter: Letter, state: LetterState, at: datetime, why: str = "") -> None: ...

    async def postpone(self, letter: Letter, until: datetime, why: str) -> None:
        """Neither it nor any other that waits for its channel goes out before `until`."""
        ...

    async def revive(self, letter_id: str, now: datetime) -> bool:
        """One that was given up is sent again. False when there is none."""
        ...


class Carrier(Protocol):
    """Brings notices by one medium."""

    async def carry(self, told: Told, to: str, channel_id: str) -> None:
        """Returns once the other side has taken it. Raises NotSent."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A letter that came back. `answers`: the ids of those of ours that it goes back to; `text`: its own words alone.

    `automatic`: a program wrote it, such as a holiday answer; `place`: where the mailbox keeps it.
    """

    id: str
    sender: str
    answers: tuple[str, ...]
    subject: str
    text: str
    automatic: bool = False
    place: str = ""
