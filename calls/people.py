"""Who may come in, and as what. Accounts, tokens and sessions as the door and the records share them."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from calls.errors import AntesalaError


class Role(StrEnum):
    """What somebody may do; each may do all that those before it may."""

    VIEWER = "viewer"
    """Reads."""
    ASSISTANT = "assistant"
    """Works at the desk: steps into calls, settles what is owed."""
    EXECUTIVE = "executive"
    """Decides what may be known and done."""
    ADMIN = "admin"
    """Accounts, tokens, erasure, the audit log."""

    def may(self, needed: Role) -> bool:
        """Whether this role is enough where `needed` is needed."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever makes a request, once it is known who it is."""

    name: str
    role: Role
    signed_in: bool = False
    """As a person, with an account of their own; a token speaks for whomever it says."""


signed_in: ContextVar[str | None] = ContextVar("signed_in", default=None)
"""The name of the person whose request is being answered; None for a token and for this machine."""


def in_person(claimed: str) -> str:
    """Whose name goes on record: that of the person who is signed in, else what is claimed."""
    return signed_in.get() or claimed


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in. `password` is an argon2id hash."""

    name: str
    role: Role
    password: str
    created: datetime
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """What a program signs in with. `key` is the SHA-256 of the secret, which is shown once and kept nowhere."""

    id: str
    name: str
    role: Role
    key: str
    created: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in with a browser. `key` is the SHA-256 of the cookie's secret.

    `kind` says whether `of` names an account, a token, or is the SHA-256 of the token that is set.
    """

    key: str
    kind: Literal["account", "token", "set"]
    of: str
    began: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log. `did`: method and route; `subject`: the id it was about, if any."""

    at: datetime
    who: str
    role: Role
    did: str
    subject: str = ""
    status: int = 0


class NoSuchAccount(AntesalaError):
    def __init__(self, name: str):
        super().__init__(f"There is no account {name!r}. `antesala users list` shows those there are.")


class NameTaken(AntesalaError):
    def __init__(self, name: str):
        super().__init__(f"There is an account {name!r} already. Choose another name, or change its password.")


class NoSuchToken(AntesalaError):
    def __init__(self, id: str):
        super().__init__(f"There is no token {id!r}. `antesala token list` shows those there are.")


class People(Protocol):
    """Where accounts, tokens, sessions and the audit log are kept. Every method raises EngineError("records")."""

    async def anybody(self) -> bool:
        """Whether there is any account."""
        ...

    async def account(self, name: str) -> Account | None: ...

    async def accounts(self) -> Sequence[Account]: ...

    async def add(self, account: Account) -> None:
        """Raises NameTaken."""
        ...

    async def add_first(self, account: Account) -> bool:
        """Adds the very first account; False when there is one already."""
        ...

    async def change(self, name: str, *, password: str | None = None, disabled: bool | None = None) -> None:
        """Ends all its sessions too. Raises NoSuchAccount."""
        ...

    async def token(self, key: str) -> Token | None:
        """The token whose secret has this SHA-256."""
        ...

    async def tokens(self) -> Sequence[Token]: ...

    async def add_token(self, token: Token) -> None: ...

    async def revoke(self, id: str) -> None:
        """Takes a token back. Raises NoSuchToken."""
        ...

    async def session(self, key: str) -> Session | None: ...

    async def begin(self, session: Session) -> None: ...

    async def seen(self, key: str, at: datetime) -> None: ...

    async def end(self, key: str) -> None: ...

    async def note(self, entry: Entry) -> None:
        """Adds a line to the audit log."""
        ...
