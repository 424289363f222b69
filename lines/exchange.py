"""The lines that are no web addresses: the telephone and AudioSocket, open for as long as the house is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from calls.errors import SettingsError
from calls.wire import Arrival, Converse
from lines import audiosocket
from lines.sip.account import PhoneSet
from lines.sip.line import SipLine
from lines.tickets import Tickets

READY_WITHIN_S = 15.0


@asynccontextmanager
async def exchange(
    phone: PhoneSet | None, socket: str | None, converse: Converse, tickets: Tickets, full: Callable[[Arrival], bool]
) -> AsyncGenerator[SipLine | None]:
    """The telephone while it is open, if there is one. Raises SipLineError, SettingsError where one cannot open."""
    async with AsyncExitStack() as lines:
        if socket:
            try:
                await lines.enter_async_context(await audiosocket.listen(socket, converse, tickets))
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is no ADDRESS:PORT"
                raise SettingsError(f"ANTESALA_AUDIOSOCKET_LISTEN: {socket} cannot be listened on ({why}).") from None
        if phone is None:
            yield None
            return
        line = SipLine(phone, converse, full)
        line.check()
        running = asyncio.create_task(line.run())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(READY_WITHIN_S):
                    await line.ready.wait()
            yield line
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
