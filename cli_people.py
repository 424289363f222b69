"""`antesala users`, `antesala token` and `antesala audit`: who may come in, and who has been there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer
from rich.table import Table

from calls.errors import SettingsError
from calls.people import Account, Entry, Role, Token
from cli_office import DataDir, out
from settings import Settings

if TYPE_CHECKING:
    from records.audit import Verified
    from records.store import Store

user = typer.Typer(help="The accounts of those who work in the office.", no_args_is_help=True)
token = typer.Typer(help="What programs sign in with.", no_args_is_help=True)
log = typer.Typer(help="Who read or changed what.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name, as it is typed to sign in.")]


@user.command("add")
def add_user(
    name: Name, role: Annotated[Role, typer.Option(help="What they may do.")] = Role.ASSISTANT, data: DataDir = None
) -> None:
    """Adds an account; asks for its password, or reads it from standard input."""
    from console.door.porter import NAME, BadName
    from console.door.secret import hash_password

    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise BadName
    account = Account(name, role, hash_password(_password(), name), datetime.now(UTC))

    async def add() -> None:
        async with _records(data) as store:
            await store.people.add(account)
            await _note(store, "users add", name)

    asyncio.run(add())
    out.print(f"{name} may sign in as {role.value}.")


@user.command("list")
def list_users(data: DataDir = None) -> None:
    """All accounts."""

    async def accounts() -> list[Account]:
        async with _records(data) as store:
            return list(await store.people.accounts())

    table = Table("name", "role", "since", "state", box=None)
    for each in asyncio.run(accounts()):
        table.add_row(each.name, each.role.value, f"{each.created:%Y-%m-%d}", "disabled" if each.disabled else "")
    out.print(table)


@user.command("password")
def change_password(name: Name, data: DataDir = None) -> None:
    """Gives an account a new password; whoever is signed in with it has to sign in again."""
    from console.door.secret import hash_password

    hashed = hash_password(_password(), name)
    _change(name, "users password", data, password=hashed)
    out.print(f"{name} has a new password.")


@user.command("disable")
def disable(name: Name, data: DataDir = None) -> None:
    """Nobody signs in with it any more, from this moment on."""
    _change(name, "users disable", data, disabled=True)
    out.print(f"{name} is disabled.")


@user.command("enable")
def enable(name: Name, data: DataDir = None) -> None:
    """Lets a disabled account in again."""
    _change(name, "users enable", data, disabled=False)
    out.print(f"{name} may sign in again.")


@token.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.VIEWER,
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good; else until it is revoked.")] = None,
    data: DataDir = None,
) -> None:
    """Makes a token and shows it this once."""
    from console.door.secret import key_of, new_secret

    secret, now = new_secret(), datetime.now(UTC)
    made = Token(uuid4().hex[:8], name, role, key_of(secret), now, now + timedelta(days=days) if days else None)

    async def add() -> None:
        async with _records(data) as store:
            await store.people.add_token(made)
            await _note(store, "token add", made.id)

    asyncio.run(add())
    typer.echo(secret)


@token.command("list")
def list_tokens(data: DataDir = None) -> None:
    """All tokens, without their secrets."""

    async def tokens() -> list[Token]:
        async with _records(data) as store:
            return list(await store.people.tokens())

    table = Table("id", "name", "role", "since", "until", box=None)
    for each in asyncio.run(tokens()):
        until = f"{each.expires:%Y-%m-%d}" if each.expires else ""
        table.add_row(each.id, each.name, each.role.value, f"{each.created:%Y-%m-%d}", until)
    out.print(table)


@token.command("revoke")
def revoke(id: Annotated[str, typer.Argument(help="As `list` shows it.")], data: DataDir = None) -> None:
    """Takes a token back, from this moment on."""

    async def take_back() -> None:
        async with _records(data) as store:
            await store.people.revoke(id)
            await _note(store, "token revoke", id)

    asyncio.run(take_back())
    out.print(f"The token {id} is revoked.")


@log.command("verify")
def verify(data: DataDir = None) -> None:
    """Walks the whole log; fails when a line was changed or taken out.

    Note the last seal elsewhere: a log whose end was cut off shows another.
    """

    from records import audit

    async def verified() -> Verified:
        async with _records(data) as store:
            return await store.look(audit.verify)

    found = asyncio.run(verified())
    if found.broken is not None:
        raise SettingsError(
            f"The audit log is broken at line {found.broken}: it was changed, or a line is missing. "
            "What stands before it is as it was written."
        )
    out.print(f"{found.lines} lines, all as they were written. The last seal is {found.seal}.", soft_wrap=True)


@log.command("list")
def list_log(limit: Annotated[int, typer.Option(min=1)] = 50, data: DataDir = None) -> None:
    """The last lines, newest first."""

    from records import audit

    async def lines() -> list[dict[str, object]]:
        async with _records(data) as store:
            return await store.look(lambda connection: audit.newest(limit, connection))

    table = Table("no", "at", "who", "did", "about", "answer", box=None)
    for each in asyncio.run(lines()):
        at = f"{each['at']:%Y-%m-%d %H:%M:%S}"
        table.add_row(
            str(each["no"]), at, *(str(each[name]) for name in ("who", "did", "subject")), str(each["status"])
        )
    out.print(table)


# ----------------------------------------------------------------------------------------------------


def _change(name: str, did: str, data: DataDir, password: str | None = None, disabled: bool | None = None) -> None:
    async def change() -> None:
        async with _records(data) as store:
            await store.people.change(name.lower(), password=password, disabled=disabled)
            await _note(store, did, name)

    asyncio.run(change())


async def _note(store: Store, did: str, subject: str) -> None:
    await store.people.note(Entry(datetime.now(UTC), "command line", Role.ADMIN, did, subject))


@asynccontextmanager
async def _records(data: DataDir) -> AsyncGenerator[Store]:
    from records.store import open_records

    async with open_records(Settings.read(data=data).records_url) as store:
        yield store


def _password() -> str:
    if sys.stdin.isatty():
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
