"""Tries the telephone out: opens it, registers, and calls itself; says what is wrong in words with a mend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace

import numpy as np

from calls.wire import FRAME_S, Arrival, Pcm, Wire
from calls.words import CallRow, Event
from lines.sip.account import PhoneSet
from lines.sip.line import SipLine

WITHIN_S = 10.0
HERTZ, LISTEN_S = 440.0, 1.0

Tell = Callable[[bool, str], None]
"""(whether it is well, one line for a person)."""


async def check(setup: PhoneSet, tell: Tell) -> bool:
    """Whether all is well; each finding is told as it comes. Raises SipLineError where the phone cannot be opened."""
    local = f"{setup.address}/{128 if ':' in setup.address else 32}"
    line = SipLine(replace(setup, allow=(*setup.allow, local)), _tone)
    line.check()
    async with _running(line):
        if not await _within(line.ready.wait()):
            tell(False, "The SIP stack did not start. Look at the log with ANTESALA_LOG_LEVEL=debug.")
            return False
        tell(True, f"The telephone listens at {setup.listen}; {', '.join(setup.allow)} may ring.")
        registered = setup.register is None or await _registered(line, setup, tell)
        return await _calls_itself(line, setup, tell) and registered


@asynccontextmanager
async def _running(line: SipLine) -> AsyncGenerator[None]:
    running = asyncio.create_task(line.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _registered(line: SipLine, setup: PhoneSet, tell: Tell) -> bool:
    assert setup.register
    where = f"{setup.register.user} at {setup.register.domain}"

    async def heard() -> None:
        while line.registered is None:  # noqa: ASYNC110 (whatever the trunk says first)
            await asyncio.sleep(0.05)

    if not await _within(heard()):
        tell(False, f"{where}: the trunk did not answer. Is its address right, and is UDP let through?")
        return False
    if not line.registered:
        tell(
            False, f"{where}: the trunk refuses ({line.why_not}). Look at user, password and auth= in the register URI."
        )
        return False
    tell(True, f"{where}: registered.")
    return True


async def _calls_itself(line: SipLine, setup: PhoneSet, tell: Tell) -> bool:
    leg = line.dial(f"sip:check@{setup.listen}")
    if not await _within(leg.up.wait()) or not leg.answered:
        tell(False, f"A call to {setup.listen} was not answered ({leg.why_gone or 'nothing came back'}).")
        return False
    heard: list[Pcm] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_S), aclosing(leg.frames()) as frames:
            async for pcm in frames:
                heard.append(pcm)
    await leg.hang_up()
    if not _is_tone(heard, leg.rate):
        tell(False, f"A call got through but its sound did not: let UDP ports {setup.rtp_ports} through.")
        return False
    tell(True, "A call to itself was answered, and its sound came through.")
    return True


async def _within(what: object) -> bool:
    try:
        async with asyncio.timeout(WITHIN_S):
            await what  # type: ignore[misc]
    except TimeoutError:
        return False
    return True


async def _tone(wire: Wire, arrival: Arrival, watch: Callable[[Event], None] | None = None) -> CallRow:
    """Answers with a tone until the caller has gone."""
    size, at = int(wire.rate * FRAME_S), 0

    async def play() -> None:
        nonlocal at
        while True:
            wave = np.sin(2 * np.pi * HERTZ * np.arange(at, at + size) / wire.rate) * 8000
            await wire.send(wave.astype(np.int16))
            at += size
            await asyncio.sleep(FRAME_S)

    playing = asyncio.create_task(play())
    try:
        async with aclosing(wire.frames()) as frames:
            async for _ in frames:
                pass
    finally:
        playing.cancel()
    return None  # type: ignore[return-value]


def _is_tone(heard: list[Pcm], rate: int) -> bool:
    sound = np.concatenate([np.zeros(1, np.int16), *heard])[-int(rate * LISTEN_S / 2) :].astype(float)
    if len(sound) < rate * LISTEN_S / 4:
        return False
    loudest = float(np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound))
    return abs(loudest - HERTZ) < 10 and float(np.sqrt(np.mean(sound**2))) > 1000
