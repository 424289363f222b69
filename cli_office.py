"""What the commands share: options, where they print, and the house as they open it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from settings import Settings

if TYPE_CHECKING:
    from house import OpenOffice

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

OfficeDir = Annotated[Path | None, typer.Option(help="The office folder; else ANTESALA_OFFICE, ./office, the sample.")]
DataDir = Annotated[Path | None, typer.Option(help="The data folder; else ANTESALA_DATA, the user's own.")]
Number = Annotated[str | None, typer.Option(help="The caller's number, as in +34600111222.")]
Tongue = Annotated[Literal["es", "en"] | None, typer.Option("--language", help="Greet in this language.")]


@asynccontextmanager
async def opening(settings: Settings) -> AsyncGenerator[OpenOffice]:
    """The house with every engine run once, which takes some seconds; tells what does not work."""
    from house import open_office

    async with AsyncExitStack() as stack:
        with err.status("Opening the office..."):
            house = await stack.enter_async_context(open_office(settings))
            await house.front.readiness.warm_up()
        for engine, state in (await house.front.readiness.look()).items():
            if state != "ok":
                err.print(f"{engine}: {state}", style="yellow", markup=False, soft_wrap=True)
        yield house
