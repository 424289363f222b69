"""Knows who somebody is: by token, by session, by name and password, or because nobody has set the house up yet."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from calls.errors import AntesalaError, EngineError
from calls.people import Account, People, Role, Session, Visitor
from console.door.secret import fits, hash_password, key_of, new_secret
from console.door.throttle import Throttle

IDLE = timedelta(hours=12)
"""Who has not been seen for so long is signed out."""
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
T = TypeVar("T")
SET_TOKEN = "ANTESALA_TOKEN"


class NotAdmitted(AntesalaError):
    """Name and password, or key, are not right. It does not say which."""

    def __init__(self) -> None:
        super().__init__("The name or the password is not right.")


class TooManyTries(AntesalaError):
    """Somebody guesses; `wait_s` seconds until the next try."""

    def __init__(self, wait_s: float):
        self.wait_s = wait_s
        super().__init__(f"Too many tries. Wait {wait_s:.0f} seconds.")


class BadName(AntesalaError):
    def __init__(self) -> None:
        super().__init__("A name is 1 to 64 small letters, digits or . _ @ -, and begins with a letter or a digit.")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request has to show for itself."""

    bearer: str | None = None
    cookie: str | None = None
    from_here: bool = False
    """It comes from this very machine, and not through a page or tunnel of somebody else's."""


class Porter:
    """`people` is set while the house is open; until then only the token that is set lets anybody in."""

    def __init__(self, token: str | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._token, self._now = token, now
        self.people: People | None = None
        self._anybody = False
        self._set_up_key: str | None = None
        self._throttle = Throttle()
        self._hashing = ThreadPoolExecutor(1, thread_name_prefix="passwords")

    # --- who is it ----------------------------------------------------------------------------------

    async def visitor(self, shown: Shown) -> Visitor | None:
        """Who it is; None for a stranger. Raises EngineError when the records have to be asked and fail."""
        if await self.open_house():
            return Visitor("this machine", Role.ADMIN) if shown.from_here else None
        if shown.bearer is not None:
            return await self._by_token(shown.bearer)
        return await self._by_session(shown.cookie) if shown.cookie else None

    async def open_house(self) -> bool:
        """No token is set and there is no account: whoever sits at this machine may do everything."""
        return self._token is None and not await self.anybody()

    async def anybody(self) -> bool:
        """Whether there is any account. Accounts are disabled, never deleted: once true, always true."""
        if not self._anybody and self.people:
            self._anybody = await self.people.anybody()
        return self._anybody

    async def _by_token(self, secret: str) -> Visitor | None:
        if self._token and hmac.compare_digest(secret.encode(), self._token.encode()):
            return Visitor(SET_TOKEN, Role.ADMIN)
        token = await self.people.token(key_of(secret)) if self.people else None
        if token is None or (token.expires and token.expires <= self._now()):
            return None
        return Visitor(f"token {token.name}", token.role)

    async def _by_session(self, secret: str) -> Visitor | None:
        session = await self.people.session(key_of(secret)) if self.people else None
        now = self._now()
        if self.people is None or session is None or now - session.seen > IDLE or now - session.began > LONGEST:
            return None
        visitor = await self._holder(session)
        if visitor and now - session.seen > SEEN_EVERY:
            await self.people.seen(session.key, now)
        return visitor

    async def _holder(self, session: Session) -> Visitor | None:
        """Whose session it is, as they stand now."""
        assert self.people
        if session.kind == "account":
            account = await self.people.account(session.of)
            return Visitor(account.name, account.role, signed_in=True) if account and not account.disabled else None
        if session.kind == "set":
            same = self._token is not None and hmac.compare_digest(session.of, key_of(self._token))
            return Visitor(SET_TOKEN, Role.ADMIN) if same else None
        held = next((each for each in await self.people.tokens() if each.id == session.of), None)
        if held is None or (held.expires and held.expires <= self._now()):
            return None
        return Visitor(f"token {held.name}", held.role)

    # --- coming and going ---------------------------------------------------------------------------

    async def sign_in(self, name: str, password: str, address: str) -> str:
        """The secret of a new session. Raises NotAdmitted, TooManyTries, EngineError."""
        name = name.strip().lower()
        keys = (f"name {name}", f"address {address}")
        self._let_try(keys)
        self._throttle.wrong(keys)  # before it is looked at: many at once are many tries
        account = await self._people.account(name)
        right = await self._hash(partial(fits, password, account.password if account else None))
        if not right or account is None or account.disabled:
            raise NotAdmitted
        self._throttle.right(keys)
        return await self._begin("account", account.name)

    async def sign_in_with_key(self, secret: str, address: str) -> str:
        """The same with a token. Raises NotAdmitted, TooManyTries, EngineError."""
        keys = (f"address {address}",)
        self._let_try(keys)
        self._throttle.wrong(keys)
        if self._token and hmac.compare_digest(secret.encode(), self._token.encode()):
            self._throttle.right(keys)
            return await self._begin("set", key_of(secret))
        token = await self._people.token(key_of(secret))
        if token is None or (token.expires and token.expires <= self._now()):
            raise NotAdmitted
        self._throttle.right(keys)
        return await self._begin("token", token.id)

    async def sign_in_vouched(self, name: str) -> str:
        """The same for whom the company's own provider of accounts vouches. Raises NotAdmitted, EngineError."""
        account = await self._people.account(name)
        if account is None or account.disabled:
            raise NotAdmitted
        return await self._begin("account", account.name)

    async def sign_out(self, secret: str) -> None:
        await self._people.end(key_of(secret))

    # --- the first account --------------------------------------------------------------------------

    def new_set_up_key(self) -> str:
        """The key of a link by which the first account can be made, once."""
        self._set_up_key = new_secret()
        return self._set_up_key

    async def opens_set_up(self, key: str) -> bool:
        """Whether `key` is that of the link, and still of use."""
        right = self._set_up_key is not None and hmac.compare_digest(key.encode(), self._set_up_key.encode())
        return right and not await self.anybody()

    async def set_up(self, key: str, name: str, password: str) -> str:
        """Makes the first account, an admin's; the secret of its session.

        Raises NotAdmitted, BadName, WeakPassword, EngineError.
        """
        name = name.strip().lower()
        if not await self.opens_set_up(key):
            raise NotAdmitted
        if not NAME.fullmatch(name):
            raise BadName
        hashed = await self._hash(partial(hash_password, password, name))
        if not await self._people.add_first(Account(name, Role.ADMIN, hashed, self._now())):
            raise NotAdmitted
        self._set_up_key, self._anybody = None, True
        return await self._begin("account", name)

    # ------------------------------------------------------------------------------------------------

    @property
    def _people(self) -> People:
        if self.people is None:
            raise EngineError("records", "the house is not open yet")
        return self.people

    def _let_try(self, keys: tuple[str, ...]) -> None:
        if wait := self._throttle.wait(keys):
            raise TooManyTries(wait)

    async def _begin(self, kind: str, of: str) -> str:
        secret, now = new_secret(), self._now()
        await self._people.begin(Session(key_of(secret), kind, of, now, now))  # type: ignore[arg-type]
        return secret

    async def _hash(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hashing, work)
