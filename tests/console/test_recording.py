"""The recording of a call at the desk: who may listen, what is heard when, and that it can be deleted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.async_api import expect

from calls.people import Role, Token
from calls.sealing import Keys, new_key
from calls.words import CallRow, Event, Heard, Played, Recording, Said, Staff
from console import desk, look
from console.door.secret import key_of
from records import audit
from tests.console.browser import IN_A_BROWSER, accessible, chromium
from tests.console.conftest import House, OpenHouse, served
from tests.doubles import MONDAY

ID = "00ff00ff"


@pytest.fixture
async def recorded(open_house: OpenHouse, tmp_path: Path) -> House:
    """A house with one call of ten seconds on record that was recorded from its fourth second on."""
    house = await open_house(token="everything")
    house.front = replace(house.front, recordings=tmp_path / "recordings")
    house.app.state.front = house.front
    house.client.headers["Authorization"] = "Bearer everything"
    await on_record(house)
    sound = (np.sin(np.arange(8000 * 6) / 10) * 5000).astype(np.int16)
    await asyncio.to_thread(write, tmp_path / "recordings", np.stack([sound, sound // 2], 1))
    return house


def write(folder: Path, sound: np.ndarray) -> None:
    folder.mkdir()
    soundfile.write(folder / f"{ID}.flac", sound, 8000, format="FLAC")


async def on_record(house: House) -> None:
    bodies = [
        (2.0, Recording("asked")), (4.0, Recording("agreed", 4.0)), (4.1, Said("s1", "Gracias.", "es")),
        (5.0, Played("s1", "Gracias.", False)), (7.0, Heard("¿Está Elena?", "es", 0.9, 5.5, 6.5)),
        (7.0, Said("s2", "Está reunida.", "es")), (7.1, Said("s3", "¿Le dejo recado?", "es")),
        (8.4, Played("s2", "Está reunida.", False)), (9.8, Played("s3", "¿Le dejo recado?", False)),
        (9.9, Staff("spoke", "Marta", "Soy Marta.", "es")),
    ]  # fmt: skip
    store, row = house.front.office.records, CallRow(ID, "sip", house.front.office.knowledge.caller(None), "es", MONDAY)
    await store.open(row)
    at = [MONDAY.fromtimestamp(MONDAY.timestamp() + after_s, UTC) for after_s, _ in bodies]
    await store.append(ID, [Event(seq, at[seq - 1], body) for seq, (_, body) in enumerate(bodies, 1)])
    await store.close(replace(row, state="closed", outcome="answered", ended=at[-1]))


async def test_what_was_said_is_found_in_the_recording(recorded: House) -> None:
    whole = (await recorded.client.get(f"/api/calls/{ID}")).json()
    cues = {each["seq"]: each["offset_ms"] for each in whole["recording"]}
    assert cues == {3: 100, 5: 1500, 6: 3000, 7: 4400, 10: 5900}, "one sentence is played after the other"
    part = await recorded.client.get(f"/api/calls/{ID}/recording", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.headers["content-type"], part.content) == (206, "audio/flac", b"fLaC")


async def test_a_sealed_recording_is_heard_and_nobody_else_can_play_the_file(recorded: House, tmp_path: Path) -> None:
    file, keys = tmp_path / "recordings" / f"{ID}.flac", Keys.read(new_key())
    plain = await asyncio.to_thread(file.read_bytes)
    await asyncio.to_thread(file.write_bytes, keys.seal_piece(plain))
    recorded.app.state.front = replace(recorded.front, keys=keys)
    address = f"/api/calls/{ID}/recording"
    assert (await recorded.client.get(address)).content == plain
    for asked, got in (("bytes=0-3", plain[:4]), ("bytes=-5", plain[-5:]), ("bytes=10-", plain[10:])):
        part = await recorded.client.get(address, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, got) and part.headers["content-range"].endswith(
            str(len(plain))
        )
    assert (await recorded.client.get(address, headers={"Range": f"bytes={len(plain)}-"})).status_code == 416


async def test_who_may_listen_and_who_may_delete(recorded: House) -> None:
    people = recorded.app.state.porter.people
    for role in Role:
        await people.add_token(Token(role.value, role.value, role, key_of(role.value), datetime.now(UTC)))
    for role, heard, deleted in ((Role.VIEWER, 403, 403), (Role.ASSISTANT, 200, 403), (Role.EXECUTIVE, 200, 204)):
        sent = {"Authorization": f"Bearer {role.value}"}
        assert (await recorded.client.get(f"/api/calls/{ID}/recording", headers=sent)).status_code == heard
        assert (await recorded.client.delete(f"/api/calls/{ID}/recording", headers=sent)).status_code == deleted
    gone = await recorded.client.get(f"/api/calls/{ID}/recording")
    assert gone.status_code == 404 and "no recording" in gone.json()["detail"]
    assert (await recorded.client.get(f"/api/calls/{ID}")).json()["recording"] is None
    assert (await recorded.client.get("/api/calls/nobody/recording")).status_code == 404
    noted = await recorded.front.office.records.look(partial(audit.newest, 50))
    done = {(each["role"], each["did"].split()[0]) for each in noted if each["did"].endswith("/recording")}
    assert {("executive", "DELETE"), ("assistant", "GET")} <= done


class TestInABrowser:
    pytestmark = IN_A_BROWSER

    async def test_the_record_follows_the_sound_and_a_line_is_heard_at_a_click(self, recorded: House) -> None:
        async with served(recorded, look.router, desk.router) as address, chromium() as page:
            await page.set_extra_http_headers({"Authorization": "Bearer everything"})
            await page.route("**/api/reviews**", lambda route: route.fulfill(json={"items": [], "next": None}))
            await page.route("**/api/voice-policy", lambda route: route.fulfill(json={}))
            await page.goto(f"{address}/desk/calls#{ID}")
            await page.locator("#listen").click()
            await expect(page.locator("#record .sounding")).to_contain_text("Gracias.")
            await page.get_by_text("¿Le dejo recado?").click()
            await expect(page.locator("#record .sounding")).to_contain_text("¿Le dejo recado?")
            assert await page.evaluate("document.getElementById('sound').currentTime") >= 4.4
            await accessible(page)
