"""Accounts, tokens and sessions, as tables and as they are read and written. Implements calls.people.People."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel, col

from calls.people import Account, Entry, NameTaken, NoSuchAccount, NoSuchToken, Role, Session, Token
from records import audit
from records.engine import open_engine
from records.files import Runs
from records.reading import rows
from records.tables import Moment

LONGEST_SESSION = timedelta(days=7)
"""After so long one has to sign in again; older rows are swept away when somebody signs in."""


def _at(nullable: bool = False) -> Any:
    return Column(Moment, nullable=nullable)


class AccountTable(SQLModel, table=True):
    __tablename__ = "accounts"

    no: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    password: str
    created: datetime = Field(sa_column=_at())
    disabled: bool = False


class TokenTable(SQLModel, table=True):
    __tablename__ = "tokens"

    no: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    name: str
    role: str
    key: str = Field(unique=True)
    created: datetime = Field(sa_column=_at())
    expires: datetime | None = Field(default=None, sa_column=_at(nullable=True))


class SessionTable(SQLModel, table=True):
    __tablename__ = "sessions"

    no: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    of: str = Field(index=True)
    began: datetime = Field(sa_column=_at())
    seen: datetime = Field(sa_column=_at())


class PeopleOnRecord:
    """Every method raises EngineError("records")."""

    def __init__(self, write: Runs, read: Runs):
        self._write, self._read = write, read

    async def anybody(self) -> bool:
        return await self._read(_anybody)

    async def account(self, name: str) -> Account | None:
        found = await self._read(partial(rows, select(AccountTable).where(col(AccountTable.name) == name)))
        return _account(found[0]) if found else None

    async def accounts(self) -> Sequence[Account]:
        found = await self._read(partial(rows, select(AccountTable).order_by(col(AccountTable.name))))
        return [_account(row) for row in found]

    async def add(self, account: Account) -> None:
        await self._write(partial(_add_account, account))

    async def add_first(self, account: Account) -> bool:
        return await self._write(partial(_add_first, account))

    async def change(self, name: str, *, password: str | None = None, disabled: bool | None = None) -> None:
        changes = {"password": password, "disabled": disabled}
        given = {key: value for key, value in changes.items() if value is not None}
        await self._write(partial(_change_account, name, given))

    async def token(self, key: str) -> Token | None:
        found = await self._read(partial(rows, select(TokenTable).where(col(TokenTable.key) == key)))
        return _token(found[0]) if found else None

    async def tokens(self) -> Sequence[Token]:
        return [_token(row) for row in await self._read(partial(rows, select(TokenTable).order_by(col(TokenTable.no))))]

    async def add_token(self, token: Token) -> None:
        await self._write(lambda connection: connection.execute(insert(TokenTable), asdict(token)))

    async def revoke(self, id: str) -> None:
        await self._write(partial(_revoke, id))

    async def session(self, key: str) -> Session | None:
        found = await self._read(partial(rows, select(SessionTable).where(col(SessionTable.key) == key)))
        return Session(**{name: value for name, value in found[0].items() if name != "no"}) if found else None

    async def begin(self, session: Session) -> None:
        await self._write(partial(_begin, session))

    async def seen(self, key: str, at: datetime) -> None:
        seen = update(SessionTable).where(col(SessionTable.key) == key).values(seen=at)
        await self._write(lambda connection: connection.execute(seen))

    async def end(self, key: str) -> None:
        gone = delete(SessionTable).where(col(SessionTable.key) == key)
        await self._write(lambda connection: connection.execute(gone))

    async def note(self, entry: Entry) -> None:
        await self._write(partial(audit.note, entry))


def any_account(url: str) -> bool:
    """Whether the records at `url` know of anybody. Blocks. Raises SettingsError."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _anybody(connection)
    finally:
        engine.dispose()


# ----------------------------------------------------------------------------------------------------


def _anybody(connection: Connection) -> bool:
    return bool(connection.execute(select(exists(select(AccountTable)))).scalar())


def _add_account(account: Account, connection: Connection) -> None:
    try:
        connection.execute(insert(AccountTable), asdict(account))
    except IntegrityError:
        raise NameTaken(account.name) from None


def _add_first(account: Account, connection: Connection) -> bool:
    if _anybody(connection):
        return False
    _add_account(account, connection)
    return True


def _change_account(name: str, changes: dict[str, Any], connection: Connection) -> None:
    if not connection.execute(update(AccountTable).where(col(AccountTable.name) == name), changes).rowcount:
        raise NoSuchAccount(name)
    of = (col(SessionTable.kind) == "account", col(SessionTable.of) == name)
    connection.execute(delete(SessionTable).where(*of))


def _revoke(id: str, connection: Connection) -> None:
    if not connection.execute(delete(TokenTable).where(col(TokenTable.id) == id)).rowcount:
        raise NoSuchToken(id)
    connection.execute(delete(SessionTable).where(col(SessionTable.kind) == "token", col(SessionTable.of) == id))


def _begin(session: Session, connection: Connection) -> None:
    old = delete(SessionTable).where(col(SessionTable.began) < session.began - LONGEST_SESSION)
    connection.execute(old)
    connection.execute(insert(SessionTable), asdict(session))


def _account(row: dict[str, Any]) -> Account:
    return Account(row["name"], Role(row["role"]), row["password"], row["created"], row["disabled"])


def _token(row: dict[str, Any]) -> Token:
    return Token(row["id"], row["name"], Role(row["role"]), row["key"], row["created"], row["expires"])
