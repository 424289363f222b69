"""`antesala line`: the telephone."""

from __future__ import annotations

import asyncio

import typer

from calls.errors import SettingsError
from cli_office import out
from settings import Settings

line = typer.Typer(help="The telephone.", no_args_is_help=True)


@line.callback()
def _group() -> None:
    """The telephone."""


@line.command()
def check() -> None:
    """Opens the telephone as it is set up, registers, calls itself, and says what is wrong."""
    from lines.sip.account import PhoneSet
    from lines.sip.check import check as try_out

    settings = Settings.read()
    if settings.sip_listen is None:
        raise SettingsError("There is no telephone yet: set ANTESALA_SIP_LISTEN, such as 127.0.0.1:5060.")
    register = settings.sip_register.get_secret_value() if settings.sip_register else None
    setup = PhoneSet.read(settings.sip_listen, settings.sip_allow, register, settings.sip_rtp_ports)

    def tell(well: bool, what: str) -> None:
        out.print(f"{'✓' if well else '✗'} {what}", style="green" if well else "red", markup=False, soft_wrap=True)

    if not asyncio.run(try_out(setup, tell)):
        raise typer.Exit(1)
