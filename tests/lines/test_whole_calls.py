"""Whole calls through real sockets: the real conversation and records of doubles, on which words are tones."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from streamdouble import protocol
from streamdouble.session import Session, SessionConfig
from websockets.exceptions import ConnectionClosedOK

from audio.reception import Reception
from calls.switchboard import Switchboard
from calls.wire import Arrival, Pcm
from calls.words import Body, CallRow, HandOff, HangUp, Heard, Keys, Played, Said
from lines import asterisk, audiosocket, browser, g711, plivo, sockets, telnyx, twilio
from lines.tickets import Tickets
from tests.audio.tones import Language_of_tones, sound
from tests.doubles import POLICY, MemoryRecords, ScriptedMind, SmallKnowledge, office
from tests.lines.doors import Carrier, Far, ringing, served, until

SHORT = replace(POLICY, greeting={"es": "Soy una IA.", "en": "I'm an AI."})
STORY = "Le cuento una historia bastante larga, con muchas palabras y sin prisa alguna, hasta que usted diga basta."


@dataclass
class Served:
    """A small house with its doors."""

    address: str
    tickets: Tickets
    tones: Language_of_tones
    board: Switchboard
    records: MemoryRecords
    reception: Reception

    @property
    def media(self) -> str:
        return f"ws://{self.address}/lines/twilio/media"

    def bodies(self, row: CallRow) -> list[Body]:
        return [event.body for event in self.records.events[row.id]]

    async def only_call(self) -> CallRow:
        """The one call that there was, closed and with nothing left of it."""
        await until(lambda: not self.board.calls)
        (row,) = self.records.rows.values()
        assert row.state == "closed"
        return row


@asynccontextmanager
async def small_house(mind: ScriptedMind | None = None, most: int = 4) -> AsyncGenerator[Served]:
    records, tones, tickets = MemoryRecords(), Language_of_tones(), Tickets()
    house = office(records=records, mind=mind or ScriptedMind(), knowledge=SmallKnowledge(SHORT))
    board = Switchboard(house, house.desk, most)
    reception = Reception(board, sound(tones), lambda stages: None)
    streams = (each.router(reception, tickets) for each in (twilio, telnyx, plivo, browser))
    async with served(*streams, asterisk.router(reception), audiosocket.router(tickets)) as address:
        yield Served(address, tickets, tones, board, records, reception)
    await board.close()


def quiet(seconds: float) -> Pcm:
    return np.zeros(int(seconds * 8000), np.int16)


def packed(*pieces: Pcm) -> list[bytes]:
    coded = g711.encode(np.concatenate(pieces))
    return [coded[at : at + 160] for at in range(0, len(coded), 160)]


def of_kind(kind: type[Any], bodies: list[Body]) -> list[Any]:
    return [body for body in bodies if isinstance(body, kind)]


async def test_an_independent_twilio_is_answered_interrupts_and_is_answered_again():
    async with small_house(ScriptedMind([[STORY], ["Muy bien."]])) as house:
        first, second = house.tones.tone("¿qué tal?", 0.8), house.tones.tone("basta, gracias", 0.8)
        caller = protocol.StreamIdentity()
        ticket = house.tickets.issue(Arrival("twilio", "+34600111222", caller.call_sid))
        session = Session(
            house.media,
            packed(quiet(1.4), first, quiet(1.6), second, quiet(0.6)),
            config=SessionConfig(custom_parameters={"token": ticket}, quiet_period_s=1.0),
            identity=caller,
        )
        result = await session.run()
        row = await house.only_call()
        bodies = house.bodies(row)
    assert result.violations == [] and result.unknown_events == [] and not result.closed_early
    assert result.marks_received and result.marks_received == result.marks_echoed
    assert result.clears_received >= 1, "the story was cut"
    assert (row.line, row.caller.number, row.ref) == ("twilio", "+34600111222", caller.call_sid)
    assert [body.text for body in of_kind(Heard, bodies)] == ["¿qué tal?", "basta, gracias"]
    story, reply = of_kind(Said, bodies)[-2:]
    accounts = {body.said: body for body in of_kind(Played, bodies)}
    assert accounts[story.id].cut_short and STORY.startswith(accounts[story.id].heard_text)
    assert not accounts[reply.id].cut_short and accounts[reply.id].heard_text == "Muy bien."
    assert bodies[-1] == HangUp("caller")


async def test_a_caller_who_vanishes_in_mid_sentence_is_on_record_and_leaves_nothing():
    async with small_house() as house, ringing(house.media, Carrier) as carrier:
        await carrier.start()
        await until(lambda: len(house.board.calls) == 1)
        await say(carrier, quiet(1.2), house.tones.tone("dígale que me llame", 1.0))
        await asyncio.sleep(0.3)
        carrier.vanish()
        row = await house.only_call()
        assert [body.text for body in of_kind(Heard, house.bodies(row))] == ["dígale que me llame"]
        assert house.bodies(row)[-1] == HangUp("caller")


async def test_key_one_rings_a_person():
    async with small_house() as house, ringing(house.media, Carrier) as carrier:
        await carrier.start()
        await until(lambda: len(house.board.calls) == 1)
        await carrier.tell(event="dtmf", dtmf={"track": "inbound_track", "digit": "1"})
        await say(carrier, quiet(3.0))
        await until(lambda: bool(of_kind(HandOff, house.bodies(next(iter(house.records.rows.values()))))))
        await carrier.tell(event="stop")
        assert await carrier.closed_with() == sockets.DONE
        assert Keys("1") in house.bodies(await house.only_call())


async def test_a_full_house_sends_the_next_caller_away_and_keeps_the_first():
    async with small_house(most=1) as house, ringing(house.media, Carrier) as first:
        await first.start()
        await until(lambda: len(house.board.calls) == 1)
        async with ringing(house.media, Carrier) as second:
            await second.start(call="CA2")
            assert await second.closed_with() == sockets.TRY_AGAIN_LATER
        async with ringing(f"ws://{house.address}/lines/browser") as page:
            await page.tell(type="start", ticket=house.tickets.issue(Arrival("browser")))
            assert await page.closed_with() == sockets.TRY_AGAIN_LATER
        assert len(house.board.calls) == 1
        await first.tell(event="stop")
        assert await first.closed_with() == sockets.DONE
        await house.only_call()


async def test_when_the_receptionist_hangs_up_the_page_has_heard_everything():
    async with (
        small_house(ScriptedMind([["Adiós.", HangUp()]])) as house,
        ringing(f"ws://{house.address}/lines/browser") as page,
    ):
        await page.tell(type="start", ticket=house.tickets.issue(Arrival("browser")), language="es")
        listening = asyncio.create_task(listen(page))
        await asyncio.sleep(1.2)
        said = np.concatenate([house.tones.tone("hasta luego", 0.8), quiet(0.6)])
        for piece in np.split(np.repeat(said, 2), 7):
            await page.socket.send(piece.tobytes())
        captions = await listening
        row = await house.only_call()
    assert page.socket.close_code == sockets.DONE
    kinds = [caption["kind"] for caption in captions]
    assert kinds[0] == "greeted" and "heard" in kinds and kinds[-1] == "hung_up"
    goodbye = next(caption for caption in captions if caption["kind"] == "said")
    account = next(caption for caption in captions if caption.get("said") == goodbye["id"])
    assert account["heard_text"] == "Adiós." and not account["cut_short"]
    assert of_kind(HangUp, house.bodies(row)) == [HangUp("receptionist")]


async def listen(page: Far) -> list[dict[str, Any]]:
    """The captions until the line is closed; marks come back as if sound were heard at once."""
    captions = []
    while page.socket.close_code is None:
        try:
            message = await page.next()
        except ConnectionClosedOK:
            break
        match message:
            case {"type": "mark", "name": name}:
                await page.tell(type="mark", name=name)
            case {"type": "event", "event": event}:
                captions.append(event)
    return captions


async def say(carrier: Carrier, *pieces: Pcm) -> None:
    for frame in packed(*pieces):
        await carrier.media(base64.b64encode(frame).decode())
